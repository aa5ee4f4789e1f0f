//! A socket that moves house with its connection. A runtime's driver wakes its own tasks; for those of another
//! runtime it would have to be woken itself each time, and that by the threads which are to be spared.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::crowd::Home;

/// A socket, registered where its connection is driven.
pub(super) struct Roving {
    /// Nothing only after a move that failed.
    stream: Option<TcpStream>,
    home: Home,
    moved: bool,
}

impl Roving {
    pub(super) fn new(stream: TcpStream, home: Home) -> Self {
        Self { stream: Some(stream), home, moved: false }
    }

    /// The socket, where it is polled now.
    fn here(&mut self) -> Poll<io::Result<Pin<&mut TcpStream>>> {
        if !self.moved && self.home.has_moved() {
            self.moved = true;
            let again = |stream: TcpStream| TcpStream::from_std(stream.into_std()?);
            self.stream = self.stream.take().map(again).transpose()?;
        }
        Poll::Ready(self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

impl AsyncRead for Roving {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.here())?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Roving {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.here())?.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.here())?.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.here())?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.here())?.poll_shutdown(cx)
    }
}
