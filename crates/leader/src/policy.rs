//! What the scheduler decides by, from the config. It refuses to have opinions of its own.

use callsheet_config::ClusterConfig;
use callsheet_renderers::Registry;
use callsheet_scheduler::Policy;

pub(crate) fn policy(config: &ClusterConfig, registry: &Registry) -> Policy {
    let (leader, retry, quarantine) = (&config.leader, &config.retry, &config.leader.quarantine);
    let looks = |name: &&str| registry.get(name).is_some_and(|renderer| renderer.has_preflight());
    Policy {
        silence: leader.silence,
        reconnect_grace: leader.reconnect_grace,
        backoff_first: retry.first,
        backoff_factor: retry.factor,
        backoff_max: retry.max,
        chunk_target: leader.scheduling.chunk_target,
        ahead: leader.scheduling.ahead,
        ahead_max: leader.scheduling.ahead_max,
        keep_finished: leader.keep.finished_jobs,
        max_jobs: usize::try_from(leader.keep.jobs).unwrap_or(usize::MAX),
        uncharged_max: retry.uncharged,
        preflight: registry.names().filter(looks).map(str::to_owned).collect(),
        quarantine_first: quarantine.first,
        quarantine_factor: quarantine.factor,
        quarantine_max: quarantine.max,
        crashes_max: quarantine.crashes,
        public_url: Some(leader.advertise.clone()),
    }
}
