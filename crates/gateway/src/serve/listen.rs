//! What connections come from and what they are made of: the machine's TCP, or a network that someone plays.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// Accepts connections. Dropping it refuses all that come.
pub trait Listener: Send + 'static {
    /// What it accepts.
    type Socket: Socket;

    /// The next connection, and where it comes from. Can be dropped while it waits.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Socket, SocketAddr)>> + Send;
}

/// A connection.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin + Sized + 'static {
    /// Makes it ready for small messages that go out at once.
    ///
    /// # Errors
    /// It is of no use any more.
    fn hurry(&self) -> io::Result<()> {
        Ok(())
    }

    /// The same connection for the runtime that this is called on, however many it was used from before.
    ///
    /// # Errors
    /// The runtime does not take it.
    fn moved_here(self) -> io::Result<Self> {
        Ok(self)
    }
}

impl Listener for TcpListener {
    type Socket = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.accept().await
    }
}

impl Socket for TcpStream {
    fn hurry(&self) -> io::Result<()> {
        self.set_nodelay(true)
    }

    fn moved_here(self) -> io::Result<Self> {
        Self::from_std(self.into_std()?)
    }
}
