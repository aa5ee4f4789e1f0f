//! Columns. A terminal's lines are cut to its width; whatever reads a pipe gets every character.

use std::io;

use console::{Alignment, Term, measure_text_width, pad_str, style, truncate_str};

/// Between two columns.
const GAP: &str = "  ";

/// Rows under a heading; cells may hold colours.
pub(crate) struct Table {
    heading: Vec<&'static str>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With the names of its columns; one that begins with `>` is set to the right.
    pub(crate) fn new(heading: &[&'static str]) -> Self {
        let right = heading.iter().map(|name| name.starts_with('>')).collect();
        let heading = heading.iter().map(|name| name.trim_start_matches('>')).collect();
        Self { heading, right, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        // A cell is one line, whatever someone named their job.
        let clean = |cell: String| cell.replace(['\n', '\r', '\t'], " ");
        self.rows.push(cells.into_iter().map(clean).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn print(&self) -> io::Result<()> {
        let term = Term::stdout();
        let width = if term.is_term() { Some(usize::from(term.size().1)) } else { None };
        self.lines(width).iter().try_for_each(super::line)
    }

    fn lines(&self, width: Option<usize>) -> Vec<String> {
        let heading: Vec<String> = self.heading.iter().map(|name| style(name).dim().to_string()).collect();
        let all: Vec<&Vec<String>> = std::iter::once(&heading).chain(&self.rows).collect();
        let wide = |column: usize| {
            all.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| measure_text_width(cell))
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.heading.len()).map(wide).collect();
        let line = |row: &&Vec<String>| {
            let cells = row.iter().zip(&widths).zip(&self.right).map(|((cell, width), right)| {
                let side = if *right { Alignment::Right } else { Alignment::Left };
                pad_str(cell, *width, side, None).into_owned()
            });
            let text = cells.collect::<Vec<_>>().join(GAP);
            match width {
                Some(width) => truncate_str(text.trim_end(), width, "…").into_owned(),
                None => text.trim_end().to_owned(),
            }
        };
        all.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["NAME", ">FRAMES", "STATE"]);
        table.row(["anna".into(), "7".into(), "online".into()]);
        table.row(["bérénice".into(), "1234".into(), "gone\nfor good".into()]);
        table
    }

    #[test]
    fn columns_line_up_and_lines_stay_lines() {
        console::set_colors_enabled(false);
        assert_eq!(
            table().lines(None),
            ["NAME      FRAMES  STATE", "anna           7  online", "bérénice    1234  gone for good"]
        );
    }

    #[test]
    fn a_terminals_width_is_kept() {
        console::set_colors_enabled(false);
        let lines = table().lines(Some(20));
        assert_eq!(lines[2], "bérénice    1234  g…");
    }
}
