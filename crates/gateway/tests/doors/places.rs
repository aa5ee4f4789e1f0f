//! One number of streams over all doors: whoever is one too many is told so in the same words everywhere, and a place
//! that is left is given to the next.

use callsheet_protocol::v1;
use callsheet_protocol::v1::cluster_client::ClusterClient;
use callsheet_protocol::v1::jobs_client::JobsClient;
use tonic::{Code, Status};

use crate::bench::{Bench, eventually, refused};

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_all_doors_share_their_places() {
    let bench = Bench::with(|config, _| config.leader.http.readers = 4).await;
    let id = bench.submit(&bench.job("watched").await).await;
    let mut cluster = ClusterClient::connect(bench.grpc.clone()).await.unwrap();
    let mut jobs = JobsClient::connect(bench.grpc.clone()).await.unwrap();
    let follow = v1::EventsRequest { follow: true, ..Default::default() };
    let watch = v1::WatchJobRequest { id: id.clone() };
    let logs = v1::LogsRequest { id: id.clone(), follow: true, ..Default::default() };
    let (stream, output) = ("/api/events/stream", format!("/api/v1/jobs/{id}/logs?follow=true"));

    let sse = bench.get(stream).send().await.unwrap();
    let followed = bench.get(&output).send().await.unwrap();
    assert_eq!((sse.status().as_u16(), followed.status().as_u16()), (200, 200));
    let mut events = cluster.events(follow.clone()).await.unwrap().into_inner();
    let watched = jobs.watch(watch.clone()).await.unwrap().into_inner();
    eventually(async || {
        let page = bench.get("/metrics").send().await.unwrap().text().await.unwrap();
        let is = |line: &&str| line.split([' ', '{']).next() == Some("callsheet_stream_readers");
        let line = page.lines().find(is).unwrap_or_else(|| panic!("it is not there: {page}"));
        (line.rsplit(' ').next().unwrap().parse() == Ok(4.0)).then_some(())
    })
    .await;

    let mut words = Vec::new();
    for path in [stream, &output] {
        let problem = refused(bench.get(path), 503, "too_many_readers").await;
        words.push(problem["detail"].as_str().unwrap().to_owned());
    }
    let refusals: [Status; 3] = [
        cluster.events(follow.clone()).await.unwrap_err(),
        jobs.watch(watch.clone()).await.unwrap_err(),
        jobs.logs(logs.clone()).await.unwrap_err(),
    ];
    for status in refusals {
        assert_eq!(status.code(), Code::ResourceExhausted);
        words.push(status.message().to_owned());
    }
    words.dedup();
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(words[0].contains("leader.http.readers"), "{words:?}");

    // Whoever goes makes room, whichever door they came by.
    drop(watched);
    let mut logs = eventually(async || jobs.logs(logs.clone()).await.ok()).await.into_inner();
    refused(bench.get(stream), 503, "too_many_readers").await;
    drop(sse);
    let again = eventually(async || cluster.events(follow.clone()).await.ok()).await;
    drop((again, followed));

    // A stream that ends by itself does so too, once it has been read to its end.
    bench.leave.cancel();
    assert_eq!(events.message().await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(logs.message().await.unwrap_err().code(), Code::Unavailable);
}
