//! The way to the leader, for every command that asks it something, and what its refusals mean for people.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use callsheet_config::LeaderConfig;
use callsheet_gateway::{bearer, read_secret};
use callsheet_model::limits::MAX_MESSAGE_BYTES;
use callsheet_protocol::v1::cluster_client::ClusterClient;
use callsheet_protocol::v1::jobs_client::JobsClient;
use callsheet_protocol::{detail, v1};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::exit::{Exit, Failure};
use crate::files;

/// Where a leader is when nobody says.
const USUAL: &str = "http://127.0.0.1:7420";
const CONNECT: Duration = Duration::from_secs(5);
/// A stream is quiet for hours when nothing happens; this tells a quiet leader from a gone one.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// How the leader is found.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Reach {
    /// The leader's URL; the config's when there is one, else http://127.0.0.1:7420
    #[arg(long, value_name = "URL", env = "CALLSHEET_LEADER")]
    pub(crate) leader: Option<String>,
    /// The cluster config: it tells the leader's URL, its certificates and the clients' token
    #[arg(long, value_name = "FILE", env = "CALLSHEET_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Who you are, as events tell it; made from your user name when it is not given
    #[arg(long, value_name = "UUID", env = "CALLSHEET_ACTOR", hide_short_help = true)]
    pub(crate) actor: Option<Uuid>,
}

impl Reach {
    /// Who asks: what was given, or else the same for every call of the same user.
    fn who(&self) -> Option<Uuid> {
        let set = |key: &&str| std::env::var(key).ok().filter(|name| !name.is_empty());
        let user = || ["USER", "LOGNAME", "USERNAME", "HOME"].iter().find_map(set);
        // A service or a container may have none of them; whoever it is, it is always the same one.
        self.actor.or_else(|| Some(person(user().as_deref().unwrap_or("unnamed"))))
    }
}

/// The UUID of a user by their name.
fn person(user: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("callsheet/person/{user}").as_bytes())
}

/// Shows the clients' token with every call, and says who asks.
#[derive(Clone)]
pub(crate) struct Caller {
    token: Option<MetadataValue<Ascii>>,
    actor: Option<MetadataValue<Ascii>>,
}

impl Interceptor for Caller {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (key, value) in [("authorization", &self.token), ("x-actor-id", &self.actor)] {
            if let Some(value) = value {
                request.metadata_mut().insert(key, value.clone());
            }
        }
        Ok(request)
    }
}

type Guarded = InterceptedService<Channel, Caller>;

/// A leader that answers.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) url: String,
    pub(crate) jobs: JobsClient<Guarded>,
    pub(crate) cluster: ClusterClient<Guarded>,
}

impl Client {
    /// Dials, or says that nobody answers.
    pub(crate) async fn connect(reach: &Reach) -> Result<Self> {
        let config = reach.config.as_deref().map(files::cluster_config).transpose()?;
        let leader = config.as_ref().map(|config| &config.leader);
        let url = match (&reach.leader, leader) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Some(leader)) => leader.advertise.clone(),
            (None, None) => USUAL.to_owned(),
        };
        Self::dial(&url, leader, reach.who()).await
    }

    async fn dial(url: &str, leader: Option<&LeaderConfig>, who: Option<Uuid>) -> Result<Self> {
        let bad =
            |error: &dyn std::fmt::Display| Failure::usage(format!("{url:?} cannot be dialled: {error}"));
        let mut endpoint = Endpoint::from_shared(url.to_owned()).map_err(|error| bad(&error))?;
        let uri = endpoint.uri();
        if uri.scheme().is_none() || uri.host().is_none_or(str::is_empty) {
            return Err(bad(&"a URL looks like http://127.0.0.1:7420").into());
        }
        if url.starts_with("https://") {
            endpoint = endpoint.tls_config(tls(leader)?).map_err(|error| bad(&error))?;
        }
        let channel = endpoint
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .connect()
            .await
            .map_err(|error| unreachable_leader(url, &error))?;
        let actor = who.map(|who| who.to_string().parse()).transpose()?;
        let caller = Caller { token: token(leader)?, actor };
        let jobs = JobsClient::with_interceptor(channel.clone(), caller.clone());
        let cluster = ClusterClient::with_interceptor(channel, caller);
        Ok(Self {
            url: url.to_owned(),
            jobs: jobs.max_decoding_message_size(4 * MAX_MESSAGE_BYTES),
            cluster: cluster.max_decoding_message_size(4 * MAX_MESSAGE_BYTES),
        })
    }
}

fn tls(leader: Option<&LeaderConfig>) -> Result<ClientTlsConfig> {
    let mut config = ClientTlsConfig::new();
    let Some(tls) = leader.and_then(|leader| leader.tls.as_ref()) else {
        return Ok(config.with_native_roots());
    };
    config = match &tls.ca {
        Some(ca) => config.ca_certificate(Certificate::from_pem(files::bytes("leader.tls.ca", ca)?)),
        None => config.with_native_roots(),
    };
    if let Some((certificate, key)) = &tls.client {
        let certificate = files::bytes("leader.tls.client_certificate", certificate)?;
        let key = files::bytes("leader.tls.client_key", key)?;
        config = config.identity(Identity::from_pem(certificate, key));
    }
    Ok(config)
}

fn token(leader: Option<&LeaderConfig>) -> Result<Option<MetadataValue<Ascii>>> {
    let Some(tokens) = leader.and_then(|leader| leader.tokens.as_ref()) else { return Ok(None) };
    let secret = read_secret(&tokens.client_file).map_err(|error| Failure::usage(error.to_string()))?;
    let mut value: MetadataValue<Ascii> = bearer(&secret).parse()?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn unreachable_leader(url: &str, error: &tonic::transport::Error) -> Failure {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    Failure::new(Exit::Unreachable, format!("no leader answers at {url}: {cause}"))
        .hint("start one with `callsheet up FILE`, or say where it is with --leader URL or --config FILE")
}

/// What a refusal of the leader means for people, and for the shell.
pub(crate) fn refusal(status: &Status) -> Failure {
    let message = status.message().trim();
    let message = if message.is_empty() { status.code().description() } else { message }.to_owned();
    // A connection that breaks in mid-call has codes of its own.
    let code = if may_pass(status) { Code::Unavailable } else { status.code() };
    let end: Option<v1::StreamEnd> = detail(status);
    if let Some(oldest) = end.and_then(|end| end.oldest) {
        let before = oldest.saturating_sub(1);
        let hint =
            format!("--after {before} begins with the oldest there is, --snapshot with the state as it is");
        return Failure::new(Exit::Usage, message).hint(hint);
    }
    match code {
        Code::InvalidArgument | Code::OutOfRange => Failure::new(Exit::Usage, message),
        Code::NotFound => Failure::new(Exit::NotFound, message)
            .hint("`callsheet jobs --all` and `callsheet nodes` list what there is"),
        Code::Unavailable | Code::DeadlineExceeded => {
            Failure::new(Exit::Unreachable, format!("the leader cannot answer now: {message}"))
                .hint("ask again in a moment: everything it had said yes to is kept")
        }
        Code::Unauthenticated | Code::PermissionDenied => Failure::new(Exit::Refused, message)
            .hint("name the cluster config that holds the token with --config FILE"),
        Code::FailedPrecondition | Code::AlreadyExists | Code::ResourceExhausted | Code::Aborted => {
            Failure::new(Exit::Refused, message)
        }
        Code::Unimplemented => {
            Failure::new(Exit::Refused, format!("this leader does not know that: {message}")).hint(
                "leader and client should be of the same version: `callsheet status` tells the leader's",
            )
        }
        code => Failure::new(Exit::Broken, format!("the leader failed ({code:?}): {message}"))
            .hint("its own log says more"),
    }
}

/// For `map_err`.
pub(crate) fn told(status: Status) -> anyhow::Error {
    refusal(&status).into()
}

/// Whether asking again may help: the leader is restarting, or gone for a moment.
pub(crate) fn may_pass(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => true,
        // A connection that broke in mid-stream comes as one of these, with the transport's error inside.
        Code::Unknown | Code::Cancelled | Code::Internal => std::error::Error::source(status).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_the_codes_that_the_help_tells() {
        let exit = |code| refusal(&Status::new(code, "why")).exit;
        assert_eq!(exit(Code::InvalidArgument), Exit::Usage);
        assert_eq!(exit(Code::NotFound), Exit::NotFound);
        assert_eq!(exit(Code::FailedPrecondition), Exit::Refused);
        assert_eq!(exit(Code::Unauthenticated), Exit::Refused);
        assert_eq!(exit(Code::Unavailable), Exit::Unreachable);
        assert_eq!(exit(Code::Internal), Exit::Broken);
    }

    #[tokio::test]
    async fn what_is_no_url_is_a_mistake_and_nobody_there_is_another() {
        let exit = async |url: &str| {
            let reach = Reach { leader: Some(url.to_owned()), ..Reach::default() };
            Client::connect(&reach).await.err().unwrap().downcast::<Failure>().unwrap().exit
        };
        assert_eq!(exit("nonsense").await, Exit::Usage);
        assert_eq!(exit("http://").await, Exit::Usage);
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(exit(&format!("http://{free}")).await, Exit::Unreachable);
    }

    #[test]
    fn a_cursor_that_is_too_old_is_told_with_where_to_begin() {
        let end = v1::StreamEnd { oldest: Some(501), ..Default::default() };
        let failure = refusal(&callsheet_protocol::detailed(Code::OutOfRange, "gone", &end));
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.hint.is_some_and(|hint| hint.contains("--after 500 ")));
    }

    #[test]
    fn a_user_is_the_same_person_on_every_call_and_no_other_user() {
        assert_eq!(person("anna"), person("anna"));
        assert_ne!(person("anna"), person("ben"));
        let given = Uuid::from_u128(7);
        assert_eq!(Reach { actor: Some(given), ..Reach::default() }.who(), Some(given));
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!(may_pass(&Status::unavailable("restarting")));
        assert!(!may_pass(&Status::not_found("no")));
        assert!(!may_pass(&Status::internal("said by the leader itself")));
    }
}
