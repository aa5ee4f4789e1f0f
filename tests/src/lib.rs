//! What more than one kind of test plays with: renderers that take a test's time and no processor (`player`), and
//! connections that no system has made (`plug`).
//!
//! It refuses to say how a renderer behaves or how a network does: each kind of test says that itself.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod player;
pub mod plug;
