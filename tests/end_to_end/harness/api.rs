//! The way to the leader that tests take: the generated clients, over one connection that heals by itself.

use std::time::Duration;

use callsheet_protocol::v1;
use callsheet_protocol::v1::cluster_client::ClusterClient;
use callsheet_protocol::v1::jobs_client::JobsClient;
use callsheet_protocol::v1::nodes_client::NodesClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

/// Shows a secret, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Secret(pub(crate) Option<MetadataValue<Ascii>>);

impl Secret {
    pub(crate) fn bearer(secret: &str) -> Self {
        Self(Some(format!("Bearer {secret}").parse().unwrap()))
    }
}

impl Interceptor for Secret {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(secret) = &self.0 {
            request.metadata_mut().insert("authorization", secret.clone());
        }
        Ok(request)
    }
}

type Guarded = InterceptedService<Channel, Secret>;

/// All services of a leader.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) channel: Channel,
    pub(crate) jobs: JobsClient<Guarded>,
    pub(crate) cluster: ClusterClient<Guarded>,
    pub(crate) nodes: NodesClient<Guarded>,
}

impl Api {
    /// Dials when it is first used, and again whenever the connection broke.
    pub(crate) fn at(url: &str, tls: Option<ClientTlsConfig>, secret: Secret) -> Self {
        let mut endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
        if let Some(tls) = tls {
            endpoint = endpoint.tls_config(tls).unwrap();
        }
        let channel = endpoint.tcp_nodelay(true).connect_timeout(Duration::from_secs(5)).connect_lazy();
        Self {
            jobs: JobsClient::with_interceptor(channel.clone(), secret.clone()),
            cluster: ClusterClient::with_interceptor(channel.clone(), secret.clone()),
            nodes: NodesClient::with_interceptor(channel.clone(), secret),
            channel,
        }
    }

    pub(crate) async fn status(&mut self) -> Result<v1::StatusResponse, Status> {
        Ok(self.cluster.status(v1::StatusRequest {}).await?.into_inner())
    }

    pub(crate) async fn job(&mut self, id: &str) -> v1::JobView {
        self.jobs.get(v1::GetJobRequest { id: id.to_owned() }).await.unwrap().into_inner()
    }

    pub(crate) async fn submit(&mut self, id: &str, spec: v1::JobSpec) -> Result<v1::SubmitResponse, Status> {
        let request = v1::SubmitRequest { id: id.to_owned(), spec: Some(spec), dry_run: false };
        Ok(self.jobs.submit(request).await?.into_inner())
    }

    /// Puts a template into the leader's store, and says how steps refer to it.
    pub(crate) async fn put_template(&mut self, name: &str, bytes: &[u8]) -> v1::Template {
        self.try_put_template(name, bytes).await.unwrap()
    }

    /// The same, where the leader may be gone.
    pub(crate) async fn try_put_template(
        &mut self,
        name: &str,
        bytes: &[u8],
    ) -> Result<v1::Template, Status> {
        let md5 = format!("{:x}", md5::compute(bytes));
        let size = bytes.len() as u64;
        let pieces = vec![
            v1::PutTemplateRequest { md5: md5.clone(), bytes: size, data: Vec::new() },
            v1::PutTemplateRequest { data: bytes.to_vec(), ..Default::default() },
        ];
        self.jobs.put_template(tokio_stream::iter(pieces)).await?;
        Ok(v1::Template { md5, bytes: size, name: name.to_owned(), path: String::new() })
    }
}
