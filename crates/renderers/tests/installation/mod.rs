//! An After Effects of two shell scripts: `aerender` writes numbered pictures or copies a movie, `AfterFX` writes the
//! report that it is told and saves a project. What they do otherwise is told by small files beside them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use callsheet_config::ClusterConfig;
use callsheet_renderers::Registry;
use tempfile::TempDir;

/// What a script reports that did everything.
pub(crate) const DONE: &str = r#"{"version":"25.1","stage":"done","assets":[],"findings":[],"saved":true}"#;

const AERENDER: &str = r#"
here=$(dirname "$0")
if [ "$1" = -version ]; then echo "aerender version VERSIONx9"; exit 0; fi
echo "$*" >> "$here/aerender.ledger"
while [ $# -gt 0 ]; do
    case "$1" in
        -s) first=$2; shift;; -e) last=$2; shift;; -output) output=$2; shift;;
    esac
    shift
done
echo "aerender version VERSIONx9"
echo "PROGRESS: Launching After Effects..."
if [ -f "$here/line" ]; then cat "$here/line"; exit 0; fi
echo "PROGRESS:  11/21/2026 11:03:24 AM: Starting composition “Main”."
echo "PROGRESS:  Start: $(printf '0:00:%02d:00' "$first")"
echo "PROGRESS:  Frame Rate: 1.00 (comp)"
shift=$(cat "$here/shift" 2>/dev/null || echo 0)
first=$((first + shift)); last=$((last + shift))
start=$(cat "$here/start" 2>/dev/null || echo "$first")
write=$(cat "$here/write" 2>/dev/null || echo 1000)
nth=0
frame=$first
while [ "$frame" -le "$last" ]; do
    if [ "$nth" -lt "$write" ]; then
        case "$output" in
            *\[#####\]*) path=$(printf '%s%05d%s' "${output%%\[*}" "$((start + nth))" "${output##*\]}")
                cp "$here/pictures/$frame.png" "$path"
                if [ "$frame" = "$(cat "$here/stale" 2>/dev/null)" ]; then touch -t 202001010000 "$path"; fi;;
            *) cp "$here/movie" "$output";;
        esac
        echo "PROGRESS:  $(printf '0:00:%02d:00' "$frame") ($((nth + 1))): 0 Seconds"
    fi
    nth=$((nth + 1)); frame=$((frame + 1))
done
code=$(cat "$here/exit" 2>/dev/null || echo 0)
if [ "$code" = 0 ]; then
    echo "PROGRESS:  11/21/2026 11:03:26 AM: Finished composition “Main”."
    echo "PROGRESS:  Total Time Elapsed: 2 Seconds"
fi
exit "$code"
"#;

const AFTER_FX: &str = r#"
here=$(dirname "$0")
echo begin >> "$here/turns"
echo "$*" >> "$here/AfterFX.ledger"
cp "$3" "$here/script.$(wc -l < "$here/AfterFX.ledger" | tr -d ' ').jsx"
save=$(grep -o '"save": "[^"]*"' "$3" | cut -d '"' -f 4)
if [ -n "$save" ]; then printf 'saved by AfterFX' > "$save"; fi
if [ -s "$here/report" ]; then cp "$here/report" "$(dirname "$3")/r.json"; fi
echo "some noise of its own"
sleep 0.05
echo end >> "$here/turns"
"#;

/// One After Effects, and the node that has it.
pub(crate) struct Installation {
    home: PathBuf,
    root: Option<TempDir>,
}

impl Installation {
    /// Version 25.1.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join("25.1");
        let this = Self { home, root: Some(root) };
        this.install("25.1");
        this
    }

    /// Another one beside it.
    pub(crate) fn beside(&self, version: &str) -> Self {
        let other = Self { home: self.home.with_file_name(version), root: None };
        other.install(version);
        other
    }

    fn install(&self, version: &str) {
        fs::create_dir_all(self.home.join("pictures")).unwrap();
        program(&self.home.join("aerender"), &AERENDER.replace("VERSION", version));
        program(&self.home.join("AfterFX"), AFTER_FX);
        for frame in 0..40 {
            fs::write(self.home.join(format!("pictures/{frame}.png")), picture(frame)).unwrap();
        }
        self.says("report", DONE);
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    pub(crate) fn aerender(&self) -> String {
        self.home.join("aerender").display().to_string()
    }

    /// The node's work directory.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.as_ref().unwrap().path().join("work")
    }

    /// Tells the programs something.
    pub(crate) fn says(&self, what: &str, text: &str) {
        self.says_bytes(what, text.as_bytes());
    }

    pub(crate) fn says_bytes(&self, what: &str, bytes: &[u8]) {
        fs::write(self.home.join(what), bytes).unwrap();
    }

    /// Its node's renderers; `config` is what stands in `[node.after_effects]` besides the program.
    pub(crate) fn registry(&self, config: &str) -> Registry {
        let named = if config.contains("programs") {
            String::new()
        } else {
            format!("programs = ['{}']", self.aerender())
        };
        registry(&self.work(), &format!("{named}\n{config}"))
    }

    /// A node without any.
    pub(crate) fn nowhere() -> Registry {
        registry(Path::new("/nowhere/work"), "search = ['/nowhere']")
    }

    /// The command lines that a program was started with.
    pub(crate) fn ledger(&self, program: &str) -> Vec<String> {
        let lines = fs::read_to_string(self.home.join(format!("{program}.ledger"))).unwrap_or_default();
        lines.lines().map(str::to_owned).collect()
    }

    /// What AfterFX did, in its order.
    pub(crate) fn turns(&self) -> Vec<String> {
        let lines = fs::read_to_string(self.home.join("turns")).unwrap_or_default();
        lines.lines().map(str::to_owned).collect()
    }

    /// The script of AfterFX's nth start, from 0.
    pub(crate) fn script(&self, nth: usize) -> String {
        fs::read_to_string(self.home.join(format!("script.{}.jsx", nth + 1))).unwrap()
    }

    /// The number that is drawn into a picture.
    pub(crate) fn text_in(&self, path: &Path) -> String {
        let found = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let all = (0..40).find(|frame| found == picture(*frame));
        all.map_or_else(String::new, |frame| frame.to_string())
    }
}

fn registry(work: &Path, config: &str) -> Registry {
    let text = format!(
        "[cluster]\nname = \"test\"\n[[node]]\nname = \"n\"\nwork = '{}'\n[node.after_effects]\n{config}\n",
        work.display()
    );
    let load = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    let cluster = ClusterConfig::parse(&text, "test.toml", Path::new("/"), &load);
    let cluster = cluster.unwrap_or_else(|problems| panic!("{problems}"));
    Registry::of_node(&cluster, &cluster.nodes[0])
}

/// A picture whose pixels are its frame.
fn picture(frame: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(4, 3, image::Luma([frame]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// A movie with so many frames, as far as anyone counts.
pub(crate) fn mov(frames: u32) -> Vec<u8> {
    let boxed = |kind: &[u8; 4], body: &[u8]| {
        [&u32::try_from(body.len() + 8).unwrap().to_be_bytes(), kind.as_slice(), body].concat()
    };
    let table = boxed(b"stsz", &[0, 1, frames].map(u32::to_be_bytes).concat());
    let handler = boxed(b"hdlr", &[&[0; 8], b"vide".as_slice(), &[0; 12]].concat());
    let media = [handler, boxed(b"minf", &boxed(b"stbl", &table))].concat();
    let moov = boxed(b"moov", &boxed(b"trak", &boxed(b"mdia", &media)));
    [boxed(b"ftyp", b"qt  0000"), boxed(b"mdat", &vec![0; frames as usize]), moov].concat()
}

/// A shell script. It is copied into place by another process: a file that this one has open for writing cannot be
/// run, and a process that another test starts at this moment would have it open, too.
fn program(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Command::new("cp").arg(&draft).arg(path).status().unwrap().success());
}
