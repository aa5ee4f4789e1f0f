//! Pages of long lists.

use callsheet_model::limits::MAX_PAGE;

use super::{Code, Problem};

/// Things on a page when nothing is said.
const PAGE: usize = 100;

/// How many things fit on the page that is asked for.
pub(super) fn size(asked: Option<u32>) -> Result<usize, Problem> {
    let size = asked.map_or(PAGE, |asked| asked as usize);
    if (1..=MAX_PAGE).contains(&size) {
        return Ok(size);
    }
    let allowed = format!("here may be 1 to {MAX_PAGE}");
    Err(Problem::of_field(Code::BadParameter, "page_size", &size.to_string(), &allowed))
}
