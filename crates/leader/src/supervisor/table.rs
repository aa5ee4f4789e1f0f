//! The leader's restart table, as the supervisor and the simulator both have it.

pub(crate) use callsheet_supervision::tables::leader::{EVENT_HUB, LOG_KEEPER, MONITOR, SCHEDULER};
