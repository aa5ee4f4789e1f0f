//! An installation in a folder of its own, and runs of its programs. Every run is a process group that ends
//! with the test, whatever happens.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

/// A composition of ten frames, with a text and a queue item.
pub(crate) const PROJECT: &str = r#"
[[composition]]
name = "Main"
frames = 10
width = 80
height = 40

[[composition.layer]]
name = "title"
text = "Hello"
"#;

pub(crate) struct Stage {
    folder: TempDir,
}

pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) bytes: Vec<u8>,
}

impl Ran {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn says(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// Lines with `words` in them.
    pub(crate) fn lines(&self, words: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
    }

    /// The numbers in brackets of frame lines, in their order.
    pub(crate) fn ordinals(&self) -> Vec<String> {
        let line = |line: &str| {
            Some(line.strip_suffix(" Seconds")?.split_once(" (")?.1.split_once(')')?.0.to_owned())
        };
        self.text().lines().filter_map(line).collect()
    }
}

impl Stage {
    /// With this story and this project, `p.aep`.
    pub(crate) fn new(story: &str, project: &str) -> Self {
        // Beside the binary: a link is possible there, and no copy is being written while others start it.
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let stage = Self { folder };
        fs::hard_link(env!("CARGO_BIN_EXE_aerender-standin"), stage.path("aerender")).unwrap();
        fs::hard_link(stage.path("aerender"), stage.path("AfterFX")).unwrap();
        fs::create_dir(stage.path("out")).unwrap();
        stage.write("standin.toml", story);
        stage.write("p.aep", project);
        stage
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names in the output folder, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("out")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A program of the installation in its folder, the words split at spaces; `~` is a space within a word.
    fn command(&self, program: &str, words: &str) -> Command {
        let mut command = Command::new(self.path(program));
        let words = words.split_whitespace().map(|word| word.replace('~', " "));
        command.args(words).current_dir(self.folder.path()).env_remove("AERENDER_STANDIN");
        command
    }

    pub(crate) fn start(&self, program: &str, words: &str) -> Live {
        Live::new(self.command(program, words))
    }

    /// Runs it until everyone who could still write is gone.
    pub(crate) fn run(&self, program: &str, words: &str) -> Ran {
        self.start(program, words).finish()
    }

    pub(crate) fn aerender(&self, words: &str) -> Ran {
        self.run("aerender", words)
    }

    /// Renders Main into `out/f_[#####].png`.
    pub(crate) fn render(&self, more: &str) -> Ran {
        self.aerender(&format!("-project p.aep -comp Main -output out/f_[#####].png {more}"))
    }

    /// Runs a script's text in AfterFX.
    pub(crate) fn script(&self, text: &str) -> Ran {
        self.write("s.jsx", text);
        self.run("AfterFX", "-noui -r s.jsx")
    }
}

/// A run that goes on.
pub(crate) struct Live {
    child: Child,
    out: BufReader<ChildStdout>,
    group: Pid,
    seen: Vec<u8>,
}

impl Live {
    pub(crate) fn new(mut command: Command) -> Self {
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let group = Pid::from_raw(child.id().try_into().unwrap());
        Self { child, out, group, seen: Vec::new() }
    }

    /// Reads until a line has these words.
    pub(crate) fn until(&mut self, words: &str) {
        loop {
            let mut line = Vec::new();
            let length = self.out.read_until(b'\n', &mut line).unwrap();
            let has = String::from_utf8_lossy(&line).contains(words);
            self.seen.extend(line);
            assert!(length > 0, "{words:?} never came: {}", String::from_utf8_lossy(&self.seen));
            if has {
                return;
            }
        }
    }

    /// Signals aerender, and nobody else.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.group, signal).unwrap();
    }

    /// Signals all of the group.
    pub(crate) fn signal_all(&self, signal: Signal) {
        killpg(self.group, signal).unwrap();
    }

    /// Waits for aerender alone.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Whether anyone of the group is still there.
    pub(crate) fn is_someone_there(&self) -> bool {
        killpg(self.group, None).is_ok()
    }

    /// Waits for everyone: the pipe ends with the last who holds it.
    pub(crate) fn finish(mut self) -> Ran {
        self.out.read_to_end(&mut self.seen).unwrap();
        let code = self.wait();
        Ran { code, bytes: std::mem::take(&mut self.seen) }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = killpg(self.group, Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

/// A PNG that decodes whole.
pub(crate) struct Shown {
    pub(crate) width: u32,
    pub(crate) height: u32,
    texts: Vec<(String, String)>,
    pub(crate) pixels: Vec<u8>,
}

impl Shown {
    /// What a text chunk says.
    pub(crate) fn says(&self, key: &str) -> Option<&str> {
        self.texts.iter().find(|(known, _)| known == key).map(|(_, text)| text.as_str())
    }
}

/// The picture in a file, if it is whole.
pub(crate) fn picture(path: &Path) -> Option<Shown> {
    let mut reader = png::Decoder::new(BufReader::new(fs::File::open(path).ok()?)).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    reader.next_frame(&mut pixels).ok()?;
    reader.finish().ok()?;
    let info = reader.info();
    let texts = info.utf8_text.iter().map(|chunk| (chunk.keyword.clone(), chunk.get_text().unwrap()));
    Some(Shown { width: info.width, height: info.height, texts: texts.collect(), pixels })
}

/// The frame that a picture says it is.
pub(crate) fn frame_of(path: &Path) -> Option<String> {
    picture(path)?.says("Frame").map(str::to_owned)
}
