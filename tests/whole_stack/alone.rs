//! One world at a time in a process. Tasks are numbered through the whole process, and the runtime of a host that
//! crashes drops them in an order that their numbers decide; so a world that is to go the same way again has to
//! begin at a number like before, and nobody may take one meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};

use callsheet_supervision::InTurn;
use tokio::runtime::Builder;

static TURN: Mutex<()> = Mutex::new(());

/// The runtime keeps its tasks in so many lists or fewer, by their numbers.
const LISTS: u64 = 64;

/// Held by a world for as long as it lives.
pub(crate) struct Alone {
    _in_turn: InTurn,
    _turn: MutexGuard<'static, ()>,
}

impl Alone {
    /// Waits for the other worlds to end.
    pub(crate) fn in_the_process() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = Builder::new_current_thread().build().unwrap();
        let number =
            || runtime.block_on(async { tokio::spawn(async {}).id().to_string().parse::<u64>().unwrap() });
        while number() % LISTS != 0 {}
        Self { _in_turn: InTurn::on_this_thread(), _turn: turn }
    }
}
