//! Payloads of `agent.*`: a node's actors.

use callsheet_model::troupe::role_uuid;
use callsheet_model::{NodeName, TroupeEvent};
use serde::Serialize;
use uuid::Uuid;

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Payload<'a> {
    Spawned {
        agent_instance_id: Uuid,
        agent_name: &'a str,
        agent_type_id: Uuid,
        node: &'a NodeName,
        node_id: Uuid,
        role: &'a str,
    },
    StatusChanged {
        agent_instance_id: Uuid,
        new_status: &'a str,
        node: &'a NodeName,
        node_id: Uuid,
        previous_status: &'a str,
        reason: Option<&'a str>,
    },
    Terminated {
        agent_instance_id: Uuid,
        final_status: &'a str,
        node: &'a NodeName,
        node_id: Uuid,
        termination_reason: &'a str,
    },
}

pub(super) fn payload(event: &TroupeEvent) -> Payload<'_> {
    match event {
        TroupeEvent::Spawned { node, player } => Payload::Spawned {
            agent_instance_id: player.instance,
            agent_name: &player.name,
            agent_type_id: role_uuid(&player.role),
            node,
            node_id: node.uuid(),
            role: &player.role,
        },
        TroupeEvent::StatusChanged { node, instance, previous, status, reason } => Payload::StatusChanged {
            agent_instance_id: *instance,
            new_status: status,
            node,
            node_id: node.uuid(),
            previous_status: previous,
            reason: reason.as_deref(),
        },
        TroupeEvent::Terminated { node, instance, reason, status } => Payload::Terminated {
            agent_instance_id: *instance,
            final_status: status,
            node,
            node_id: node.uuid(),
            termination_reason: reason,
        },
    }
}
