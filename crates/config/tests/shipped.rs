//! What is shipped in `cluster/` is read as a user's own would be.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::{Path, PathBuf};

use callsheet_config::{AlertWay, ClusterConfig, Format, JobDefaults, JobDraft, JobFile, Problems};
use callsheet_model::{FrameSet, Md5, OutputPattern, StepIndex, Template};

fn cluster() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cluster")
}

fn config(text: &str) -> Result<ClusterConfig, Problems> {
    ClusterConfig::parse(text, "cluster.toml", &cluster(), &|path| std::fs::read_to_string(path))
}

fn shipped(name: &str) -> ClusterConfig {
    config(&std::fs::read_to_string(cluster().join(name)).unwrap())
        .unwrap_or_else(|problems| panic!("{problems}"))
}

fn job(name: &str) -> JobDraft {
    let path = cluster().join("jobs").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    JobFile::parse(&text, Format::of(&path).unwrap(), name).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_demo_is_a_leader_and_three_nodes_on_loopback() {
    let demo = shipped("demo.toml");
    assert!(demo.leader.listen.ip().is_loopback());
    assert_eq!(demo.leader.advertise, "http://127.0.0.1:7420");
    let names: Vec<&str> = demo.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["anna", "bruno", "clara"]);
    assert!(demo.nodes.iter().all(|node| node.work.ends_with(node.name.as_str())));
}

#[test]
fn the_studio_is_guarded_and_speaks_both_kinds_of_paths() {
    let studio = shipped("studio.toml");
    assert!(studio.leader.tls.is_some() && studio.leader.tokens.is_some() && !studio.leader.insecure);
    let windows = studio.node("win-01").unwrap();
    assert_eq!(windows.path_map.apply("/mnt/show/a/b.aep"), "S:\\a\\b.aep");
    assert_eq!(windows.path_map.apply("/mnt/assets/x.mov"), "\\\\storage\\assets\\x.mov");
    assert_eq!(studio.node("encode-01").unwrap().path_map.apply("/mnt/show/a"), "/mnt/show/a");
    assert_eq!(windows.after_effects.prefer, Some("25".parse().unwrap()));
    assert!(windows.renderers.contains("after_effects") && !studio.renderers.contains_key("after_effects"));
    assert_eq!(studio.renderers.len(), 3);
}

#[test]
fn the_studio_watches_its_workers_and_tells_others() {
    let studio = shipped("studio.toml");
    let watcher = &studio.monitor.workers[1];
    assert_eq!(
        (&*watcher.name, watcher.pauses.to_string()),
        ("task-watcher", "queue after_effects".to_owned())
    );
    let window = &studio.pauses[0];
    assert_eq!((&*window.time_zone, window.lasts.as_secs()), ("Europe/Berlin", 10 * 3600));
    let names: Vec<&str> = studio.outward.alerts.iter().map(|channel| channel.name.as_str()).collect();
    assert_eq!(names, ["phone", "mail"]);
    assert!(matches!(&studio.outward.alerts[1].way, AlertWay::Email { to, .. } if to.len() == 1));
    assert_eq!(studio.outward.webhooks[0].types, ["job.*", "workflow.*"]);
    assert_eq!(studio.outward.amqp.unwrap().exchange, "flatrender.events");
    assert!(studio.outward.nats.is_none() && studio.outward.otlp.is_none());
    assert_eq!(studio.leader.keep.events_age.unwrap().as_secs(), 7 * 24 * 3600);
}

#[test]
fn every_description_of_a_renderer_can_be_included() {
    let files = std::fs::read_dir(cluster().join("renderers")).unwrap();
    let names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.len() >= 4, "{names:?}");
    let includes: Vec<String> = names.iter().map(|name| format!("\"renderers/{name}\"")).collect();
    let all = config(&format!("include = [{}]\n[cluster]\nname = \"all\"\n", includes.join(", ")));
    let all = all.unwrap_or_else(|problems| panic!("{problems}"));
    for name in &names {
        assert!(all.renderers.contains_key(name.trim_end_matches(".toml")), "{name}");
    }
}

#[test]
fn the_lines_that_programs_really_print_are_understood() {
    use callsheet_config::renderer::Meaning;
    let all = config("include = [\"renderers/povray.toml\", \"renderers/blender.toml\", \"renderers/ffmpeg.toml\"]\n[cluster]\nname = \"all\"").unwrap();
    let first = |renderer: &str, line: &str| {
        let rule = all.renderers[renderer].lines.iter().find(|rule| rule.pattern.is_match(line));
        rule.map(|rule| {
            let groups = rule.pattern.captures(line).unwrap();
            let group = |name: &str| groups.name(name).map(|m| m.as_str().to_owned());
            (rule.means, group("frame").or(group("nth")).or(group("done")))
        })
    };
    use callsheet_model::FailureClass::{InputMissing, JobFatal, NodeConfig};
    let some = |text: &str| Some(text.to_owned());
    for (renderer, line, means, group) in [
        ("povray", "Rendering frame 2 of 5", Meaning::FrameStarted, some("2")),
        ("povray", "Rendered 1024 of 3072 pixels (33%)", Meaning::Progress, some("1024")),
        (
            "povray",
            "Possible Parse Error: Cannot find file 'such.pov', even after trying",
            Meaning::Error(InputMissing),
            None,
        ),
        (
            "povray",
            "File 'bad.pov' line 1: Parse Error: Expected 'numeric expression'",
            Meaning::Error(JobFatal),
            None,
        ),
        (
            "blender",
            "Fra:12 Mem:20.1M (Peak 21.0M) | Time:00:01.20 | Scene, View Layer | Sample 16/128",
            Meaning::Progress,
            some("16"),
        ),
        (
            "blender",
            "Fra:12 Mem:20.1M (Peak 21.0M) | Time:00:00.10 | Syncing Cube",
            Meaning::FrameStarted,
            some("12"),
        ),
        ("blender", "Saved: '/place/shot2_00012.png'", Meaning::FrameFinished, some("00012")),
        ("blender", "Error: Build without OpenImageDenoiser", Meaning::Error(NodeConfig), None),
        ("ffmpeg", "frame=  48", Meaning::Progress, some("48")),
        (
            "ffmpeg",
            "[image2 @ 0x55] [error] Could not open file : g_07.png",
            Meaning::Error(InputMissing),
            None,
        ),
        ("ffmpeg", "[fatal] Unknown encoder 'nope'", Meaning::Error(NodeConfig), None),
    ] {
        assert_eq!(first(renderer, line), Some((means, group)), "{line}");
    }
    assert_eq!(first("ffmpeg", "out_time=00:00:00.375081"), None);
}

#[test]
fn every_example_job_becomes_a_whole_job() {
    let template = |path: &str| {
        let name = path.rsplit('/').next().unwrap().to_owned();
        Ok(Template { md5: Md5([7; 16]), bytes: 1, name, path: None })
    };
    let names = [
        "demo.toml",
        "povray.toml",
        "encode.yaml",
        "still.json",
        "after_effects.toml",
        "after_effects_movie.yaml",
        "personalised.yaml",
    ];
    for name in names {
        let spec = job(name).into_spec(&JobDefaults::default(), "/show", &mut { template });
        let spec = spec.unwrap_or_else(|problems| panic!("{problems}"));
        callsheet_config::job::check(&spec).unwrap();
        assert!(spec.steps.iter().all(|step| step.output.as_ref().is_some_and(OutputPattern::is_absolute)));
    }
}

#[test]
fn the_demo_job_draws_frames_and_then_joins_them() {
    let demo = job("demo.toml");
    assert_eq!(demo.steps[0].frames, FrameSet::range(0, 179));
    assert!(demo.steps[1].frames.is_empty());
    assert_eq!(demo.steps[1].after, [StepIndex(0)].into());
    assert!(cluster().join("jobs").join(demo.steps[0].template.as_ref().unwrap()).is_file());
}
