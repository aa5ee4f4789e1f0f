//! The cluster's own types: its history, which nobody else can add to.

use super::Shape::{Bool, Integer, Large, Object, Objects, Text, Texts, Time, Uuid, Word};
use super::{Field, Kind, Origin, may, must};

const JOB: Field = must("job_id", Uuid, "the job");
const STEP: Field = must("step", Integer(0, 65_535), "the step's place in its job, from 0");
const TOKEN: Field = must("token", Text, "the lease's fencing token, `epoch.serial`");
const RUN: Field = must("frame_job_id", Uuid, "the frame job: one attempt");
const FRAMES: Field = must("frames", Text, "runs of frames, such as `1-5,9,20-40x2`");
const NODE: Field = must("node", Text, "the node's name");
const NODE_ID: Field = must("node_id", Uuid, "the node");
const FAILURE: Field =
    must("failure", Object, "`class`, `message`, `exit` (or null) and `evidence`, a list of lines");
const ALERT: Field = must("alert_id", Uuid, "the alert");
const CHANNEL: Field = must("channel", Text, "the channel's name in the config");
const SCOPE: Field = must("scope", Word(&["cluster", "pool", "queue"]), "what is paused");
const PLACE: Field = may("name", Text, "which pool or queue");
const SOURCE: Field = must("source", Word(&["person", "watcher", "calendar"]), "who pauses");
const SOURCE_NAME: Field = may("source_name", Text, "which watcher or calendar window");
const COUNT: super::Shape = Integer(0, u32::MAX as i64);

const fn of(name: &'static str, when: &'static str, fields: &'static [Field]) -> Kind {
    Kind { name, origin: Origin::Cluster, passing: false, when, fields }
}

const REASON: Field = must("reason", Text, "for people");

pub(super) const KINDS: &[Kind] = &[
    of(
        "leader.started",
        "a leader began to serve",
        &[must("epoch", COUNT, "its tokens are higher than all of earlier epochs")],
    ),
    of(
        "job.submitted",
        "a job was accepted",
        &[
            JOB,
            must("name", Text, "what people call it"),
            must("project", Text, "the project's name"),
            must("project_id", Uuid, "the project"),
            must("priority", Integer(0, 100), "higher goes first"),
            must(
                "steps",
                Objects,
                "`name`, `renderer`, `frames`, `after` (places of steps), `output` and `template` (or null)",
            ),
            may(
                "approval",
                Object,
                "the release it needs: `approval_type`, `description`, `overdue`, `timeout_minutes`",
            ),
        ],
    ),
    of("job.paused", "nothing more of it is handed out", &[JOB]),
    of("job.resumed", "it goes on", &[JOB]),
    of(
        "job.prioritised",
        "what waits of it goes out earlier or later from now on",
        &[JOB, must("priority", Integer(0, 100), "higher goes first")],
    ),
    of("job.cancelled", "someone ended it", &[JOB, REASON]),
    of("job.succeeded", "every frame of every step is published", &[JOB]),
    of("job.failed", "it cannot be finished as it is", &[JOB, REASON]),
    of(
        "job.retried",
        "frames that were dead-lettered or left over wait again",
        &[JOB, must("steps", Objects, "`step` and `frames`")],
    ),
    of("job.forgotten", "a finished job was dropped from memory, after its time", &[JOB]),
    of("step.succeeded", "every frame of a step is published", &[JOB, STEP]),
    of(
        "step.cleared",
        "a node looked at a step before its frames go out, and found nothing wrong",
        &[JOB, STEP, NODE, NODE_ID],
    ),
    of(
        "frame_job.leased",
        "frames were put into a node's hands",
        &[
            JOB,
            STEP,
            TOKEN,
            RUN,
            NODE,
            NODE_ID,
            FRAMES,
            must("preflight", Bool, "the node is only to look whether the step can be rendered"),
            may(
                "publish_of",
                Text,
                "the node is only to publish what the attempt under this token left behind",
            ),
            must("gentle", Bool, "an earlier attempt ran out of memory: with as little as can be"),
        ],
    ),
    of(
        "frame_job.began",
        "the renderer began its first frame",
        &[
            JOB,
            STEP,
            TOKEN,
            RUN,
            must("fetched_ms", Large, "fetching the template and whatever else it needs"),
            must("loaded_ms", Large, "from the renderer's start to its first frame"),
        ],
    ),
    of(
        "frame_job.frames_accepted",
        "frames are proven and count from now on",
        &[
            JOB,
            STEP,
            TOKEN,
            RUN,
            FRAMES,
            must("bytes", Large, "their files together"),
            must("took_ms", Large, "rendering them, together"),
        ],
    ),
    of(
        "frame_job.frames_published",
        "accepted frames are at their final path",
        &[JOB, STEP, TOKEN, RUN, FRAMES],
    ),
    of(
        "frame_job.frames_failed",
        "frames failed, and wait for another try",
        &[
            JOB,
            STEP,
            TOKEN,
            RUN,
            FRAMES,
            FAILURE,
            must("not_before", Time, "not handed out again before this"),
            must("charged", Bool, "whether it counts against their retries"),
        ],
    ),
    of(
        "frame_job.frames_dead_lettered",
        "frames failed too often, and are put aside",
        &[JOB, STEP, TOKEN, RUN, FRAMES, FAILURE],
    ),
    of(
        "frame_job.frames_returned",
        "an attempt ended without these frames, and nothing speaks against them",
        &[JOB, STEP, TOKEN, RUN, FRAMES],
    ),
    of(
        "frame_job.frames_lost",
        "files of accepted frames are nowhere to be found; they are rendered again",
        &[JOB, STEP, TOKEN, RUN, FRAMES],
    ),
    of(
        "frame_job.released",
        "a lease ended, not simply with its last frame",
        &[
            JOB,
            STEP,
            TOKEN,
            RUN,
            must(
                "reason",
                Word(&["completed", "failed", "handed_back", "node_lost", "unknown_to_node", "revoked"]),
                "why",
            ),
        ],
    ),
    of("node.drained", "a node gets no more work", &[NODE, NODE_ID]),
    of("node.undrained", "a drained node gets work again", &[NODE, NODE_ID]),
    of(
        "node.quarantined",
        "a node is not trusted with a renderer any more",
        &[
            NODE,
            NODE_ID,
            must("renderer", Text, "which"),
            JOB,
            STEP,
            FAILURE,
            must("strike", COUNT, "the how manieth quarantine in a row, from 1"),
            must("until", Time, "it is tried with a frame from this moment"),
        ],
    ),
    of(
        "node.cleared",
        "a node is trusted with a renderer again",
        &[
            NODE,
            NODE_ID,
            must("renderer", Text, "which"),
            must("by", Word(&["canary", "person", "renewal", "acquittal"]), "why"),
        ],
    ),
    of(
        "approval.escalated",
        "nobody answered in time, and the job goes on waiting",
        &[must("approval_id", Uuid, "the request"), JOB],
    ),
    of(
        "queue.paused",
        "a pause of the cluster, a pool or a queue began, or was changed",
        &[
            SCOPE,
            PLACE,
            REASON,
            SOURCE,
            SOURCE_NAME,
            may("until", Time, "it ends by itself at this moment"),
            must("running", Word(&["finish", "hand_back"]), "what becomes of frames in hands"),
        ],
    ),
    of(
        "queue.resumed",
        "a pause is over",
        &[
            SCOPE,
            PLACE,
            SOURCE,
            SOURCE_NAME,
            must("expired", Bool, "it came to its own end; otherwise someone lifted it"),
        ],
    ),
    of(
        "alert.noted",
        "a worker's situation was noted without telling anyone",
        &[
            must("worker", Text, "its name"),
            may("alive", Bool, "as last seen"),
            must("dead_letters", Large, "as last told"),
        ],
    ),
    of(
        "alert.raised",
        "a person is to be told something",
        &[
            ALERT,
            must("worker", Text, "the worker or node it is about"),
            must("what", Word(&["down", "up", "dead_letters"]), "what happened to it"),
            may("count", Large, "how many dead letters"),
            must("text", Text, "the message as it is sent"),
            must("channels", Texts, "names of channels in the config"),
        ],
    ),
    of(
        "alert.sending",
        "an alert is about to leave over a channel",
        &[ALERT, CHANNEL, must("attempt", COUNT, "from 1")],
    ),
    of("alert.sent", "a channel has taken an alert", &[ALERT, CHANNEL]),
    of(
        "alert.failed",
        "a channel has not taken an alert",
        &[
            ALERT,
            CHANNEL,
            must("attempt", COUNT, "from 1"),
            must("error", Text, "what went wrong"),
            may("retry_at", Time, "when it is tried again; null when it is given up"),
        ],
    ),
    of(
        "alert.unconfirmed",
        "the leader died while it was being sent; it is not sent again",
        &[ALERT, CHANNEL],
    ),
];
