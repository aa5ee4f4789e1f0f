//! A socket that moves house with its connection. A runtime's driver wakes its own tasks; for those of another
//! runtime it would have to be woken itself each time, and that by the threads which are to be spared.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::crowd::Home;
use super::listen::Socket;

/// A socket, registered where its connection is driven.
pub(super) struct Roving<T> {
    /// Nothing only after a move that failed.
    stream: Option<T>,
    home: Home,
    moved: bool,
}

impl<T: Socket> Roving<T> {
    pub(super) fn new(stream: T, home: Home) -> Self {
        Self { stream: Some(stream), home, moved: false }
    }

    /// The socket, where it is polled now.
    fn here(&mut self) -> Poll<io::Result<Pin<&mut T>>> {
        if !self.moved && self.home.has_moved() {
            self.moved = true;
            self.stream = self.stream.take().map(T::moved_here).transpose()?;
        }
        Poll::Ready(self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

impl<T: Socket> AsyncRead for Roving<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.here())?.poll_read(cx, buf)
    }
}

impl<T: Socket> AsyncWrite for Roving<T> {
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
        self.stream.as_ref().is_some_and(T::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.here())?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.here())?.poll_shutdown(cx)
    }
}
