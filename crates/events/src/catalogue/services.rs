//! Types of the contract that only other services make. They come in through ingest.

use super::Shape::{Object, Text, Texts, Uuid, Word};
use super::{Field, Kind, Origin, Shape, may, must, or};

const INT: Shape = Shape::INT;
const ISSUE: Field = must("issue_id", Text, "");
const SPRINT: Field = must("sprint_id", Uuid, "");
const SPRINT_NAME: Field = must("sprint_name", Text, "");

const fn of(name: &'static str, when: &'static str, fields: &'static [Field]) -> Kind {
    Kind { name, origin: Origin::Services, passing: false, when, fields }
}

pub(super) const KINDS: &[Kind] = &[
    of(
        "agent.message",
        "an agent says something",
        &[
            must("agent_instance_id", Uuid, ""),
            must("message", Text, ""),
            or("message_type", Word(&["info", "warning", "error", "debug"]), "\"info\"", ""),
            or("metadata", Object, "{}", ""),
        ],
    ),
    of(
        "issue.created",
        "an issue was opened",
        &[ISSUE, must("title", Text, ""), may("priority", Text, ""), or("labels", Texts, "[]", "")],
    ),
    of("issue.updated", "an issue changed", &[ISSUE, or("changes", Object, "{}", "")]),
    of(
        "issue.assigned",
        "an issue was given to someone",
        &[ISSUE, may("assignee_id", Uuid, ""), may("assignee_name", Text, "")],
    ),
    of("issue.closed", "an issue is done with", &[ISSUE, must("resolution", Text, "")]),
    of(
        "sprint.started",
        "a sprint began",
        &[SPRINT, SPRINT_NAME, may("goal", Text, ""), must("issue_count", INT, "")],
    ),
    of(
        "sprint.completed",
        "a sprint is over",
        &[SPRINT, SPRINT_NAME, must("completed_issues", INT, ""), must("incomplete_issues", INT, "")],
    ),
    of("project.created", "a project was set up; its payload is free", &[]),
    of("project.updated", "a project changed; its payload is free", &[]),
    of("project.archived", "a project was put away; its payload is free", &[]),
];
