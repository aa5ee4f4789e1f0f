//! How many frames a movie must have that is made of what an earlier step left.

use std::path::Path;

use callsheet_config::CommandDescription;
use callsheet_config::renderer::{Arg, InputForm, Placeholder, Text};

use super::fill;
use crate::proof::movie;
use crate::{Assignment, Format, Input};

/// As many as went in: a picture is one frame, a movie has its own. Where one of them is of a format that cannot be
/// counted, the result is held to what any file is. Blocking: it reads the tables of movies.
pub(super) fn expected(description: &CommandDescription, assignment: &Assignment<'_>) -> Format {
    let extension = assignment.step.output.as_ref().and_then(|output| output.extension());
    if !extension.is_some_and(|extension| movie::can_be_counted(&extension)) {
        return Format::File;
    }
    let placeholders = description.args.iter().flat_map(Arg::texts).flat_map(Text::placeholders);
    let mut inputs = placeholders.filter_map(|placeholder| match placeholder {
        Placeholder::Input(which, form) => Some((fill::input(description, assignment, which)?, *form)),
        _ => None,
    });
    let Some((input, form)) = inputs.next() else { return Format::File };
    let frames = match form {
        InputForm::List | InputForm::Path => of_movies(input),
        _ => Some(input.frames.len()),
    };
    frames.map_or(Format::File, |frames| Format::Movie([(0, frames)].into()))
}

/// The frames of all movies together. One that is damaged makes the program fail, which tells more than this could.
fn of_movies(Input { output, frames }: &Input) -> Option<u64> {
    let directory = Path::new(output.directory());
    let numbers: Vec<i32> = if output.is_sequence() { frames.iter().collect() } else { vec![0] };
    let counts =
        numbers.into_iter().map(|number| movie::frames_of(&directory.join(output.file_name(number))).ok());
    counts.sum()
}
