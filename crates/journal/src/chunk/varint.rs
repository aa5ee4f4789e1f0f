//! Numbers of few bytes, and records with their length before them.

use crate::records::RecordError;

/// Appends a number, seven bits a byte, the lowest first.
pub(crate) fn put_varint(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Takes a number from the front; nothing when there is none, or one that is larger than 64 bits.
pub(crate) fn take_varint(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A record with its length before it, as snapshots hold them.
pub(crate) fn put_framed(
    into: &mut Vec<u8>,
    scratch: &mut Vec<u8>,
    encode: impl FnOnce(&mut Vec<u8>) -> Result<bool, RecordError>,
) -> Result<bool, RecordError> {
    scratch.clear();
    let more = encode(scratch)?;
    if more {
        put_varint(into, scratch.len() as u64);
        into.extend_from_slice(scratch);
    }
    Ok(more)
}
