//! Tokens and certificates: who shows the right ones comes in, and nobody else.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tonic::Code;
use tonic::transport::{Certificate, ClientTlsConfig};

use crate::harness::{Api, Cluster, Recipe, Secret, callsheet, disk, work};

const NODES: &str = "the-secret-of-the-nodes";
const CLIENTS: &str = "the-secret-of-clients";

fn write_secrets(root: &Path) {
    std::fs::write(root.join("node.secret"), format!("{NODES}\n")).unwrap();
    std::fs::write(root.join("client.secret"), format!("{CLIENTS}\n")).unwrap();
}

const TOKENS: &str = "\n[leader.tokens]\nnode_file = \"node.secret\"\nclient_file = \"client.secret\"\n";

fn root() -> tempfile::TempDir {
    let root = tempfile::Builder::new().prefix("callsheet-test-").tempdir().unwrap();
    write_secrets(root.path());
    root
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_opens_no_door() {
    let mut recipe = Recipe::new().node("anna", 1).leader(TOKENS);
    recipe.secret = Secret::bearer(CLIENTS);
    let mut cluster = Cluster::lead_at(root(), recipe).await;
    for secret in [Secret::default(), Secret::bearer("wrong"), Secret::bearer(NODES)] {
        let mut api = Api::at(&cluster.url, None, secret);
        assert_eq!(api.status().await.unwrap_err().code(), Code::Unauthenticated);
        let job = work::job("x", vec![work::acted("/out/[#].png", "1", 1, &json!({}))]);
        assert_eq!(api.submit("", job).await.unwrap_err().code(), Code::Unauthenticated);
    }
    let mut api = Api::at(&cluster.url, None, Secret::bearer(CLIENTS));
    let hello = tokio_stream::iter([callsheet_protocol::v1::NodeMessage::default()]);
    assert_eq!(
        api.nodes.session(hello).await.unwrap_err().code(),
        Code::Unauthenticated,
        "clients are no nodes"
    );
    assert_eq!(cluster.sequence().await, 1);

    cluster.spawn("anna");
    cluster.online("anna", 0).await;
    let status = cluster.run(&["status", "--json"]).await;
    assert_eq!(status.status.code(), Some(0), "the command line finds its secret by the config");
    let refused =
        cluster.command(&["status", "--leader", &cluster.url]).env_remove("CALLSHEET_CONFIG").output().await;
    assert_eq!(refused.unwrap().status.code(), Some(5));
}

/// An authority, and the leader's certificate by it.
struct Papers {
    ca: String,
    certificate: String,
    key: String,
}

fn papers() -> Papers {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leader = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = leader.signed_by(&key, &ca).unwrap();
    Papers { ca: ca.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_goes_through_tls_and_a_wrong_authority_is_refused() {
    let (right, wrong) = (papers(), papers());
    let root = root();
    let files = [
        ("ca.pem", &right.ca),
        ("leader.pem", &right.certificate),
        ("leader.key", &right.key),
        ("wrong.pem", &wrong.ca),
    ];
    for (name, text) in files {
        std::fs::write(root.path().join(name), text).unwrap();
    }
    let tls = "\n[leader.tls]\ncertificate = \"leader.pem\"\nkey = \"leader.key\"\nca = \"ca.pem\"\n";
    let mut recipe = Recipe::new().node("anna", 1).node("bruno", 1).leader(TOKENS).leader(tls);
    recipe.secret = Secret::bearer(CLIENTS);
    recipe.tls = Some(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&right.ca)));
    let mut cluster = Cluster::lead_at(root, recipe).await;
    cluster.spawn("anna");
    cluster.online("anna", 0).await;
    let template = cluster.template().await;
    let output = cluster.output("frames");
    let job = cluster.submit(work::job("tls", vec![work::drawn(&template, &output, "0-5", 2, 0)])).await;
    cluster.succeeded(&job).await;
    disk::assert_frames(&output, "0-5", work::SIZE);

    // The same config, but for what the leader is known by.
    let text = std::fs::read_to_string(&cluster.config).unwrap().replace("\"ca.pem\"", "\"wrong.pem\"");
    let other = cluster.root().join("wrong.toml");
    std::fs::write(&other, text).unwrap();
    let other = other.to_str().unwrap().to_owned();
    let refused = cluster.run(&["status", "--config", &other]).await;
    assert_eq!(refused.status.code(), Some(3), "{}", String::from_utf8_lossy(&refused.stderr));
    let log = crate::harness::Log::new();
    let args = ["node", "--config", &other, "--name", "bruno"];
    let node = crate::harness::Process::start(callsheet(), &args, log.clone());
    let said = cluster.within("the node says why", log.says("no stream to the leader", 0)).await;
    assert!(said.to_lowercase().contains("certificate"), "{said}");
    node.kill().await;
    let bruno = |event: &&crate::harness::Event| event.node() == "bruno";
    assert!(cluster.events().iter().find(bruno).is_none(), "it never came in");
    let plain = Api::at(&cluster.url.replace("https", "http"), None, Secret::bearer(CLIENTS)).status().await;
    assert!(plain.is_err(), "nothing is served without TLS");
}
