//! gRPC and HTTP on one port and on two, with and without TLS; strangers who dawdle; and the end in good order.

use std::time::Duration;

use callsheet_config::ClusterConfig;
use callsheet_config::cluster::Tls;
use callsheet_protocol::v1;
use callsheet_protocol::v1::cluster_client::ClusterClient;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Client, Identity, StatusCode};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::bench::{Bench, problem};

async fn grpc_status(channel: Channel) -> Result<v1::StatusResponse, tonic::Status> {
    Ok(ClusterClient::new(channel).status(v1::StatusRequest {}).await?.into_inner())
}

async fn dial(url: &str) -> Channel {
    Endpoint::from_shared(url.to_owned()).unwrap().connect().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_port_serves_grpc_and_http() {
    let bench = Bench::start().await;
    assert_eq!(bench.url, bench.grpc);
    let told = grpc_status(dial(&bench.grpc).await).await.unwrap();
    assert_eq!(told.cluster, "test");
    assert_eq!(bench.json("/api/v1/status").await["cluster"], "test");
    let mut channel = tonic_health::pb::health_client::HealthClient::new(dial(&bench.grpc).await);
    let request = tonic_health::pb::HealthCheckRequest { service: "callsheet.v1.Jobs".into() };
    assert_eq!(channel.check(request).await.unwrap().into_inner().status, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn http_can_have_a_port_of_its_own() {
    let bench = Bench::with(|config, _| config.leader.http.listen = "127.0.0.1:0".parse().ok()).await;
    assert_ne!(bench.url, bench.grpc);
    assert_eq!(grpc_status(dial(&bench.grpc).await).await.unwrap().cluster, "test");
    assert_eq!(bench.json("/api/v1/status").await["cluster"], "test");
    let there = grpc_status(dial(&bench.url).await).await.unwrap_err();
    assert_ne!(there.code(), tonic::Code::Ok, "no gRPC on HTTP's port");
    let here = bench.client.get(format!("{}/api/v1/status", bench.grpc)).send().await.unwrap();
    assert_ne!(
        here.headers().get("content-type").map(|kind| kind.as_bytes()),
        Some(&b"application/json"[..])
    );
}

/// A little authority, and what it vouches for.
struct Papers {
    authority: String,
    client: String,
    tls: Tls,
}

fn papers(directory: &TempDir, with_clients: bool) -> Papers {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let issue = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned(), "127.0.0.1".to_owned()]).unwrap();
        (params.signed_by(&key, &ca).unwrap().pem(), key.serialize_pem())
    };
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ((certificate, key), (client, client_key)) = (issue("localhost"), issue("client"));
    let ca_file = write("ca.pem", &ca.pem());
    let tls = Tls {
        certificate: write("leader.pem", &certificate),
        key: write("leader.key", &key),
        ca: Some(ca_file.clone()),
        client_ca: with_clients.then_some(ca_file),
        client: Some((write("client.pem", &client), write("client.key", &client_key))),
    };
    Papers { authority: ca.pem(), client: format!("{client}{client_key}"), tls }
}

async fn secured(with_clients: bool, two_ports: bool) -> (Bench, Papers) {
    let mut kept = None;
    let bench = Bench::with(|config: &mut ClusterConfig, directory| {
        let papers = papers(directory, with_clients);
        config.leader.tls = Some(papers.tls.clone());
        if two_ports {
            config.leader.http.listen = "127.0.0.1:0".parse().ok();
        }
        kept = Some(papers);
    })
    .await;
    (bench, kept.unwrap())
}

fn https(papers: &Papers, with_identity: bool) -> Client {
    let authority = Certificate::from_pem(papers.authority.as_bytes()).unwrap();
    let builder = Client::builder().tls_certs_only([authority]);
    if !with_identity {
        return builder.build().unwrap();
    }
    builder.identity(Identity::from_pem(papers.client.as_bytes()).unwrap()).build().unwrap()
}

async fn grpcs(url: &str, papers: &Papers, with_identity: bool) -> Result<v1::StatusResponse, String> {
    let authority = tonic::transport::Certificate::from_pem(&papers.authority);
    let mut tls = ClientTlsConfig::new().ca_certificate(authority).domain_name("localhost");
    if with_identity {
        tls = tls.identity(tonic::transport::Identity::from_pem(&papers.client, &papers.client));
    }
    let endpoint = Endpoint::from_shared(url.to_owned()).unwrap().tls_config(tls).unwrap();
    let channel = endpoint.connect().await.map_err(|error| error.to_string())?;
    grpc_status(channel).await.map_err(|status| status.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_covers_both_on_one_port_and_on_two() {
    for two_ports in [false, true] {
        let (bench, papers) = secured(false, two_ports).await;
        let answer = https(&papers, false).get(format!("{}/api/v1/status", bench.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(grpcs(&bench.grpc, &papers, false).await.unwrap().cluster, "test");
        let plain = bench.url.replace("https://", "http://");
        assert!(bench.client.get(format!("{plain}/healthz")).send().await.is_err(), "nothing in the clear");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_no_certificate_is_not_let_in_when_one_is_wanted() {
    let (bench, papers) = secured(true, false).await;
    let url = format!("{}/api/v1/status", bench.url);
    assert_eq!(https(&papers, true).get(&url).send().await.unwrap().status(), StatusCode::OK);
    assert!(https(&papers, false).get(&url).send().await.is_err());
    assert_eq!(grpcs(&bench.grpc, &papers, true).await.unwrap().cluster, "test");
    assert!(grpcs(&bench.grpc, &papers, false).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_drops_is_cut_off_and_others_are_served_meanwhile() {
    let bench = Bench::start().await;
    let address = bench.url.strip_prefix("http://").unwrap().to_owned();
    let dawdlers = ["", "GET /healthz HTTP/1.1\r\nhost: x\r\n", "PRI * HTTP/2.0\r\n"].map(|head| {
        let address = address.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut all = Vec::new();
            let _ = stream.read_to_end(&mut all).await;
        })
    });
    assert_eq!(bench.get("/healthz").send().await.unwrap().status(), StatusCode::OK);
    for dawdler in dawdlers {
        tokio::time::timeout(Duration::from_secs(25), dawdler).await.expect("it is cut off").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_finishes_what_is_under_way_and_then_refuses() {
    let bench = Bench::start().await;
    let address = bench.url.strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let body = r#"{"md5s":[]}"#;
    let head = format!(
        "POST /api/v1/templates/missing HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // Another request on another connection is answered: the first one has been taken in by then.
    assert_eq!(bench.get("/healthz").send().await.unwrap().status(), StatusCode::OK);
    bench.leave.cancel();
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(body), "{answer}");
    tokio::time::timeout(Duration::from_secs(10), bench.serving).await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_that_cannot_be_opened_says_which_and_why() {
    let first = Bench::start().await;
    let taken = first.url.strip_prefix("http://").unwrap().parse().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut config = crate::bench::config(&directory);
    config.leader.http.listen = Some(taken);
    let store = std::sync::Arc::new(callsheet_journal::MemoryStore::new(10));
    let leader = callsheet_leader::Leader::start(config, store).await.unwrap();
    let error = callsheet_gateway::Doors::bind(leader).await.err().unwrap();
    assert!(error.to_string().starts_with("leader.http.listen: 127.0.0.1:"), "{error}");
    let mut missing = None;
    let bench = Bench::with(|config, directory| {
        let mut papers = papers(directory, false);
        papers.tls.key = directory.path().join("gone.key");
        missing = Some(papers.tls.key.clone());
        config.leader.tls = Some(papers.tls);
    })
    .await;
    let error = bench.serving.await.unwrap().unwrap_err().to_string();
    assert!(error.starts_with("leader.tls: ") && error.contains("gone.key"), "{error}");
    let origin = Bench::with(|config, _| config.leader.http.cors = vec!["studio".into()]).await;
    let error = origin.serving.await.unwrap().unwrap_err().to_string();
    assert!(error.starts_with("leader.http.cors: \"studio\""), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grpc_path_without_grpcs_content_type_is_no_way_in() {
    let bench = Bench::start().await;
    let answer = bench.post("/callsheet.v1.Cluster/Status").body("x").send().await.unwrap();
    problem(answer, 404, "no_such_path").await;
}
