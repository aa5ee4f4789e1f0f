//! What became of each frame job of a job, from the log.

use callsheet_model::JobId;
use callsheet_protocol::v1;
use tokio::sync::mpsc;
use tonic::Status;

use super::jobs::Jobs;
use super::refused;

/// Bytes of one piece, about.
const PIECE: usize = 256 << 10;

impl Jobs {
    pub(super) async fn tell_timeline(
        &self,
        id: JobId,
        readable: bool,
        to: &mpsc::Sender<Result<v1::TimelinePiece, Status>>,
    ) -> Result<(), Status> {
        let timeline = self.timeline_of(id).await?;
        let text = if readable {
            timeline.text()
        } else {
            serde_json::to_string(&timeline).map_err(|error| Status::internal(error.to_string()))?
        };
        for piece in pieces(&text) {
            if to.send(Ok(v1::TimelinePiece { text: piece.to_owned() })).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn timeline_of(&self, id: JobId) -> Result<callsheet_events::timeline::Timeline, Status> {
        let mut timeline = callsheet_events::timeline::Timeline::new(id);
        let mut events = self.leader.follow(self.kept(id, &[]));
        while let Some(page) = events.recv().await {
            page.map_err(refused)?.iter().for_each(|event| timeline.add(event));
        }
        Ok(timeline)
    }
}

/// A text in pieces, cut between characters.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut cut = rest.len().min(PIECE);
        while !rest.is_char_boundary(cut) {
            cut -= 1;
        }
        let (piece, behind) = rest.split_at(cut);
        rest = behind;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_whole_again_from_its_pieces() {
        for text in [String::new(), "short".to_owned(), "é€😀".repeat(100_000)] {
            let cut: Vec<&str> = pieces(&text).collect();
            assert!(cut.iter().all(|piece| piece.len() <= PIECE && !piece.is_empty()));
            assert_eq!(cut.concat(), text);
        }
    }
}
