//! Every limit on what may come in, in one place. Doors enforce them; the README lists them.

/// Longest name of a node, step, label, project or renderer, in bytes.
pub const MAX_NAME_BYTES: usize = 64;
/// Longest title of a job, in bytes.
pub const MAX_TITLE_BYTES: usize = 200;
/// Longest reason, comment or other text that a person says of what they do, in bytes.
pub const MAX_NOTE_BYTES: usize = 1024;
/// Longest id, or end of one, that a job is asked for by, in bytes.
pub const MAX_ID_BYTES: usize = 64;
/// Longest path or output pattern, in bytes.
pub const MAX_PATH_BYTES: usize = 1024;
/// Most steps in one job.
pub const MAX_STEPS: usize = 256;
/// Most frames in one step.
pub const MAX_FRAMES: u64 = 10_000_000;
/// Most frames handed out at once.
pub const MAX_CHUNK: u32 = 100_000;
/// Most frames in all steps of one job together.
pub const MAX_JOB_FRAMES: u64 = 20_000_000;
/// Most runs of consecutive frames in one message.
pub const MAX_RUNS: usize = 200_000;
/// Most leases a node may say it holds.
pub const MAX_HELD: usize = 10_000;
/// Longest text of a frame set, in bytes. A set that is too scattered to be written within it is refused.
pub const MAX_FRAME_TEXT_BYTES: usize = 16 * 1024;
/// Frame numbers lie between minus and plus this.
pub const MAX_FRAME_NUMBER: i32 = 99_999_999;
/// Most renderer settings in one step.
pub const MAX_SETTINGS: usize = 200;
/// Longest settings of one step as JSON text, in bytes.
pub const MAX_SETTINGS_BYTES: usize = 64 * 1024;
/// Most labels a node may have or a step may ask for.
pub const MAX_LABELS: usize = 64;
/// Most retries of one frame.
pub const MAX_RETRIES: u32 = 100;
/// Largest priority; the least is 0.
pub const MAX_PRIORITY: u32 = 100;
/// Largest gRPC message, in bytes. Templates and logs travel in pieces.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// Largest template, in bytes.
pub const MAX_TEMPLATE_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// Most templates that are asked after at once.
pub const MAX_ASKED: usize = 10_000;
/// Most slots on one node.
pub const MAX_SLOTS: u32 = 1024;
/// Most jobs, frames, nodes or events in one page of an answer.
pub const MAX_PAGE: usize = 1000;
/// Ids of events from outside that are remembered, so that none is taken twice; the oldest are forgotten first.
pub const MAX_OUTSIDE_IDS: usize = 1_000_000;
/// Most pauses in force at once.
pub const MAX_PAUSES: usize = 1000;
/// Most workers and nodes of which it is remembered what people were last told.
pub const MAX_WATCHED: usize = 10_000;
/// Most alerts that some channel has not taken yet; beyond, the oldest are given up.
pub const MAX_ALERTS_WAITING: usize = 10_000;
/// Most templates that a node names when it tells what is in its cache.
pub const MAX_TEMPLATES_NAMED: usize = 4096;
/// Most actors that one node may say it has.
pub const MAX_PLAYERS: usize = 4096;
/// Largest piece of an attempt's output that a node sends at once, in bytes.
pub const MAX_LOG_PIECE_BYTES: usize = 512 * 1024;
/// Most lines of evidence kept with a failure.
pub const MAX_EVIDENCE_LINES: usize = 50;
/// Longest line of evidence, in bytes.
pub const MAX_EVIDENCE_LINE_BYTES: usize = 500;

// Events of other services.

/// Most events in one body.
pub const MAX_EVENTS: usize = 10_000;
/// Largest single event from outside, in bytes of its JSON.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;
/// Longest type of an event, in bytes.
pub const MAX_EVENT_TYPE_BYTES: usize = 200;
/// Longest id, correlation id, step, worker id or other short text of an event from outside, in bytes.
pub const MAX_EVENT_TEXT_BYTES: usize = 1024;
/// Most levels of lists and objects within each other in an event from outside.
pub const MAX_EVENT_DEPTH: usize = 32;
/// Most mistakes told at once.
pub const MAX_EVENT_MISTAKES: usize = 100;
/// Most type patterns in one filter.
pub const MAX_PATTERNS: usize = 64;
/// Most frame jobs that one timeline lists; of more, the oldest that simply went well are counted only.
pub const MAX_TIMELINE: usize = 10_000;
