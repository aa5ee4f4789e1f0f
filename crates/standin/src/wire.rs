//! What AfterFX tells aerender over their loopback socket: bytes to be printed, how it means to end, and, on a
//! story's demand, that aerender is to leave at once. Small tagged messages; what comes back is one byte for
//! each question whether all is printed, and the end when aerender is gone.

use std::io::{self, Read, Write};

/// First argument of the process that stands for AfterFX; port, run and the parent's id follow.
pub(crate) const CHILD_FLAG: &str = "--afterfx";

/// Exit code of an AfterFX that dies without a word; no other way to end has it.
pub(crate) const DIED: i32 = 255;

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// Bytes for aerender's stdout.
    Text(Vec<u8>),
    /// To be answered with a byte when all before it is printed.
    Printed,
    /// The socket closes in order; the exit code says how it went.
    Bye,
    /// Aerender leaves now with this code, while AfterFX goes on.
    Leave(i32),
}

/// Sends one.
pub(crate) fn send(out: &mut impl Write, message: &Message) -> io::Result<()> {
    let code;
    let (tag, body): (u8, &[u8]) = match message {
        Message::Text(bytes) => (b'T', bytes),
        Message::Printed => (b'P', &[]),
        Message::Bye => (b'B', &[]),
        Message::Leave(with) => {
            code = with.to_be_bytes();
            (b'X', &code)
        }
    };
    let mut whole = Vec::with_capacity(body.len() + 5);
    whole.push(tag);
    whole.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    whole.extend(body);
    out.write_all(&whole)
}

/// The next one; none when the other side is gone, or talks nonsense.
pub(crate) fn receive(from: &mut impl Read) -> Option<Message> {
    let mut head = [0; 5];
    from.read_exact(&mut head).ok()?;
    let [tag, length @ ..] = head;
    let mut body = Vec::new();
    from.take(u32::from_be_bytes(length).into()).read_to_end(&mut body).ok()?;
    match tag {
        b'T' => Some(Message::Text(body)),
        b'P' => Some(Message::Printed),
        b'B' => Some(Message::Bye),
        b'X' => Some(Message::Leave(i32::from_be_bytes(body.try_into().ok()?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_received() {
        let mut wire = Vec::new();
        for message in [Message::Text(b"a\r\n".to_vec()), Message::Printed, Message::Leave(-7), Message::Bye]
        {
            send(&mut wire, &message).unwrap();
        }
        let mut from = wire.as_slice();
        assert_eq!(receive(&mut from), Some(Message::Text(b"a\r\n".to_vec())));
        assert_eq!(receive(&mut from), Some(Message::Printed));
        assert_eq!(receive(&mut from), Some(Message::Leave(-7)));
        assert_eq!(receive(&mut from), Some(Message::Bye));
        assert_eq!(receive(&mut from), None);
    }
}
