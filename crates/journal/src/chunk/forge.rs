//! A forger's tools, for tests: a chunk is taken apart, changed, and put together again with a checksum that is
//! right.

use super::{CHECKSUM_BYTES, DIGEST_BYTES, HEADER_BYTES, MARK_BYTES, Mark};
use super::{checksum, contexts, put_varint, take_varint};

const HEAD_BYTES: usize = HEADER_BYTES + 2 * DIGEST_BYTES;

/// An event as it lies in a chunk.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) difference: u64,
    pub(crate) context: u64,
    pub(crate) mark: Mark,
    pub(crate) record: Vec<u8>,
}

/// The chunk that `bytes` become when their events are changed and it is put under the key `first`.
pub(crate) fn forge(first: u64, bytes: &[u8], change: impl FnOnce(&mut Vec<Entry>)) -> Vec<u8> {
    let mut rest = &bytes[HEAD_BYTES..bytes.len() - CHECKSUM_BYTES];
    let table = contexts::take(&mut rest).unwrap();
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let size = take_varint(&mut rest).unwrap() as usize;
        let (difference, context) = (take_varint(&mut rest).unwrap(), take_varint(&mut rest).unwrap());
        let (mark, behind) = rest.split_at(MARK_BYTES);
        let (record, behind) = behind.split_at(size);
        rest = behind;
        entries.push(Entry { difference, context, mark: mark.try_into().unwrap(), record: record.to_vec() });
    }
    change(&mut entries);
    let mut forged = bytes[..HEAD_BYTES].to_vec();
    contexts::put(&mut forged, &table);
    for Entry { difference, context, mark, record } in &entries {
        put_varint(&mut forged, record.len() as u64);
        put_varint(&mut forged, *difference);
        put_varint(&mut forged, *context);
        forged.extend_from_slice(mark);
        forged.extend_from_slice(record);
    }
    let length = (forged.len() + CHECKSUM_BYTES) as u32;
    forged[2..6].copy_from_slice(&(entries.len() as u32).to_le_bytes());
    forged[6..10].copy_from_slice(&length.to_le_bytes());
    let checksum = checksum(first, &forged);
    forged.extend_from_slice(&checksum.to_le_bytes());
    forged
}
