//! Data put into templates is seen in the pictures, and is put in once for each node, not for each chunk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Cluster, Event, Installation, Project, Recipe, disk, work};

/// A web server with files of our own; it notes what it was asked for.
struct Web {
    address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    async fn serve(files: BTreeMap<&'static str, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (files, notes) = (Arc::new(files), asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, files.clone(), notes.clone()));
            }
        });
        Self { address, asked }
    }

    fn url(&self, file: &str) -> String {
        format!("http://{}{file}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// One answer, and the connection is over.
async fn answer(
    stream: TcpStream,
    files: Arc<BTreeMap<&'static str, Vec<u8>>>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    let mut path = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        match line.trim_end() {
            "" => break,
            line => path = path.or_else(|| line.split(' ').nth(1).map(str::to_owned)),
        }
    }
    let path = path.unwrap_or_default();
    let file = files.get(path.as_str());
    asked.lock().unwrap().push(path);
    let (status, body) = file.map_or(("404 Not Found", &[][..]), |file| ("200 OK", file.as_slice()));
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
    let _ = stream.shutdown().await;
}

/// A picture file; each shade is another file.
fn picture(shade: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(4, 4, image::Rgb([shade; 3]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// Some of a card's data: a text, and a logo from the web.
fn card(title: &str, logo: &str) -> Value {
    json!({ "assets": [
        { "type": "data", "layer_name": "title", "property": "Source Text", "value": title },
        { "type": "image", "layer_name": "logo", "src": logo },
    ] })
}

/// A template whose title says this, with a logo of its own.
fn template(cluster: &Cluster, title: &str) -> Project {
    let logo = cluster.root().join("logo.png");
    std::fs::write(&logo, picture(7)).unwrap();
    Project::of("Main", 12).text("title", title).footage("logo", "logo.png", logo.to_str().unwrap())
}

fn file(output: &str, frame: u32) -> PathBuf {
    PathBuf::from(output.replace("[####]", &format!("{frame:04}")))
}

/// The colour that all frames have.
fn colour(output: &str, frames: u32) -> [u8; 3] {
    let colours: BTreeSet<[u8; 3]> = (0..frames).map(|frame| disk::colour(&file(output, frame))).collect();
    assert_eq!(colours.len(), 1, "every node put the same data in: {colours:?}");
    *colours.first().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn other_data_gives_other_pictures_and_is_put_in_once_for_each_node() {
    let web = Web::serve([("/red.png", picture(200)), ("/blue.png", picture(50))].into()).await;
    let slow = || Installation::new("25.1x67").is("times = { frame_ms = 40 }");
    let recipe = Recipe::new().after_effects("anna", 2, slow()).after_effects("bruno", 2, slow());
    let cluster = Cluster::start(recipe).await;
    let template = template(&cluster, "Hello").upload(&cluster).await;
    let jobs = [
        ("plain", json!({})),
        ("ada", card("Ada", &web.url("/red.png"))),
        ("bob", card("Bob", &web.url("/red.png"))),
        ("blue", card("Ada", &web.url("/blue.png"))),
        ("again", card("Ada", &web.url("/red.png"))),
    ];
    let mut colours = BTreeMap::new();
    let mut scripts = BTreeMap::new();
    for (name, settings) in &jobs {
        let output = cluster.output(name);
        let step = work::composed(&template, &output, "0-11", 1, settings);
        let job = cluster.submit(work::job(name, vec![step])).await;
        cluster.succeeded(&job).await;
        disk::assert_composed(&output, "0-11");
        colours.insert(*name, colour(&output, 12));
        let nodes: BTreeSet<String> = cluster
            .events()
            .iter()
            .filter(|event| event.is_render_lease() && event.job() == job)
            .map(|event| event.node().to_owned())
            .collect();
        assert_eq!(nodes.len(), 2, "{name}: both nodes have rendered");
        scripts.insert(*name, scripts_so_far(&cluster));
    }
    let different: BTreeSet<[u8; 3]> = ["plain", "ada", "bob", "blue"].map(|name| colours[name]).into();
    assert_eq!(different.len(), 4, "text and footage are seen: {colours:?}");
    assert_eq!(colours["again"], colours["ada"]);
    println!("data: scripts run on both nodes after each job: {scripts:?}");
    println!("data: files fetched for 48 frames in chunks of one: {}", web.asked().len());
    // A look for each job; of a card, the node that looks puts the data in by the same script, the other by one
    // of its own, however many chunks they render. The last card is on both nodes already.
    let counts = ["plain", "ada", "bob", "blue", "again"].map(|name| scripts[name]);
    assert_eq!(counts, [1, 3, 5, 7, 8], "scripts so far");
    assert!(web.asked().iter().all(|path| path == "/red.png" || path == "/blue.png"));
    assert!(web.asked().len() >= 4, "each node has fetched each: {:?}", web.asked());
}

fn scripts_so_far(cluster: &Cluster) -> usize {
    let of = |node: &str| cluster.starts(node).iter().filter(|start| !start.is_render()).count();
    of("anna") + of("bruno")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_arrives_as_it_is_whatever_is_in_it() {
    let cluster = Cluster::start(Recipe::new().after_effects("anna", 1, Installation::new("25.1x67"))).await;
    let plain = template(&cluster, "Hello").upload(&cluster).await;
    let texts = [
        "Zwei\nZeilen \"in\" 'Anführung' \\ und mehr",
        "\"); app.project.item(1).name = \"pwned\"; (\"",
        "日本語 und 😀 </script> %d ${x}",
    ];
    for (nth, text) in texts.iter().enumerate() {
        let settings = json!({ "assets": [
            { "type": "data", "layerName": "title", "property": "Source Text", "value": text },
        ] });
        let (put, drawn) = (cluster.output(&format!("put{nth}")), cluster.output(&format!("drawn{nth}")));
        let injected = work::composed(&plain, &put, "0", 1, &settings);
        // A project that had this text from the beginning.
        let native = template(&cluster, text).upload(&cluster).await;
        let native = work::composed(&native, &drawn, "0", 1, &json!({}));
        let native = callsheet_protocol::v1::StepSpec { name: "native".into(), ..native };
        let job = cluster.submit(work::job("text", vec![injected, native])).await;
        cluster.succeeded(&job).await;
        assert_eq!(colour(&put, 1), colour(&drawn, 1), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nested_composition_an_expression_and_a_script_are_reached() {
    let cluster = Cluster::start(Recipe::new().after_effects("anna", 1, Installation::new("24.6x2"))).await;
    let nested = "[[composition]]\nname = 'Lower third'\nframes = 2\n\
                  [[composition.layer]]\nname = 'name'\ntext = 'Nobody'";
    let project = Project::of("Main", 2).layer("name = 'third'\nsource = 'Lower third'").and(nested);
    let template = project.upload(&cluster).await;
    let script = "data:application/javascript,app.project.item(2).layer(1).property('Source Text')\
                  .setValue('by%20script');";
    let text = json!({
        "type": "data", "composition": "Main->Lower third", "layer_name": "name",
        "property": "Source Text", "value": "Grace",
    });
    let expression = json!({
        "type": "data", "layer_name": "third", "property": "Transform->Opacity", "expression": "50 + 1",
    });
    let cases = [
        ("plain", json!([])),
        ("nested", json!([text])),
        ("expression", json!([expression])),
        ("script", json!([{ "type": "script", "src": script }])),
        ("order", json!([{ "type": "script", "src": script }, text])),
    ];
    let mut colours = BTreeMap::new();
    for (name, assets) in cases {
        let output = cluster.output(name);
        let step = work::composed(&template, &output, "0-1", 2, &json!({ "assets": assets }));
        let job = cluster.submit(work::job(name, vec![step])).await;
        cluster.succeeded(&job).await;
        disk::assert_composed(&output, "0-1");
        colours.insert(name, colour(&output, 2));
    }
    let different: BTreeSet<[u8; 3]> =
        ["plain", "nested", "expression", "script"].map(|name| colours[name]).into();
    assert_eq!(different.len(), 4, "{colours:?}");
    assert_eq!(colours["order"], colours["nested"], "the last one counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_is_not_there_fails_the_job_unless_it_may_be_missing() {
    let cluster = Cluster::start(Recipe::new().after_effects("anna", 1, Installation::new("25.1x67"))).await;
    let template = template(&cluster, "Hello").upload(&cluster).await;
    let assets = |may_be_missing: bool| {
        let nobody = json!({
            "type": "data", "layer_name": "subtitle", "property": "Source Text", "value": "x",
            "continue_on_missing": may_be_missing,
        });
        let title =
            json!({ "type": "data", "layer_name": "title", "property": "Source Text", "value": "Ada" });
        json!({ "assets": [nobody, title] })
    };
    let step = |name: &str, settings: &Value| {
        work::job(name, vec![work::composed(&template, &cluster.output(name), "0-3", 2, settings)])
    };
    let refused = cluster.submit(step("refused", &assets(false))).await;
    let end = cluster.over(&refused, 0).await;
    let reason = end.text("reason");
    assert!(end.is("job.failed") && reason.contains("job_fatal"), "{}: {reason}", end.kind);
    assert!(reason.contains("\"subtitle\"") && reason.contains("assets[0]"), "{reason}");
    assert!(!cluster.events().iter().any(Event::is_render_lease), "nothing was rendered");

    let allowed = cluster.submit(step("allowed", &assets(true))).await;
    cluster.succeeded(&allowed).await;
    disk::assert_composed(&cluster.output("allowed"), "0-3");
    let named = json!({ "assets": [assets(true)["assets"][1]] });
    let same = cluster.submit(step("same", &named)).await;
    cluster.succeeded(&same).await;
    let of = |name: &str| colour(&cluster.output(name), 4);
    assert_eq!(of("allowed"), of("same"), "the other asset went in all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_web_does_not_have_fails_the_job_with_its_address() {
    let web = Web::serve(BTreeMap::new()).await;
    let installed = || Installation::new("25.1x67");
    let recipe = Recipe::new().after_effects("anna", 1, installed()).after_effects("bruno", 1, installed());
    let cluster = Cluster::start(recipe.after_effects("clara", 1, installed())).await;
    let template = template(&cluster, "Hello").upload(&cluster).await;
    let step = work::composed(
        &template,
        &cluster.output("x"),
        "0-3",
        1,
        &card("Ada", &web.url("/gone.png?key=secret")),
    );
    let job = cluster.submit(work::job("gone", vec![step])).await;
    let end = cluster.over(&job, 0).await;
    let reason = end.text("reason");
    assert!(end.is("job.failed") && reason.contains("input_missing"), "{reason}");
    assert!(reason.contains("/gone.png") && reason.contains("404"), "{reason}");
    assert!(!reason.contains("secret"), "what a URL asks with may be a secret: {reason}");
    assert_eq!(cluster.events().iter().filter(|event| event.is_preflight()).count(), 2);
    for node in ["anna", "bruno", "clara"] {
        assert!(cluster.starts(node).iter().all(|start| start.value("-output").is_none()));
    }
    assert!(!Path::new(&file(&cluster.output("x"), 0)).exists());
}
