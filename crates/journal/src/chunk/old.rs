//! Chunks as they were written before events were sealed: version 1, for tests that read them.

use callsheet_model::Envelope;

use crate::records;

use super::{CHECKSUM_BYTES, HEADER_BYTES, TARGET_BYTES, UNSEALED, checksum, put_varint};

/// Packs events into chunks of version 1.
pub(crate) fn pack_unsealed(events: &[Envelope], mut put: impl FnMut(u64, &[u8])) {
    let mut rest = events;
    while let Some(first) = rest.first() {
        let mut bytes = vec![0; HEADER_BYTES];
        let mut count = 0;
        for event in rest {
            let mut record = Vec::new();
            records::encode_event(&event.event, &mut record).unwrap();
            if count > 0 && bytes.len() + record.len() + 20 + CHECKSUM_BYTES > TARGET_BYTES {
                break;
            }
            put_varint(&mut bytes, record.len() as u64);
            let difference = event.at.0.wrapping_sub(first.at.0) as i64;
            put_varint(&mut bytes, ((difference << 1) ^ (difference >> 63)) as u64);
            bytes.extend_from_slice(&record);
            count += 1;
        }
        let length = (bytes.len() + CHECKSUM_BYTES) as u32;
        bytes[..2].copy_from_slice(&[UNSEALED, records::SCHEMA]);
        bytes[2..6].copy_from_slice(&(count as u32).to_le_bytes());
        bytes[6..10].copy_from_slice(&length.to_le_bytes());
        bytes[10..18].copy_from_slice(&first.at.0.to_le_bytes());
        let checksum = checksum(first.sequence, &bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        put(first.sequence, &bytes);
        rest = &rest[count..];
    }
}
