//! Descriptions made here, filled in, and outputs read by them.

use callsheet_config::ClusterConfig;
use proptest::prelude::*;

use super::*;
use crate::sample::{Desk, said};
use crate::{Exit, Fact};

/// A description of a program that is here wherever tests run.
fn described(text: &str) -> Command {
    let program = std::env::current_exe().unwrap();
    let config = format!(
        "[cluster]\nname = \"test\"\n[[renderer]]\nname = \"tracer\"\nprogram = '{}'\n{text}",
        program.display()
    );
    let load = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    let config = ClusterConfig::parse(&config, "test.toml", std::path::Path::new("/"), &load);
    let config = config.unwrap_or_else(|problems| panic!("{problems}"));
    Command::new(config.renderers["tracer"].clone())
}

const TRACER: &str = r#"
frames = "range"
lowest_frame = 0
size = ["width", "height"]
produces = "{output_prefix}{frame:step_last}{output_suffix}"
args = [
    "+I{template}", "+O{output_dir}/{output_prefix}{output_suffix}", "+KFF{step_last}", "+SF{first}", "+EF{last}",
    "+W{setting.width}", "+H{setting.height}", ["+Q", "{setting.quality}"], ["{when:smooth}", "+A0.3"],
]
env = { THREADS = "{threads}", QUALITY = "{setting.quality}" }
exit_codes = { 3 = "licence" }
[renderer.settings.width]
kind = "integer"
default = 640
min = 1
max = 9000
[renderer.settings.height]
kind = "integer"
required = true
[renderer.settings.quality]
kind = "choice"
choices = ["low", "high"]
[renderer.settings.smooth]
kind = "flag"
[[renderer.line]]
match = "harmless"
means = "nothing"
[[renderer.line]]
match = "^Rendering frame (?<nth>[0-9]+) of [0-9]+"
means = "frame_started"
[[renderer.line]]
match = "^Rendered (?<done>[0-9]+) of (?<total>[0-9]+) pixels"
means = "progress"
[[renderer.line]]
match = "^Possible (?<message>.*)"
means = "warning"
[[renderer.line]]
match = "Cannot find file"
means = "error"
class = "input_missing"
[[renderer.line]]
match = "error:(?<message>.*)"
means = "error"
"#;

fn desk(frames: &str) -> Desk {
    let settings = serde_json::json!({ "height": 480 });
    Desk::new("tracer", frames, "f_[#####].png").template("scene.pov", b"sphere {}").set(settings)
}

fn args(invocation: &Invocation) -> Vec<&str> {
    invocation.args.iter().map(|arg| arg.to_str().unwrap()).collect()
}

#[test]
fn one_process_for_each_run_of_frames() {
    let desk = desk("1-120");
    let (template, place) = (desk.template.clone().unwrap(), desk.place());
    desk.assign("5-7,9", |assignment| {
        let invocations = described(TRACER).invocations(assignment).unwrap();
        let frames: Vec<_> = invocations.iter().map(|invocation| invocation.frames.to_string()).collect();
        assert_eq!(frames, ["5-7", "9"]);
        assert_eq!(
            args(&invocations[0]),
            [
                format!("+I{}", template.display()).as_str(),
                format!("+O{}/f_.png", place.display()).as_str(),
                "+KFF120",
                "+SF5",
                "+EF7",
                "+W640",
                "+H480",
            ]
        );
        assert_eq!(invocations[0].env, [("THREADS".to_owned(), "2".to_owned())].into());
        assert_eq!(invocations[0].directory, desk.scratch());
        assert_eq!(invocations[0].stdin, Stdin::Null);
    });
}

#[test]
fn groups_are_there_when_what_they_depend_on_is() {
    let settings = serde_json::json!({ "height": 1, "quality": "high", "smooth": true });
    desk("1").set(settings).assign("1", |assignment| {
        let invocation = described(TRACER).invocations(assignment).unwrap().remove(0);
        assert_eq!(args(&invocation)[7..], ["+Q", "high", "+A0.3"]);
        assert_eq!(invocation.env["QUALITY"], "high");
    });
}

#[test]
fn files_are_found_under_the_programs_own_names() {
    desk("1-120").assign("7", |assignment| {
        let produced = described(TRACER).produced(assignment, 7).unwrap();
        assert_eq!(produced, assignment.place.join("f_007.png"));
        assert_eq!(assignment.result(7).unwrap(), assignment.place.join("f_00007.png"));
    });
}

#[test]
fn the_size_comes_from_settings_and_their_defaults() {
    desk("1").assign("1", |assignment| {
        let expectation = described(TRACER).expectation(assignment);
        assert_eq!(expectation, Expectation { size: Some((640, 480)), ..Expectation::default() });
    });
}

#[test]
fn steps_that_do_not_fit_are_refused_with_what_does() {
    let renderer = described(TRACER);
    assert_eq!(said(renderer.check(&desk("1-5").step, None)), [""; 0]);
    let settings = serde_json::json!({ "heigth": 480, "width": 0, "quality": "best" });
    let desk = Desk::new("tracer", "-3-5", "f.png").set(settings);
    assert_eq!(
        said(renderer.check(&desk.step, None)),
        [
            "settings.heigth: is not known: did you mean height? allowed are height, quality, smooth, width",
            "settings.quality: found \"best\": here must be one of low, high",
            "settings.width: found 0: here must be a whole number from 1 to 9000",
            "settings.height: is missing: here must be a whole number from -9007199254740992 to 9007199254740992",
            "template: is missing: tracer needs one",
            format!(
                "output: \"{}/f.png\" needs the frame's number in its name: [#####]",
                desk.root.path().display()
            )
            .as_str(),
            "frames: begin at -3: the lowest that tracer can be told is 0",
        ]
    );
    let failure = desk.assign("1", |assignment| renderer.invocations(assignment)).unwrap_err();
    assert_eq!(failure.class, FailureClass::JobFatal);
}

const JOINER: &str = r#"
frames = "task"
template = "forbidden"
result = "file"
args = ["-start_number", "{input:first}", "-i", "{input:printf}", "{output}"]
[[renderer.line]]
match = "^frame=\\s*(?<done>[0-9]+)"
means = "progress"
"#;

#[test]
fn tasks_take_what_an_earlier_step_left() {
    let desk = Desk::new("tracer", "", "100%.mp4").after("draw", "3-12", "50%_[####].png");
    let renderer = described(JOINER);
    desk.assign("0", |assignment| {
        let invocation = renderer.invocations(assignment).unwrap().remove(0);
        let (input, place) = (desk.input_dir(), desk.place());
        assert_eq!(
            args(&invocation),
            [
                "-start_number",
                "3",
                "-i",
                format!("{}/50%%_%04d.png", input.display()).as_str(),
                format!("{}/100%.mp4", place.display()).as_str(),
            ]
        );
        let facts =
            renderer.reader(assignment, &invocation).line("frame=    5 fps=0.0 q=0.0\rframe=   10 fps=3");
        assert_eq!(facts, [Fact::Progress(0.5), Fact::Progress(1.0)]);
    });
    let nothing = Desk::new("tracer", "1-3", "a.mp4");
    assert_eq!(
        said(renderer.check(&nothing.step, None)),
        [
            "frames: are too much: tracer makes one file at once",
            "after: is missing: tracer takes what exactly one earlier step left",
        ]
    );
}

#[test]
fn lists_are_as_long_as_a_command_line_bears() {
    let renderer = described(
        r#"
        frames = "list"
        between = ".."
        template = "optional"
        args = ["-f", "{frames}", "{output_hash}"]
        "#,
    );
    let desk = Desk::new("tracer", "1-9999", "f_[###].png");
    desk.assign("1-3,7,9-12", |assignment| {
        let invocations = renderer.invocations(assignment).unwrap();
        let hashes = format!("{}/f_###.png", desk.place().display());
        assert_eq!(args(&invocations[0]), ["-f", "1..3,7,9..12", &hashes]);
    });
    desk.assign("1-9999x2", |assignment| {
        let invocations = renderer.invocations(assignment).unwrap();
        let mut all = FrameSet::new();
        for invocation in &invocations {
            assert!(args(invocation)[1].len() <= MAX_LIST_BYTES);
            assert!(all.is_disjoint(&invocation.frames));
            all.add(&invocation.frames);
        }
        assert_eq!(&all, assignment.frames);
        assert_eq!(invocations.len(), 7);
    });
}

#[test]
fn a_frame_of_its_own_for_each_process() {
    let renderer = described(
        r#"
        frames = "one"
        template = "optional"
        args = ["{frame}", "{frame:3}", "{frame:output}", "{output}"]
        "#,
    );
    let desk = Desk::new("tracer", "-5-5", "f_[####].png");
    desk.assign("-5,5", |assignment| {
        let invocations = renderer.invocations(assignment).unwrap();
        let (low, high) = (desk.place().join("f_-0005.png"), desk.place().join("f_0005.png"));
        assert_eq!(args(&invocations[0]), ["-5", "-005", "-0005", low.to_str().unwrap()]);
        assert_eq!(args(&invocations[1]), ["5", "005", "0005", high.to_str().unwrap()]);
    });
}

#[test]
fn a_program_that_is_not_here_is_the_nodes_fault() {
    let mut renderer = described(TRACER);
    Arc::make_mut(&mut renderer.description).program = "no-such-tracer".into();
    assert_eq!(
        renderer.probe().unwrap_err(),
        "the program no-such-tracer is not installed: it is not in PATH"
    );
    let failure = desk("1").assign("1", |assignment| renderer.invocations(assignment)).unwrap_err();
    assert_eq!(failure.class, FailureClass::NodeConfig);
}

/// Reads a whole output; the facts, and the verdict on an exit.
fn read(frames: &str, output: &str, exit: Exit) -> (Vec<Fact>, Result<(), Failure>) {
    desk("1-120").assign(frames, |assignment| {
        let renderer = described(TRACER);
        let invocation = renderer.invocations(assignment).unwrap().remove(0);
        let mut reader = renderer.reader(assignment, &invocation);
        let facts = output.lines().flat_map(|line| reader.line(line)).collect();
        (facts, reader.verdict(exit))
    })
}

#[test]
fn an_output_becomes_facts() {
    let output = "\nRendering frame 1 of 2\nRendering frame 1 of 2\nRendered 5 of 10 pixels (50%)\r\
                  Rendered 10 of 10 pixels (100%)\rsome noise\nan error: that is harmless\n\
                  Possible trouble\nRendering frame 2 of 2\nRendering frame 3 of 2\n";
    let (facts, verdict) = read("8-9", output, Exit::Code(0));
    assert_eq!(
        facts,
        [
            Fact::FrameStarted(8),
            Fact::Progress(0.5),
            Fact::Progress(1.0),
            Fact::Warning("trouble".into()),
            Fact::FrameFinished(8),
            Fact::FrameStarted(9),
        ]
    );
    assert_eq!(verdict, Ok(()));
}

#[test]
fn lines_and_exit_codes_become_failures() {
    let class = |output: &str, exit| read("8-9", output, exit).1.unwrap_err().class;
    assert_eq!(
        class("Cannot find file 'x'\nParse error: giving up", Exit::Code(1)),
        FailureClass::InputMissing
    );
    assert_eq!(class("Parse error: giving up", Exit::Code(0)), FailureClass::Crash);
    assert_eq!(class("no seats left", Exit::Code(3)), FailureClass::Licence);
    assert_eq!(class("something", Exit::Code(77)), FailureClass::Crash);
    assert_eq!(class("", Exit::Code(77)), FailureClass::SilentDeath);
    assert_eq!(class("", Exit::Signal(11)), FailureClass::Crash);
    let failure = read("8-9", "one\ntwo\nParse error: bad brace\n", Exit::Code(1)).1.unwrap_err();
    assert_eq!(failure.message, "bad brace");
    assert_eq!(failure.exit.as_deref(), Some("exit code 1"));
    assert_eq!(failure.evidence, ["one", "two", "Parse error: bad brace"]);
}

proptest! {
    #[test]
    fn garbage_is_never_a_panic_and_never_a_frame_of_somebody_elses(
        lines in prop::collection::vec(
            prop_oneof![
                ".{0,80}",
                "(Rendering frame|Rendered|Possible|error:) -?[0-9]{1,30} of -?[0-9]{1,30}.{0,20}",
            ],
            0..30,
        ),
        code in any::<i32>(),
    ) {
        let (facts, verdict) = read("8-9", &lines.join("\n"), Exit::Code(code));
        for fact in facts {
            match fact {
                Fact::FrameStarted(frame) | Fact::FrameFinished(frame) => prop_assert!((8..=9).contains(&frame)),
                Fact::Progress(fraction) => prop_assert!((0.0..=1.0).contains(&fraction)),
                _ => {}
            }
        }
        if let Err(failure) = verdict {
            prop_assert!(failure.clone().bounded() == failure);
        }
    }
}
