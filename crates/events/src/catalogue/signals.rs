//! Types that pass live and are never in the log, unless another service posts one of the contract's.

use super::Shape::{Bool, Integer, Large, Number, Text, Time, Uuid, Word};
use super::{Field, Kind, Origin, Shape, add, may, must};
use crate::passing::{FRAME_COMPLETED, FRAME_JOB_LOG, JOB_PROGRESS, NODE_HEARTBEAT, WORKER_HEARTBEAT};

const INT: Shape = Shape::INT;
const COUNT: Shape = Integer(0, i64::MAX);

const fn of(name: &'static str, origin: Origin, when: &'static str, fields: &'static [Field]) -> Kind {
    Kind { name, origin, passing: true, when, fields }
}

const STEP: Field = must("step", Integer(0, 65_535), "the step's place in its job, from 0");
const STATES: Shape = Word(&["idle", "busy", "paused", "trading", "free", "market_open", "market_closed"]);

pub(super) const KINDS: &[Kind] = &[
    of(
        NODE_HEARTBEAT,
        Origin::Contract,
        "every 5 s, by each node",
        &[
            must("node_id", Uuid, "the node"),
            must("status", Word(&["Ready", "Busy", "Crashed", "Updating"]), ""),
            must("recorded_at", Time, "by the node's clock"),
            may("cpu_pct", Integer(0, 100), ""),
            may("ram_available_mb", INT, ""),
            may("ae_running", Bool, "whether a renderer process runs"),
            may("current_job_id", Uuid, ""),
            may("current_frame_job_id", Uuid, ""),
            may("current_frame", INT, ""),
            may("cache_used_gb", INT, ""),
            add("node", Text, "the node's name"),
        ],
    ),
    of(
        FRAME_COMPLETED,
        Origin::Contract,
        "one frame is done",
        &[
            must("render_job_id", Uuid, "the job"),
            must("frame_job_id", Uuid, "the frame job"),
            must("frame_number", INT, ""),
            may("file_size_bytes", Large, ""),
            may("completed_at", Time, ""),
        ],
    ),
    of(
        JOB_PROGRESS,
        Origin::Cluster,
        "an attempt goes on; at most a few times a second",
        &[
            must("job_id", Uuid, "the job"),
            STEP,
            must("step_status", Word(&["running"]), ""),
            must("token", Text, "the lease's fencing token"),
            must("frame_job_id", Uuid, "the frame job"),
            must("node", Text, "the node's name"),
            must("node_id", Uuid, "the node"),
            may("frame", INT, "the frame being rendered, if the renderer tells"),
            may("fraction", Number, "how far that frame or task is, 0 to 1, if the renderer tells"),
            must("remaining", Text, "frames of this lease still to be done"),
            must("remaining_count", COUNT, "how many they are"),
        ],
    ),
    of(
        FRAME_JOB_LOG,
        Origin::Cluster,
        "a piece of an attempt's output, in whole lines",
        &[
            must("job_id", Uuid, "the job"),
            STEP,
            must("token", Text, "the lease's fencing token"),
            must("frame_job_id", Uuid, "the frame job"),
            must("node", Text, "the node's name"),
            must("node_id", Uuid, "the node"),
            must("offset", Large, "where in the output the text begins, in bytes"),
            must("text", Text, ""),
        ],
    ),
    of(
        WORKER_HEARTBEAT,
        Origin::Contract,
        "every 15 s, by each worker",
        &[
            must("name", Text, ""),
            must("kind", Word(&["render", "watcher", "trader"]), ""),
            must("state", STATES, "one of its kind's"),
            must("ts", Time, "by the worker's clock"),
            may("last_job_at", Time, ""),
            must("jobs_done", COUNT, ""),
            must("jobs_failed", COUNT, ""),
            may("mode", Text, "a watcher's only; absent from others"),
        ],
    ),
];
