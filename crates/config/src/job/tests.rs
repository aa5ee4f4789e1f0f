//! Job files and what is wrong with them, mistake by mistake.

use std::collections::BTreeMap;
use std::time::Duration;

use callsheet_model::{Md5, limits};

use super::*;

fn template() -> Template {
    Template { md5: Md5([1; 16]), bytes: 10, name: "a.json".into(), path: Some("/show/a.json".into()) }
}

fn step(name: &str) -> StepSpec {
    StepSpec {
        name: name.into(),
        renderer: "lottie".into(),
        template: Some(template()),
        frames: FrameSet::range(1, 10),
        chunk: Chunk::Auto,
        output: Some(OutputPattern::parse(&format!("/show/{name}/[####].png")).unwrap()),
        retries: 3,
        timeouts: Timeouts::default(),
        requires: Requirements::default(),
        after: BTreeSet::new(),
        settings: BTreeMap::new(),
        approximate: false,
    }
}

fn spec(steps: Vec<StepSpec>) -> JobSpec {
    JobSpec { name: "a job".into(), project: "a project".into(), priority: 50, approval: None, steps }
}

fn keys(spec: &JobSpec) -> Vec<String> {
    check(spec)
        .err()
        .map_or(Vec::new(), |problems| problems.0.into_iter().map(|problem| problem.key).collect())
}

#[test]
fn a_good_job_from_the_wire_is_taken() {
    let mut second = step("b");
    second.after.insert(StepIndex(0));
    let mut task = step("c");
    task.frames = FrameSet::new();
    task.output = Some(OutputPattern::parse("S:\\show\\movie.mp4").unwrap());
    let mut nothing = step("d");
    nothing.output = None;
    assert_eq!(check(&spec(vec![step("a"), second, task, nothing])), Ok(()));
}

#[test]
fn whatever_is_wrong_on_the_wire_is_named_by_its_place() {
    type Break = fn(&mut StepSpec);
    let breaks: [(&str, Break); 22] = [
        ("name", |s| s.name = "../x".into()),
        ("renderer", |s| s.renderer = String::new()),
        ("frames", |s| s.frames = FrameSet::range(0, i32::MAX)),
        ("frames", |s| s.frames = FrameSet::one(i32::MIN)),
        ("frames", |s| s.frames = FrameSet::range(1, limits::MAX_FRAMES as i32 + 1)),
        ("frames", |s| s.frames = FrameSet::new()),
        ("chunk", |s| s.chunk = Chunk::Frames(u32::MAX.try_into().unwrap())),
        ("output", |s| s.output = Some(OutputPattern::parse("a_[#].png").unwrap())),
        ("output", |s| s.output = Some(OutputPattern::parse("/a/movie.mov").unwrap())),
        ("retries", |s| s.retries = 101),
        ("timeouts.start", |s| s.timeouts.start = Duration::ZERO),
        ("timeouts.frame", |s| s.timeouts.frame = Duration::MAX),
        ("requires.labels", |s| s.requires.labels = ["a b".to_owned()].into()),
        ("requires.renderer_version", |s| s.requires.renderer_version = Some("\n".into())),
        ("requires.renderer_version", |s| s.requires.renderer_version = Some("about 24".into())),
        ("requires.renderer_version", |s| s.requires.renderer_version = Some("2".repeat(65))),
        ("after", |s| s.after = [StepIndex(0)].into()),
        ("after", |s| s.after = [StepIndex(u16::MAX)].into()),
        ("settings", |s| s.settings = (0..201).map(|n| (n.to_string(), 0.into())).collect()),
        ("settings", |s| s.settings = [("a".to_owned(), "x".repeat(70_000).into())].into()),
        ("template.name", |s| s.template = Some(Template { name: "../a".into(), ..template() })),
        ("template.path", |s| s.template = Some(Template { path: Some("a/b".into()), ..template() })),
    ];
    for (key, break_it) in breaks {
        let mut broken = step("a");
        break_it(&mut broken);
        assert_eq!(keys(&spec(vec![broken])).first(), Some(&format!("steps[0].{key}")), "{key}");
    }
    assert_eq!(keys(&spec(vec![])), ["steps"]);
    assert_eq!(keys(&spec(vec![step("a"), step("a")])), ["steps[1].name", "steps[1].output"]);
    let mut job = spec(vec![step("a")]);
    (job.name, job.project, job.priority) = (String::new(), "x".repeat(65), 101);
    assert_eq!(keys(&job), ["name", "project", "priority"]);
}

#[test]
fn steps_collide_where_they_would_write_one_file() {
    let writes = |output: &str, frames: &str| StepSpec {
        frames: frames.parse().unwrap_or_default(),
        output: Some(OutputPattern::parse(output).unwrap()),
        ..step("x")
    };
    let cases = [
        (("/a/x_[##].png", "1-5"), ("/a/x_[##].png", "5-9"), true),
        (("/a/x_[##].png", "1-5"), ("/a/x_[##].png", "6-9"), false),
        (("/a/x_[##].png", "1-5"), ("/a//./x_[####].png", "5"), true),
        (("/a/x_[##].png", "1-5"), ("/a/y_[##].png", "1-5"), false),
        (("/a/x_[##].png", "1-5"), ("/b/x_[##].png", "1-5"), false),
        (("/a/x_[##].png", "1-5"), ("/a/x_[##].exr", "1-5"), false),
        (("/a/x_[##].png", "1-5"), ("/a/x_03.png", ""), true),
        (("/a/x_[##].png", "1-5"), ("/a/x_last.png", ""), false),
        (("/a/x_[##].png", "1-5"), ("/a/x_1[#].png", "1-5"), true),
        (("/a/X_[##].png", "1-5"), ("/a/x_[##].png", "1-5"), false),
        (("C:\\a\\X_[##].png", "1-5"), ("c:/A/x_[##].PNG", "1-5"), true),
        (("/a/movie.mp4", ""), ("/a/movie.mp4", ""), true),
        (("/a/movie.mp4", ""), ("/a/movie.mov", ""), false),
    ];
    for ((first, frames), (second, others), expected) in cases {
        for (a, b) in [((first, frames), (second, others)), ((second, others), (first, frames))] {
            let steps = [writes(a.0, a.1), writes(b.0, b.1)];
            assert_eq!(
                outputs::collisions(&steps),
                if expected { vec![(1, 0)] } else { vec![] },
                "{a:?} {b:?}"
            );
        }
    }
}

#[test]
fn of_very_many_collisions_the_first_are_told() {
    let steps = (0..limits::MAX_STEPS).map(|nth| {
        let mut same = step(&format!("s{nth}"));
        same.output = Some(OutputPattern::parse("/a/x_[####].png").unwrap());
        same
    });
    let told = keys(&spec(steps.collect()));
    assert_eq!(told.len(), outputs::MOST_TOLD);
    assert_eq!(told.first().map(String::as_str), Some("steps[1].output"));
}

const DRAFT: &str = "name = \"a\"\n\
    [[steps]]\nname = \"late\"\nrenderer = \"flipbook\"\nafter = [\"early\"]\noutput = \"./out/a.png\"\n\
    [[steps]]\nname = \"early\"\nrenderer = \"lottie\"\ntemplate = \"a.json\"\nframes = 7\nretries = 0\n\
    output = \"out/[##].png\"\n[steps.timeouts]\nframe = \"9s\"\n";

fn draft(text: &str) -> JobDraft {
    JobFile::parse(text, Format::Toml, "job.toml").unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn a_draft_becomes_a_whole_job() {
    let defaults = JobDefaults {
        retries: 5,
        timeouts: Timeouts { exit: Duration::from_secs(1), ..Timeouts::default() },
    };
    let find = &mut |path: &str| {
        assert_eq!(path, "a.json");
        Ok(template())
    };
    let job = draft(DRAFT).into_spec(&defaults, "S:\\show\\", find).unwrap();
    assert_eq!((job.project.as_str(), job.priority), (DEFAULT_PROJECT, DEFAULT_PRIORITY));
    let [early, late] = job.steps.as_slice() else { panic!() };
    assert_eq!((early.name.as_str(), early.retries, early.frames.len()), ("early", 0, 1));
    assert_eq!(early.timeouts, Timeouts { frame: Duration::from_secs(9), ..defaults.timeouts });
    assert_eq!(early.output.as_ref().unwrap().to_string(), "S:\\show\\out/[##].png");
    assert_eq!((late.retries, late.after.clone()), (5, [StepIndex(0)].into()));
    assert_eq!(late.output.as_ref().unwrap().to_string(), "S:\\show\\out/a.png");
}

#[test]
fn what_is_found_late_still_has_its_place_in_the_file() {
    let missing = &mut |_: &str| Err("it is not there".to_owned());
    let problems = draft(DRAFT).into_spec(&JobDefaults::default(), "/show", missing).unwrap_err();
    assert_eq!(problems.to_string(), "job.toml:10:12: steps[1].template: found \"a.json\": it is not there");

    let relative =
        draft(DRAFT).into_spec(&JobDefaults::default(), "show", &mut |_| Ok(template())).unwrap_err();
    let places: Vec<&str> = relative.0.iter().map(|problem| problem.place.as_str()).collect();
    assert_eq!(places, ["job.toml:13:10", "job.toml:6:10"]);
}

#[test]
fn too_many_steps_are_one_mistake_and_no_work() {
    let steps: String = (0..2000)
        .map(|n| format!("[[steps]]\nname = \"s{n}\"\nrenderer = \"r\"\nafter = [\"s{}\"]\n", n + 1))
        .collect();
    let problems = JobFile::parse(&format!("name = \"a\"\n{steps}"), Format::Toml, "j").unwrap_err();
    assert_eq!(problems.to_string(), "j:2:1: steps: found 2000 steps: a job has 1 to 256");
}

#[test]
fn a_flood_of_mistakes_is_told_in_part_and_counted() {
    let keys: String = (0..300).map(|n| format!("key{n} = 1\n")).collect();
    let problems = JobFile::parse(&keys, Format::Toml, "j").unwrap_err();
    assert_eq!(problems.0.len(), 201);
    assert_eq!(problems.0.last().unwrap().to_string(), "102 further mistakes are not told");
}
