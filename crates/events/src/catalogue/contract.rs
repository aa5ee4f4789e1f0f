//! Types of the contract that this cluster makes, and other services may too.

use super::Shape::{Bool, Integer, Ipv4, Large, Number, Object, Text, Texts, Time, Uuid, Word};
use super::{Field, Kind, Origin, Shape, add, add_may, may, must, or};

const INT: Shape = Shape::INT;
const NODE_ID: Field = must("node_id", Uuid, "the node");
const NODE: Field = add("node", Text, "the node's name");
const JOB: Field = add("job_id", Uuid, "the job that waits");
const AGENT: Field = must("agent_instance_id", Uuid, "one life of an actor: a restarted one is another");
const AGENT_NODE_ID: Field = add("node_id", Uuid, "where");
const APPROVAL: Field = must("approval_id", Uuid, "the request");
const WORKFLOW: Field = must("workflow_id", Uuid, "the job's id");

const fn of(name: &'static str, when: &'static str, fields: &'static [Field]) -> Kind {
    Kind { name, origin: Origin::Contract, passing: false, when, fields }
}

pub(super) const KINDS: &[Kind] = &[
    of(
        "node.online.v1",
        "the node agent has started and registered",
        &[
            NODE_ID,
            may("node_ip", Ipv4, "where its session comes from, as the leader sees it; null over IPv6"),
            must("region", Text, ""),
            must("node_agent_version", Text, ""),
            must("current_ae_version", Text, "empty on a node without After Effects"),
            may("available_ae_versions", Texts, "the preferred one first"),
            may("ram_gb", INT, "GiB that attempts may use together"),
            may("cpu_cores", INT, "logical processors"),
            may("cache_used_gb", INT, "whole GiB of its template cache; null while it has not read it"),
            may("cached_template_md5s", Texts, "in order, at most 4,096; null under the same condition"),
            NODE,
            add("slots", Integer(0, u32::MAX as i64), "how many renderers run at once"),
            add("renderers", Object, "each renderer's versions, with commas between"),
            add("labels", Texts, "labels from the cluster config"),
        ],
    ),
    of(
        "node.offline.v1",
        "graceful shutdown, or heartbeats were missed",
        &[
            NODE_ID,
            must("reason", Word(&["Shutdown", "HeartbeatLost", "Maintenance", "Disabled"]), ""),
            may("last_heartbeat_at", Time, "its last sign of life; null when this leader has had none"),
            may("current_job_id", Uuid, "of its oldest frame job; null when it had none in hand"),
            NODE,
        ],
    ),
    of(
        "node.crashed.v1",
        "the renderer process died while rendering",
        &[
            NODE_ID,
            may("render_job_id", Uuid, ""),
            may("frame_job_id", Uuid, ""),
            must("crashed_at", Time, ""),
            may("last_known_frame", INT, ""),
            may("crash_signal", Text, "how the process ended, in words"),
            may("ae_version", Text, ""),
            may("error_log_tail", Text, "about the last 50 lines of the renderer's log"),
            may("log_file_url", Text, ""),
            may("auto_recovery_started", Bool, "whether the frames go out again by themselves"),
            NODE,
            add("job_id", Uuid, "the same as `render_job_id`"),
            add("step", Integer(0, 65_535), "the step's place in its job, from 0"),
            add("token", Text, "the lease's fencing token"),
            add("renderer", Text, ""),
            add_may("renderer_version", Text, ""),
            add("class", Text, "what kind of failure it was"),
            add("message", Text, "for people"),
        ],
    ),
    of(
        "node.cache.updated.v1",
        "a template was downloaded, evicted, verified, or failed",
        &[
            NODE_ID,
            must("action", Word(&["Downloaded", "Evicted", "Verified", "Failed"]), ""),
            must("project_id", Uuid, ""),
            must("aep_file_md5", Text, ""),
            may("file_size_bytes", Large, ""),
            may("cache_used_gb", INT, "the whole cache after the action"),
            may("duration_ms", INT, ""),
            may("error_message", Text, ""),
            NODE,
            add("cache_used_bytes", Large, "the whole cache after the action, exactly"),
        ],
    ),
    of(
        "agent.spawned",
        "an actor of a node began to work",
        &[
            AGENT,
            must("agent_type_id", Uuid, "its role's id, the same on every machine"),
            must("agent_name", Text, "its name on its node, such as `ae_process/2`"),
            must("role", Text, ""),
            NODE,
            AGENT_NODE_ID,
        ],
    ),
    of(
        "agent.status_changed",
        "an actor of a node changed",
        &[
            AGENT,
            must("previous_status", Text, ""),
            must("new_status", Text, ""),
            may("reason", Text, ""),
            NODE,
            AGENT_NODE_ID,
        ],
    ),
    of(
        "agent.terminated",
        "an actor of a node ended",
        &[AGENT, must("termination_reason", Text, ""), must("final_status", Text, ""), NODE, AGENT_NODE_ID],
    ),
    of(
        "approval.requested",
        "a job waits for a person's release",
        &[
            APPROVAL,
            must("approval_type", Text, "what is asked for, in one word"),
            must("description", Text, "what the person is asked"),
            may("requested_by", Uuid, "who submitted the job, if they said"),
            may("timeout_minutes", INT, "minutes until it escalates by itself"),
            JOB,
            add("overdue", Word(&["escalate", "deny"]), "what follows when nobody answers"),
        ],
    ),
    of(
        "approval.granted",
        "someone released a job",
        &[APPROVAL, must("approved_by", Uuid, ""), may("comments", Text, ""), JOB],
    ),
    of(
        "approval.denied",
        "someone said no, or nobody said anything for too long",
        &[APPROVAL, must("denied_by", Uuid, ""), must("reason", Text, ""), JOB],
    ),
    of(
        "workflow.started",
        "a job of several steps was taken, and released if it had to be",
        &[WORKFLOW, must("workflow_type", Text, "`render` for a render job"), must("total_steps", INT, "")],
    ),
    of(
        "workflow.step_completed",
        "a step of such a job is done",
        &[
            WORKFLOW,
            must("step_name", Text, ""),
            must("step_number", Integer(1, i64::MAX), "from 1"),
            must("total_steps", INT, ""),
            or("result", Object, "{}", "of a render job: `frames`, `bytes`, `took_ms`"),
        ],
    ),
    of(
        "workflow.completed",
        "every step of such a job is done",
        &[
            WORKFLOW,
            must("duration_seconds", Number, "since it started"),
            or("result", Object, "{}", "of a render job: `frames`"),
        ],
    ),
    of(
        "workflow.failed",
        "such a job cannot be finished as it is, or someone ended it",
        &[
            WORKFLOW,
            must("error_message", Text, ""),
            may("failed_step", Text, ""),
            must("recoverable", Bool, "whether a retry could help, by the class of the failure"),
        ],
    ),
];
