//! What one run of After Effects came to: succeeded, or one class of failure with its evidence.
//!
//! ```text
//!   lines ─► Account (facts, evidence) ─┐
//!   how the process ended, proofs ──────┴─► judge ─► Verdict ─► Action: what the cluster does
//! ```
//!
//! A run succeeded only by the four-fold rule: exit code 0, and every composition finished by After Effects' own
//! word, and no error, and every expected frame proven. It refuses to do what it says is to be done.

mod account;
mod action;
mod end;
mod evidence;
mod judge;

use callsheet_model::Failure;

pub use account::{Account, Order, ToldError, ToldWarning};
pub use action::Action;
pub use end::{End, How, Proof};

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// By the four-fold rule, as far as it was asked to look.
    Succeeded,
    /// It did not.
    Failed(Failure),
}

impl Verdict {
    /// What the cluster does about it.
    #[must_use]
    pub fn action(&self) -> Action {
        match self {
            Self::Succeeded => Action::Accept,
            Self::Failed(failure) => Action::of(failure.class),
        }
    }

    /// The failure, if it is one.
    ///
    /// # Errors
    /// The failure.
    pub fn into_result(self) -> Result<(), Failure> {
        match self {
            Self::Succeeded => Ok(()),
            Self::Failed(failure) => Err(failure),
        }
    }
}
