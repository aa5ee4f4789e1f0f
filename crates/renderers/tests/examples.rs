//! The example jobs that ship with the program are jobs that its renderers take.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod stage;

use std::fs;
use std::path::Path;

use callsheet_config::{Format, JobDefaults, JobFile};
use callsheet_model::{JobSpec, Md5, Template};

/// All example jobs, with templates of the names that they have.
fn examples() -> Vec<(String, JobSpec)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cluster/jobs");
    let mut jobs = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(format) = Format::of(&path) else { continue };
        let draft = JobFile::parse(&fs::read_to_string(&path).unwrap(), format, &name);
        let draft = draft.unwrap_or_else(|problems| panic!("{problems}"));
        let template = |path: &str| {
            let name = path.rsplit('/').next().unwrap().to_owned();
            Ok(Template { md5: Md5([7; 16]), bytes: 1, name, path: None })
        };
        let spec = draft.into_spec(&JobDefaults::default(), "/show", &mut { template });
        jobs.push((name, spec.unwrap_or_else(|problems| panic!("{problems}"))));
    }
    jobs
}

#[test]
fn every_step_of_every_example_is_taken_by_its_renderer() {
    let registry = stage::shipped(&["blender", "ffmpeg", "ffmpeg_join", "povray"]);
    let examples = examples();
    assert!(examples.len() >= 7, "{}", examples.len());
    for (name, job) in examples {
        for step in &job.steps {
            let renderer =
                registry.get(&step.renderer).unwrap_or_else(|| panic!("{name}: {}", step.renderer));
            assert_eq!(renderer.check(step, None), [], "{name}: {}", step.name);
        }
    }
}
