//! A job as it is submitted over REST: the job file's JSON form, read by the job file's own reader, so that there is
//! one set of rules. What stands here is its description.

use serde::Deserialize;
use utoipa::ToSchema;

/// A job: the JSON form of a job file, with an `id` if the client chooses it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Title sequence",
    "steps": [{
        "name": "frames",
        "renderer": "lottie",
        "template": "5d41402abc4b2a76b9719d911017c592/titles.json",
        "frames": "1-100",
        "output": "/shows/titles/frame_[####].png",
    }],
}))]
#[expect(dead_code, reason = "it is only described")]
pub(crate) struct Job {
    /// The job's UUID: twice the same id with the same content is one job. The leader makes one when there is none
    /// here nor in `Idempotency-Key`.
    #[schema(format = Uuid, nullable = false)]
    id: Option<String>,
    /// What people call it: one line of up to 200 bytes.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// The project it belongs to: one line of up to 64 bytes.
    #[schema(min_length = 1, max_length = 64, default = "default", nullable = false)]
    project: Option<String>,
    /// Higher goes first; equal ones go in the order they came.
    #[schema(minimum = 0, maximum = 100, default = 50, nullable = false)]
    priority: Option<u32>,
    /// With it a person has to release the job before anything of it is handed out.
    #[schema(nullable = false)]
    approval: Option<JobApproval>,
    /// Its steps, in any order.
    #[schema(min_items = 1, max_items = 256)]
    steps: Vec<JobStep>,
}

/// The release that a job needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only described")]
pub(crate) struct JobApproval {
    /// What the person is asked: one line of up to 1024 bytes.
    #[schema(min_length = 1, max_length = 1024, example = "Is the budget approved?")]
    description: String,
    /// What kind of release it is.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", default = "release", nullable = false)]
    kind: Option<String>,
    /// How long they have: `1s` to `365d`; for ever when it is left out.
    #[schema(example = "2h", nullable = false)]
    timeout: Option<String>,
    /// What follows when they do not answer in time: `escalate` tells it once more, `deny` fails the job.
    #[schema(pattern = "^(escalate|deny)$", default = "escalate", nullable = false)]
    overdue: Option<String>,
}

/// One stage of a job.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only described")]
pub(crate) struct JobStep {
    /// Its name, unique in the job.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", example = "frames")]
    name: String,
    /// `after_effects`, `lottie`, or one that the cluster's config describes.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", example = "lottie")]
    renderer: String,
    /// An uploaded template: the MD5 of its bytes, a slash, and its file name, whose ending renderers look at.
    #[schema(
        pattern = "^[0-9a-f]{32}/[^/\\\\]+$",
        example = "5d41402abc4b2a76b9719d911017c592/titles.json",
        nullable = false
    )]
    template: Option<String>,
    /// `1-100`, `1-100x2`, `1,5,9-20`, or one number; the step is one task without it.
    #[schema(example = "1-100", nullable = false)]
    frames: Option<FrameText>,
    /// How many frames go out at once: `auto`, or a number.
    #[schema(default = "auto", nullable = false)]
    chunk: Option<ChunkText>,
    /// Where the results end up: an absolute path as nodes know it; `[#####]` in its file name is the frame's number.
    #[schema(max_length = 1024, example = "/shows/titles/frame_[####].png", nullable = false)]
    output: Option<String>,
    /// Retries of a frame after its first attempt; the cluster's when it is left out.
    #[schema(minimum = 0, maximum = 100, nullable = false)]
    retries: Option<u32>,
    /// Bounds on an attempt; the cluster's when they are left out.
    #[schema(nullable = false)]
    timeouts: Option<JobTimeouts>,
    /// What a node must have.
    #[schema(nullable = false)]
    requires: Option<JobRequirements>,
    /// Names of steps that must have succeeded before this one starts.
    #[schema(nullable = false)]
    after: Option<Vec<String>>,
    /// What only the renderer understands.
    #[schema(value_type = Object, required = false)]
    settings: serde_json::Map<String, serde_json::Value>,
    /// Take a picture that the renderer is known to draw wrong.
    #[schema(default = false, nullable = false)]
    approximate: Option<bool>,
}

/// Bounds on an attempt: `100ms` to `7d` each.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only described")]
pub(crate) struct JobTimeouts {
    /// From the renderer's start to its first sign of a frame.
    #[schema(example = "5m", nullable = false)]
    start: Option<String>,
    /// From one frame to the next.
    #[schema(example = "10m", nullable = false)]
    frame: Option<String>,
    /// From the last frame to the process' end.
    #[schema(example = "1m", nullable = false)]
    exit: Option<String>,
}

/// What a node must have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only described")]
pub(crate) struct JobRequirements {
    /// Labels that it must carry.
    #[schema(max_items = 64, nullable = false)]
    labels: Option<Vec<String>>,
    /// Memory that each attempt needs, with its unit.
    #[schema(example = "8GiB", nullable = false)]
    memory: Option<String>,
    /// The renderer's version, if it matters.
    #[schema(max_length = 64, example = "24.6", nullable = false)]
    renderer_version: Option<String>,
}

/// A frame set, or one frame's number.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is only described")]
pub(crate) enum FrameText {
    /// A set: `1-100x2,7`.
    Set(String),
    /// One frame.
    One(i32),
}

/// How many frames go out at once.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is only described")]
pub(crate) enum ChunkText {
    /// From what frames of this step have taken so far.
    Auto(String),
    /// So many.
    Count(u32),
}
