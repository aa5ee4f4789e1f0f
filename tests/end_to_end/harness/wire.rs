//! A wire between the leader and whoever dials it that can be cut, blocked and slowed down, each direction by itself.
//! TCP has its habits: what is held up arrives later, and neither side hears of it; only what breaks is heard of.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes that are under way at once.
const PIECE: usize = 16 * 1024;

/// What becomes of bytes in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Way {
    #[default]
    Open,
    /// Nothing comes through until it opens again.
    Held,
    /// Each piece takes this long, and as long as its bytes take at this rate.
    Slow { delay: Duration, bytes_per_second: u32 },
}

/// The state of a wire.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Weather {
    /// To the leader.
    pub(crate) up: Way,
    /// From the leader.
    pub(crate) down: Way,
    /// Whoever dials is connected, and there is nobody behind.
    pub(crate) nobody: bool,
}

impl Weather {
    pub(crate) fn both(way: Way) -> Self {
        Self { up: way, down: way, nobody: false }
    }
}

/// How connections end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Cut {
    /// Both sides are told that it is over.
    #[default]
    Closed,
    /// Both sides are told that it broke.
    Reset,
    /// Only the leader is told: who dialled believes in it until the next cut.
    LeaderOnly,
    /// Only who dialled is told; the leader believes in it until the next cut.
    DiallerOnly,
}

pub(crate) struct Wire {
    /// Where it begins.
    pub(crate) url: String,
    weather: watch::Sender<Weather>,
    cuts: watch::Sender<Cut>,
    carried: watch::Receiver<u64>,
}

impl Wire {
    /// To a leader, over all its lives.
    pub(crate) async fn to(url: &str) -> Self {
        let leader = url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (weather, cuts, carried) =
            (watch::Sender::default(), watch::Sender::default(), watch::Sender::new(0));
        let wire = Self { url, weather: weather.clone(), cuts: cuts.clone(), carried: carried.subscribe() };
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                carried.send_modify(|count| *count += 1);
                tokio::spawn(connection(near, leader.clone(), weather.subscribe(), cuts.subscribe()));
            }
        });
        wire
    }

    pub(crate) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Ends every connection in this way, and those that an earlier cut left to one side.
    pub(crate) fn cut(&self, how: Cut) {
        self.cuts.send_replace(how);
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> u64 {
        *self.carried.borrow()
    }

    /// Waits until someone has dialled after so many others.
    pub(crate) async fn dialled(&self, before: u64) {
        self.carried.clone().wait_for(|count| *count > before).await.unwrap();
    }
}

async fn connection(
    mut near: TcpStream,
    leader: String,
    weather: watch::Receiver<Weather>,
    mut cuts: watch::Receiver<Cut>,
) {
    if weather.borrow().nobody {
        let _ = cuts.changed().await;
        return;
    }
    let Ok(mut far) = TcpStream::connect(&leader).await else { return };
    let (near_in, near_out) = near.split();
    let (far_in, far_out) = far.split();
    let up = carry(near_in, far_out, weather.clone(), |weather| weather.up);
    let down = carry(far_in, near_out, weather, |weather| weather.down);
    let cut = tokio::select! {
        _ = async { tokio::try_join!(up, down) } => return,
        _ = cuts.changed() => *cuts.borrow(),
    };
    let left = match cut {
        Cut::Closed => return,
        Cut::Reset => {
            let _ = (near.set_zero_linger(), far.set_zero_linger());
            return;
        }
        Cut::LeaderOnly => near,
        Cut::DiallerOnly => far,
    };
    let _ = cuts.changed().await;
    drop(left);
}

/// Carries what comes, and the end of it, as the weather permits.
async fn carry(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut weather: watch::Receiver<Weather>,
    way: fn(&Weather) -> Way,
) -> io::Result<()> {
    let mut bytes = vec![0; PIECE];
    loop {
        let read = from.read(&mut bytes).await;
        let now = weather.wait_for(|weather| way(weather) != Way::Held).await.map(|weather| way(&weather));
        let count = read?;
        if let Ok(Way::Slow { delay, bytes_per_second }) = now {
            tokio::time::sleep(delay + Duration::from_secs_f64(count as f64 / f64::from(bytes_per_second)))
                .await;
        }
        match count {
            0 => return to.shutdown().await,
            count => to.write_all(&bytes[..count]).await?,
        }
    }
}
