//! Places for those who read streams: one number for all doors, so that none of them is a way around it. It refuses
//! to know what is read.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::http::{Code, Problem};

/// All places of a leader. Clones give out the same ones.
#[derive(Clone)]
pub(crate) struct Readers(Arc<Semaphore>);

/// One reader's place. It is given back when it is dropped.
pub(crate) struct Place(#[expect(dead_code, reason = "it is only held")] OwnedSemaphorePermit);

/// There is none left.
#[derive(Debug, thiserror::Error)]
#[error("as many streams as leader.http.readers allows are open: try again in a moment")]
pub(crate) struct NoPlace;

impl Readers {
    /// So many places.
    pub(crate) fn new(places: u32) -> Self {
        Self(Arc::new(Semaphore::new(places as usize)))
    }

    /// One of them.
    pub(crate) fn place(&self) -> Result<Place, NoPlace> {
        self.0.clone().try_acquire_owned().map(Place).map_err(|_| NoPlace)
    }
}

impl From<NoPlace> for Status {
    fn from(full: NoPlace) -> Self {
        Self::resource_exhausted(full.to_string())
    }
}

impl From<NoPlace> for Problem {
    fn from(full: NoPlace) -> Self {
        Self::new(Code::TooManyReaders, full.to_string())
    }
}

/// A stream of answers that holds its reader's place until its connection has no use for it any more: a reader that
/// takes nothing has its place for as long as something waits for it.
pub(crate) struct Seated<T> {
    answers: ReceiverStream<T>,
    _place: Place,
}

impl<T> Seated<T> {
    pub(crate) fn new(answers: ReceiverStream<T>, place: Place) -> Self {
        Self { answers, _place: place }
    }
}

impl<T> Stream for Seated<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.answers).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back_with_the_stream_that_held_it_and_not_with_its_sender() {
        let readers = Readers::new(1);
        let (to, answers) = tokio::sync::mpsc::channel::<u8>(1);
        let stream = Seated::new(ReceiverStream::new(answers), readers.place().unwrap());
        drop(to);
        let status = Status::from(readers.place().map(|_| ()).unwrap_err());
        assert_eq!(status.code(), tonic::Code::ResourceExhausted);
        let problem = Problem::from(readers.clone().place().map(|_| ()).unwrap_err());
        assert_eq!((problem.code(), problem.detail()), ("too_many_readers", status.message()));
        drop(stream);
        assert!(readers.place().is_ok());
    }
}
