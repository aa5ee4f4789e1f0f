//! What can be seen before After Effects is started at all: whether the template can be read, and whether the output
//! can be written and has room.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use callsheet_model::{Failure, FailureClass};

use crate::Assignment;

/// With less free where the results go, nothing is begun.
const LEAST_FREE: u64 = 100 << 20;
/// What is written to see whether anything can be.
const PROBE: &str = ".preflight";
const PROBE_BYTES: usize = 64 * 1024;

/// Looks around an assignment.
///
/// # Errors
/// What is wrong, by its class.
pub(super) fn around(assignment: &Assignment<'_>) -> Result<(), Failure> {
    if let Some(template) = assignment.template {
        readable(template)?;
    }
    writable(assignment.place)?;
    match crate::disk::free_space(assignment.place) {
        Some(free) if free < LEAST_FREE => {
            let (free, least) = (free >> 20, LEAST_FREE >> 20);
            let message = format!(
                "{} MiB are free where the results go ({}), at least {least} MiB are needed",
                free,
                assignment.place.display()
            );
            Err(Failure::new(FailureClass::StorageOut, message))
        }
        _ => Ok(()),
    }
}

fn readable(template: &Path) -> Result<(), Failure> {
    let mut first = [0; 4];
    let read = File::open(template).and_then(|mut file| file.read_exact(&mut first));
    read.map_err(|error| {
        let message = format!("the template {} cannot be read: {error}", template.display());
        Failure::new(FailureClass::InputMissing, message)
    })
}

fn writable(place: &Path) -> Result<(), Failure> {
    let path = place.join(PROBE);
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&[0; PROBE_BYTES])?;
        file.sync_all()
    });
    let removed = fs::remove_file(&path);
    written.and(removed).map_err(|error| {
        let message = format!("nothing can be written where the results go ({}): {error}", place.display());
        Failure::new(FailureClass::OutputIo, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Desk;

    #[test]
    fn a_place_that_can_be_written_is_left_as_it_was() {
        let desk = Desk::new("after_effects", "0-9", "a_[####].png").template("a.aep", b"RIFX");
        desk.assign("0", around).unwrap();
        assert!(crate::sample::listing(&desk.place()).is_empty());
    }

    #[test]
    fn what_cannot_be_read_or_written_is_named() {
        let desk = Desk::new("after_effects", "0-9", "a_[####].png").template("a.aep", b"RIFX");
        fs::remove_dir(desk.place()).unwrap();
        let failure = desk.assign("0", around).unwrap_err();
        assert_eq!(failure.class, FailureClass::OutputIo);
        assert!(failure.message.contains(&desk.place().display().to_string()), "{failure}");
        fs::write(desk.template.as_ref().unwrap(), "").unwrap();
        let failure = desk.assign("0", around).unwrap_err();
        assert_eq!(failure.class, FailureClass::InputMissing);
        assert!(failure.message.contains("a.aep cannot be read"), "{failure}");
    }
}
