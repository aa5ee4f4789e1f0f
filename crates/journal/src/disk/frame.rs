//! What surrounds each value in the store, so that it can be told what it is from its bytes alone:
//!
//! ```text
//!   "cSj" │ kind u8 │ number u64 │ piece u32 │ length u32 │ crc32 of all of it u32 │ bytes
//! ```
//!
//! sled gives up a log from the first byte that is wrong; with this, what lies behind can still be found.

use crate::damage::Flaw;

const MAGIC: &[u8; 3] = b"cSj";
pub(crate) const FRAME_BYTES: usize = 24;

/// What a value is a piece of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Chunk = b'L' as isize,
    Snapshot = b'S' as isize,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        match byte {
            b'L' => Some(Self::Chunk),
            b'S' => Some(Self::Snapshot),
            _ => None,
        }
    }
}

/// A value taken out of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Framed<'b> {
    pub(crate) kind: Kind,
    /// The first event of the chunk, or the last of the snapshot.
    pub(crate) number: u64,
    pub(crate) piece: u32,
    pub(crate) bytes: &'b [u8],
}

/// Puts a frame around bytes.
pub(crate) fn wrap(kind: Kind, number: u64, piece: u32, bytes: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(FRAME_BYTES + bytes.len());
    value.extend_from_slice(MAGIC);
    value.push(kind as u8);
    value.extend_from_slice(&number.to_le_bytes());
    value.extend_from_slice(&piece.to_le_bytes());
    // A piece is a few kilobytes: its length fits.
    value.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    let checksum = checksum(&value, bytes);
    value.extend_from_slice(&checksum.to_le_bytes());
    value.extend_from_slice(bytes);
    value
}

fn checksum(head: &[u8], bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(bytes);
    hasher.finalize()
}

/// Reads the frame that bytes begin with; more may follow.
pub(crate) fn read(bytes: &[u8]) -> Result<Framed<'_>, Flaw> {
    let short = |expected| Flaw::Length { found: bytes.len(), expected };
    let Some((frame, rest)) = bytes.split_first_chunk::<FRAME_BYTES>() else {
        return Err(short(FRAME_BYTES));
    };
    let [m0, m1, m2, kind, number @ .., p0, p1, p2, p3, l0, l1, l2, l3, c0, c1, c2, c3] = *frame;
    let kind = Kind::of(kind).filter(|_| [m0, m1, m2] == *MAGIC);
    let kind = kind.ok_or(Flaw::Contradiction("it does not begin as every value does"))?;
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    let Some(bytes) = rest.get(..length) else { return Err(short(FRAME_BYTES.saturating_add(length))) };
    let stored = u32::from_le_bytes([c0, c1, c2, c3]);
    let computed = checksum(&frame[..FRAME_BYTES - 4], bytes);
    if stored != computed {
        return Err(Flaw::Checksum { stored, computed });
    }
    let (number, piece) = (u64::from_le_bytes(number), u32::from_le_bytes([p0, p1, p2, p3]));
    Ok(Framed { kind, number, piece, bytes })
}

/// Takes a value out of its frame, which must be the one that its key promises.
pub(crate) fn unwrap(kind: Kind, number: u64, piece: u32, value: &[u8]) -> Result<&[u8], Flaw> {
    let framed = read(value)?;
    if framed.bytes.len() + FRAME_BYTES != value.len() {
        return Err(Flaw::Length { found: value.len(), expected: framed.bytes.len() + FRAME_BYTES });
    }
    if (framed.kind, framed.number, framed.piece) != (kind, number, piece) {
        return Err(Flaw::Contradiction("it lies under the key of another value"));
    }
    Ok(framed.bytes)
}

/// Every whole value in a file's bytes, wherever it lies. The same value may lie there many times.
pub(crate) fn find_all(file: &[u8]) -> impl Iterator<Item = Framed<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(rest) = file.get(at..).filter(|rest| !rest.is_empty()) {
            let begins = rest.windows(MAGIC.len()).position(|bytes| bytes == MAGIC)?;
            at += begins;
            match read(file.get(at..)?) {
                Ok(framed) => {
                    at += FRAME_BYTES + framed.bytes.len();
                    return Some(framed);
                }
                Err(_) => at += 1,
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_among_other_bytes() {
        let [one, two] = [b"one".as_slice(), b"two"];
        let mut file = b"cScSjL noise".to_vec();
        file.extend(wrap(Kind::Chunk, 7, 0, one));
        let mut broken = wrap(Kind::Chunk, 8, 0, b"lost");
        broken[26] ^= 1;
        file.extend(broken);
        file.extend(wrap(Kind::Snapshot, 9, 3, two));
        file.extend(b"cSj");
        let found: Vec<_> = find_all(&file).collect();
        let framed = |kind, number, piece, bytes| Framed { kind, number, piece, bytes };
        assert_eq!(found, [framed(Kind::Chunk, 7, 0, one), framed(Kind::Snapshot, 9, 3, two)]);
    }

    #[test]
    fn a_value_under_a_wrong_key_is_told() {
        let value = wrap(Kind::Chunk, 7, 1, b"x");
        assert_eq!(unwrap(Kind::Chunk, 7, 1, &value), Ok(b"x".as_slice()));
        assert!(unwrap(Kind::Chunk, 8, 1, &value).is_err());
        assert!(unwrap(Kind::Snapshot, 7, 1, &value).is_err());
        assert!(unwrap(Kind::Chunk, 7, 1, &[value.as_slice(), b"y"].concat()).is_err());
    }
}
