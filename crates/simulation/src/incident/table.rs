//! What did happen, what the model makes of it, and what would have happened otherwise, side by side.

use std::fmt::Write as _;

use super::measure::{Ended, Figures};
use super::model::Model;
use callsheet_model::JobId;

use crate::Micros;

/// Jobs shown; the longest first when there are more.
const MOST: usize = 200;

/// A table for people. Without changes there is no last column.
#[must_use]
pub fn side_by_side(
    model: &Model,
    happened: &Figures,
    unchanged: &Figures,
    changed: Option<&Figures>,
) -> String {
    let columns: Vec<&Figures> = [Some(happened), Some(unchanged), changed].into_iter().flatten().collect();
    let mut rows = vec![row("", ["as it happened", "the model", "with the changes"].map(str::to_owned))];
    let mut jobs: Vec<_> = model.jobs().collect();
    let late =
        |job: &JobId| columns.iter().filter_map(|figures| figures.jobs.get(job)).map(|ended| ended.at).max();
    let hidden = jobs.len().saturating_sub(MOST);
    if hidden > 0 {
        jobs.sort_by_key(|(job, _)| std::cmp::Reverse(late(job)));
        jobs.truncate(MOST);
    }
    for (job, name) in &jobs {
        let cell = |figures: &Figures| ended(figures.jobs.get(job));
        let name: String = name.chars().filter(|c| !c.is_control()).take(24).collect();
        rows.push(row(&format!("{} {name}", job.short()), cells(happened, unchanged, changed, cell)));
    }
    let mut all = |what: &str, cell: &dyn Fn(&Figures) -> String| {
        rows.push(row(what, cells(happened, unchanged, changed, cell)));
    };
    all("the last job ends", &|figures| clock(figures.last()));
    all("node hours until then", &|figures| hours(figures.node_time));
    all("renderer hours", &|figures| hours(figures.render_time));
    all("frames accepted", &|figures| figures.accepted.to_string());
    all("frames handed out again", &|figures| figures.again.to_string());
    all("frames drawn twice", &|figures| figures.twice.map_or("?".to_owned(), |twice| twice.to_string()));
    let shown = if changed.is_some() { 4 } else { 3 };
    let mut text = printed(&rows, shown);
    if hidden > 0 {
        // Writing to a string never fails.
        let _ = writeln!(text, "({hidden} more jobs ended earlier)");
    }
    text
}

fn row(name: &str, [one, two, three]: [String; 3]) -> [String; 4] {
    [name.to_owned(), one, two, three]
}

fn cells(
    happened: &Figures,
    unchanged: &Figures,
    changed: Option<&Figures>,
    cell: impl Fn(&Figures) -> String,
) -> [String; 3] {
    [cell(happened), cell(unchanged), changed.map(cell).unwrap_or_default()]
}

fn printed(rows: &[[String; 4]], shown: usize) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = format!("{:<1$}", row[0], widths[0]);
        for (cell, width) in row.iter().zip(&widths).take(shown).skip(1) {
            let _ = write!(line, "  {cell:>width$}");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn ended(ended: Option<&Ended>) -> String {
    ended.map_or("not over".to_owned(), |ended| format!("{} {}", ended.how.word(), clock(ended.at)))
}

/// Hours, minutes and seconds since the log began.
fn clock(at: Micros) -> String {
    let seconds = at / 1_000_000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn hours(time: Micros) -> String {
    format!("{:.2}", time as f64 / 3.6e9)
}
