//! News of a job and of its cluster, from streams that are dialled again when they break.

use std::time::Duration;

use anyhow::Result;
use callsheet_model::JobId;
use callsheet_protocol::v1;
use callsheet_protocol::v1::event_message::Body;
use tokio::sync::mpsc;
use tonic::Status;

use super::PATIENCE;
use crate::client::{Client, Reach, may_pass, told};
use crate::exit::{Exit, Failure};
use crate::output::words;
use crate::patience::Patience;

/// A piece of news.
pub(crate) enum News {
    /// The job as it is.
    View(Box<v1::JobView>),
    /// Something happened.
    Event(v1::StoredEvent),
    /// Something passes by.
    Signal(v1::Signal),
    /// The leader is away for the moment.
    Broken(String),
}

type Tell = mpsc::Sender<Result<News>>;

/// Tells the job whenever it changed, until it is over.
pub(crate) fn views(mut client: Client, id: JobId, tell: Tell) {
    tokio::spawn(async move {
        let mut patience = Patience::of(PATIENCE);
        loop {
            let status = match client.jobs.watch(v1::WatchJobRequest { id: id.to_string() }).await {
                Err(status) => status,
                Ok(stream) => {
                    let mut stream = stream.into_inner();
                    loop {
                        match stream.message().await {
                            Ok(Some(view)) => {
                                patience.renew();
                                let over = words::is_over(view.state());
                                if tell.send(Ok(News::View(Box::new(view)))).await.is_err() || over {
                                    return;
                                }
                            }
                            Ok(None) => break Status::unavailable("the stream ended"),
                            Err(status) => break status,
                        }
                    }
                }
            };
            let fresh = patience.is_fresh();
            if !may_pass(&status) || !wait(&mut patience, &tell).await {
                let _ = tell.send(Err(told(status))).await;
                return;
            }
            if fresh && tell.send(Ok(News::Broken(status.message().to_owned()))).await.is_err() {
                return;
            }
        }
    });
}

/// Tells what happens from event number `after` on, without a gap: to one job, or to all of the cluster.
pub(crate) fn events(mut client: Client, job: Option<JobId>, after: u64, tell: Tell) {
    tokio::spawn(async move {
        let mut patience = Patience::of(PATIENCE);
        let mut request = v1::EventsRequest {
            after: Some(after),
            follow: true,
            signals: true,
            job: job.map(|job| job.to_string()).unwrap_or_default(),
            ..Default::default()
        };
        loop {
            let status = match client.cluster.events(request.clone()).await {
                Err(status) => status,
                Ok(stream) => {
                    let mut stream = stream.into_inner();
                    loop {
                        let news = match stream.message().await {
                            Ok(Some(v1::EventMessage { body: Some(Body::Event(event)) })) => {
                                request.after = Some(event.sequence);
                                News::Event(event)
                            }
                            Ok(Some(v1::EventMessage { body: Some(Body::Signal(signal)) })) => {
                                News::Signal(signal)
                            }
                            Ok(Some(_)) => continue,
                            Ok(None) => break Status::unavailable("the stream ended"),
                            Err(status) => break status,
                        };
                        patience.renew();
                        if tell.send(Ok(news)).await.is_err() {
                            return;
                        }
                    }
                }
            };
            if !may_pass(&status) || !wait(&mut patience, &tell).await {
                let _ = tell.send(Err(told(status))).await;
                return;
            }
        }
    });
}

/// Waits before dialling again; false when it has taken too long. Nobody waits for those who listen no more.
async fn wait(patience: &mut Patience, tell: &Tell) -> bool {
    tokio::select! {
        more = patience.wait() => more,
        () = tell.closed() => true,
    }
}

/// Asks until the leader answers; for processes that have just been started.
pub(crate) async fn answering(reach: &Reach, most: Duration) -> Result<Client> {
    let mut patience = Patience::of(most);
    loop {
        let error = match Client::connect(reach).await {
            Ok(client) => return Ok(client),
            Err(error) => error,
        };
        let away = error.downcast_ref::<Failure>().is_some_and(|failure| failure.exit == Exit::Unreachable);
        if !away || !patience.wait().await {
            return Err(error);
        }
    }
}
