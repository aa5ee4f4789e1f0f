//! Strangers who say nothing: a stream whose peer must soon show which protocol it speaks. From there on the
//! protocol's own limits hold, and this looks away.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::PATIENCE;

/// What an HTTP/2 connection begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream whose peer must soon show which protocol it speaks. From there on the protocol's own limits hold.
pub(super) struct Prompt<I> {
    inner: I,
    /// Until the choice is clear.
    by: Option<Pin<Box<Sleep>>>,
    /// Bytes of the preface so far.
    seen: usize,
}

impl<I> Prompt<I> {
    pub(super) fn new(inner: I) -> Self {
        Self { inner, by: Some(Box::pin(sleep_until(Instant::now() + PATIENCE))), seen: 0 }
    }

    /// Looks at bytes that came while the choice was open.
    fn look(&mut self, bytes: &[u8]) {
        let wanted = PREFACE.get(self.seen..).unwrap_or_default();
        let same = bytes.iter().zip(wanted).take_while(|(a, b)| a == b).count();
        self.seen += same;
        if same < bytes.len() || self.seen == PREFACE.len() {
            self.by = None;
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Prompt<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        let Some(by) = &mut self.by else { return read };
        if read.is_pending() {
            ready!(by.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.look(buf.filled().get(before..).unwrap_or_default());
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Prompt<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_show_its_protocol_is_cut_off() {
        for (sent, cut) in [("", true), ("PRI * HT", true), ("GET ", false), ("PRINT", false)] {
            let (mut client, server) = tokio::io::duplex(64);
            client.write_all(sent.as_bytes()).await.unwrap();
            let mut stream = Prompt::new(server);
            let mut all = Vec::new();
            let read = tokio::time::timeout(2 * PATIENCE, stream.read_to_end(&mut all)).await;
            let timed_out = matches!(&read, Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut);
            assert_eq!(timed_out, cut, "{sent:?}");
            assert_eq!(all, sent.as_bytes());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_preface_in_pieces_sets_free() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut stream = Prompt::new(server);
        let mut piece = [0; 8];
        for part in PREFACE.chunks(8) {
            client.write_all(part).await.unwrap();
            stream.read_exact(&mut piece).await.unwrap();
        }
        let silence = tokio::time::timeout(10 * PATIENCE, stream.read(&mut piece)).await;
        assert!(silence.is_err(), "the stream is waited for");
    }
}
