//! `events post`: a file of events of other services, into the log.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Result;
use callsheet_model::limits::MAX_MESSAGE_BYTES;
use callsheet_protocol::v1;

use crate::client::{Client, told};
use crate::commands::Asking;
use crate::exit::{Exit, Failure};
use crate::output::json;
use crate::output::table::Table;

#[derive(clap::Args)]
pub(super) struct Args {
    /// One event or an array of them, as JSON; - is standard input
    file: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn run(args: Args) -> Result<Exit> {
    let body = body(&args.file)?;
    let mut client = Client::connect(&args.asking.reach).await?;
    let answer = client.cluster.ingest(v1::IngestRequest { body }).await.map_err(told)?.into_inner();
    if args.asking.json {
        json::print("IngestResponse", &answer)?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[">EVENT", "ID", ""]);
    for event in answer.events {
        let note = if event.already { "was there already" } else { "" };
        table.row([event.sequence.to_string(), event.id, note.to_owned()]);
    }
    table.print()?;
    Ok(Exit::Ok)
}

/// The file's bytes, but no more of them than a message may have.
fn body(path: &Path) -> Result<Vec<u8>> {
    let shown = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let unreadable = |error: std::io::Error| Failure::usage(format!("{shown} cannot be read: {error}"));
    let mut body = Vec::new();
    let most = MAX_MESSAGE_BYTES as u64;
    if path == Path::new("-") {
        std::io::stdin().lock().take(most + 1).read_to_end(&mut body).map_err(unreadable)?;
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(most + 1).read_to_end(&mut body).map_err(unreadable)?;
    }
    if body.len() > MAX_MESSAGE_BYTES {
        let message = format!("{shown} is too long: at most {MAX_MESSAGE_BYTES} bytes at once");
        return Err(Failure::usage(message).hint("post it in several files").into());
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_no_message_could_carry_is_not_read_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("events.json");
        std::fs::write(&path, vec![b' '; MAX_MESSAGE_BYTES]).unwrap();
        assert_eq!(body(&path).unwrap().len(), MAX_MESSAGE_BYTES);
        std::fs::File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        let failure = body(&path).unwrap_err().downcast::<Failure>().unwrap();
        assert!(failure.exit == Exit::Usage && failure.message.contains("too long"), "{failure}");
        let failure = body(&directory.path().join("none")).unwrap_err().downcast::<Failure>().unwrap();
        assert!(failure.message.contains("cannot be read"), "{failure}");
    }
}
