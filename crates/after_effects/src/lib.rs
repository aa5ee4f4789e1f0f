//! What After Effects says, and what is said to it.
//!
//! ```text
//!   a step's settings ─► arguments, scripts ─► aerender, AfterFX
//!                                                   │ output, line by line
//!                                              log: facts ─► verdict: what happened ─► explain: for people
//! ```
//!
//! Pure: it starts nothing, reads no file and no clock. `callsheet-renderers` runs what this crate says, the
//! `callsheet` program explains logs with it, and the stand-in of the tests does not know it.

pub mod arguments;
pub mod explain;
pub mod log;
pub mod script;
pub mod settings;
pub mod verdict;
