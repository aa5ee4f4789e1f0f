//! A webhook that fails for too long: what it did not take is kept, outlives the leader, is tried once more when a
//! person says so on the command line, and is gone when it was taken.

use serde_json::{Value, json};

use super::receiver::Receiver;
use crate::harness::said::{code, json as said};
use crate::harness::{Cluster, Http, LEADER, Recipe};

fn recipe(receiver: &Receiver) -> Recipe {
    Recipe::new().section(&format!(
        "\n[[webhook]]\nname = \"studio\"\nurl = {:?}\ntypes = [\"shot.*\"]\nattempts = 3\nretry_first = \"10ms\"\n\
         retry_max = \"20ms\"\n",
        receiver.url
    ))
}

/// A number in the JSON of a protocol's message: large ones are texts there.
fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("no number: {value}"))
}

/// What the webhook did not take, as the command line tells it.
async fn dead(cluster: &Cluster) -> Vec<Value> {
    let told = said(&cluster.run(&["webhooks", "dead", "studio", "--json"]).await);
    told["events"].as_array().cloned().unwrap_or_default()
}

fn nth(event: &Value) -> u64 {
    number(&event["payload"]["nth"])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_webhook_did_not_take_is_delivered_when_a_person_says_so() {
    // Three tries for each of the first two events.
    let receiver = Receiver::start(6).await;
    let mut cluster = Cluster::lead(recipe(&receiver)).await;
    let http = Http::of(&cluster);
    let events: Vec<Value> =
        (0..3).map(|nth| json!({ "event_type": "shot.done", "payload": { "nth": nth } })).collect();
    let (status, taken) = http.post("/api/events", &json!(events)).await;
    assert_eq!(status, 201, "{taken}");
    let sequences: Vec<u64> =
        taken["events"].as_array().unwrap().iter().map(|event| number(&event["sequence"])).collect();

    // The third is not held up by them for ever.
    let came = cluster.within("the third comes", receiver.until(|taken| !taken.is_empty())).await;
    assert_eq!(came.iter().map(nth).collect::<Vec<_>>(), [2]);
    let letters = dead(&cluster).await;
    assert_eq!(letters.iter().map(|letter| number(&letter["sequence"])).collect::<Vec<_>>(), sequences[..2]);
    for letter in &letters {
        assert_eq!(number(&letter["attempts"]), 3, "{letter}");
        assert!(letter["why"].as_str().unwrap().contains("503"), "{letter}");
    }
    let table = cluster.run(&["webhooks"]).await;
    code(&table, 0);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(table.contains("webhook-studio"), "{table}");

    cluster.kill(LEADER).await;
    cluster.start_leader().await;
    assert_eq!(dead(&cluster).await, letters, "they outlive the leader");

    // It still fails: the event stays, with one try more.
    receiver.refuse(1);
    let first = sequences[0].to_string();
    let tried = said(&cluster.run(&["webhooks", "redeliver", "studio", "--event", &first, "--json"]).await);
    assert_eq!(number(&tried["events"]), 1, "{tried}");
    let again = async {
        loop {
            let letters = dead(&cluster).await;
            if letters.iter().any(|letter| number(&letter["attempts"]) == 4) {
                return letters;
            }
        }
    };
    let letters = cluster.within("one try more is noted", again).await;
    assert_eq!(letters.len(), 2, "{letters:?}");

    // And then it does not.
    code(&cluster.run(&["webhooks", "redeliver", "studio"]).await, 0);
    let has = |taken: &[Value], wanted: u64| taken.iter().filter(|event| nth(event) == wanted).count();
    let both = receiver.until(|taken| has(taken, 0) > 0 && has(taken, 1) > 0);
    cluster.within("both come", both).await;
    let none = async { while !dead(&cluster).await.is_empty() {} };
    cluster.within("nothing is left", none).await;
    let taken = receiver.taken();
    assert_eq!((has(&taken, 0), has(&taken, 1)), (1, 1), "{taken:?}");
    let log = http.log("&types=shot.*").await;
    for (event, nth_wanted) in log.iter().zip(0..) {
        let came = taken.iter().find(|event| nth(event) == nth_wanted).unwrap();
        assert_eq!(came, event, "what came is what is in the log");
    }
    for sent in receiver.sent() {
        assert_eq!(sent.headers["webhook-id"], sent.body["id"].as_str().unwrap());
    }
    let (_, page) = http.get("/api/v1/targets/studio/dead_letters").await;
    assert_eq!(page["events"], json!([]), "{page}");
    code(&cluster.run(&["webhooks", "redeliver", "studio", "--event", &first]).await, 4);
    code(&cluster.run(&["webhooks", "redeliver", "nobody"]).await, 4);
}
