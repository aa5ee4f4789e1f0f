//! `aerender-standin`: stands in for Adobe's `aerender` and `AfterFX` where After Effects does not exist.
//!
//! It is written from what is known of the real programs, and from nothing of ours: what reads their output
//! and this program may disagree, and a test then finds it. It renders no real project, refuses to be fast or
//! clever, and knows nothing of Callsheet.
//!
//! ```text
//!   aerender -project p.aep -comp Main ...          AfterFX -noui -r script.jsx
//!      │ starts, as another process                    │ runs it in a JavaScript engine,
//!      ▼                                               ▼ on the objects of the project
//!   AfterFX ──loopback socket──► aerender ──► stdout   changed project, files
//!      │ frames, movies                                 (no words on stdout)
//!      ▼
//!   files
//! ```
//!
//! # Which program it is
//!
//! By the name it is called by: `AfterFX`, `AfterFX.exe` and `AfterFX.com` (or a first argument
//! `--as-afterfx`) are the editor that runs scripts, anything else is `aerender`. A test copies or links it
//! twice into a folder, which is then an installation, and lays `standin.toml` beside; without such a file
//! everything goes well. `AERENDER_STANDIN` names a file elsewhere.
//!
//! # `standin.toml`
//!
//! Times are real milliseconds. Frames are *display* numbers, `"3-5,9"`. Unknown keys are refused with exit
//! code 70, which no Adobe program has.
//!
//! | `[installation]` | what | default |
//! |---|---|---|
//! | `version` | as `aerender -version` says it, 13.5 to 26 | `"24.6x2"` |
//! | `platform` | `windows` or `macos`: sets the defaults of the next three, and whose habits | `windows` |
//! | `encoding` | `utf-8`, `cp850`, `latin1`, `shift-jis`, `euc-kr`, `mojibake` | by platform and locale |
//! | `line_end` | `crlf`, `lf`, `cr` | by platform |
//! | `version_line` | `first`, `last` (kept in a buffer until the end), `never` | by platform |
//! | `locale` | `en_US`, `de_DE`, `fr_FR`, `pt_BR`, `ja_JP`, `ko_KR` | `en_US` |
//! | `format` | `stdout`, or `ae_log` for After Effects' own render log | `stdout` |
//! | `time_display` | `timecode`, `frames`, `feet` | `timecode` |
//! | `ordinal` | what `(N)` counts: `span` or `composition` | `span` |
//! | `duration_count` | `Duration: 0:00:02:01 (49)` | false |
//! | `repeat_lines` | every frame line is said twice | false |
//! | `noise` | harmless lines that say ERROR or failed | false |
//! | `pieces` | output comes in pieces of so many bytes | whole lines |
//! | `clock` | the time in the log, `"2024-05-07T18:22:38"` | the real one |
//! | `render_settings` | template names | Adobe's English ones |
//! | `output_modules` | table by name: `format` (`png`, `movie`; else by the file's extension, `.wav` is sound), `comp_frame_number` (true), `frame_lines` (true) | Adobe's, and `PNG Sequence` |
//! | `fonts`, `effects` | what is installed, PostScript and match names | everything |
//! | `mfr` | frames that are worked on at once with multi-frame rendering on; they end out of order | 4 |
//! | `outside` | frames outside the composition: `blank` pictures, or `nothing` | `blank` |
//! | `needs_seat` | refuses without a licence, unless `ae_render_only_node.txt` is in `documents` | false |
//! | `documents` | folder of the marker files; `ae_force_english.txt` makes the locale English | none |
//! | `another_open` | another After Effects is open: `AfterFX -r` returns at once and runs nothing | false |
//! | `scripts_may_write` | the preference that lets scripts write files | true |
//! | `record_env` | names of environment variables to note in the list of starts | none |
//! | `holds_output` | AfterFX has aerender's stdout and stderr too, so an orphan keeps the pipe open | true |
//! | `life_ms` | no process lives longer, whatever the story | 600000 |
//!
//! | `[installation.times]` | what | default |
//! |---|---|---|
//! | `launch_ms`, `load_ms`, `first_frame_ms`, `frame_ms`, `finalise_ms`, `exit_ms` | how long each phase takes | 0 |
//! | `how` | `sleep`; `burn` the processor; `grow` the frame's file bit by bit | `sleep` |
//!
//! Each `[[run]]` says what goes wrong, and when. The first that matches a start is taken, and only that one.
//! The starts are counted in `standin.counts` beside the story, under a lock, across processes.
//!
//! | `[[run]]`: when | what | default |
//! |---|---|---|
//! | `program` | `aerender` or `afterfx` (a script's run) | `aerender` |
//! | `nth` | a start of that program, or a list: `2`, `[1, 2]` | every |
//! | `times` | matches so often, then never again | for ever |
//! | `composition` | only `-comp` of this name | any |
//! | `frames` | only when `-s`..`-e` touches these, or one of them is not given | any |
//! | `multi_frame` | only with multi-frame rendering on, or off | any |
//!
//! `in` is a phase, `launch`, `load`, `first_frame`, `frame` (before a frame ends: `at` says which, else the
//! first), `finalise`, `exit`.
//!
//! | `[[run]]`: what | keys | what happens |
//! |---|---|---|
//! | `hang` | `in`, `at`, `how`, `who` | `sleep`, `burn`, or `dialog` (blocks, and is deaf to polite signals from its start); `who` = `aerender`: only at `exit` |
//! | `crash` | `in`, `at`, `by`, `victim`, `exit`, `leaves`, `movie` | `by`: `exit` (default), `segv`, `abort`, `kill`; `victim`: `afterfx` (default; aerender then says the socket sentence and leaves with `exit`, 1), `aerender`, `both`; `leaves` = `truncated` or `empty` file of that frame; `movie` = `short`: what is there so far plays, else it is unfinished |
//! | `orphan` | `in`, `at`, `exit` | aerender leaves with `exit` (0), AfterFX lives on and hears nothing |
//! | `deaf` | true | AfterFX does not notice that aerender is gone |
//! | `lie` | `how`, `frames`, `by`, `exit` | exit 0 (or `exit`), yet: `silent` (after Launching), `frames_missing` (lines, no files for `frames`), `wrong_range` (moved by `by`), `logged_error`, `unfinished` (stops half-way, says nothing more) |
//! | `spoil` | `how`, `frames` | files are `truncated`, `empty`, `stale` (another frame's, a day old), `wrong_size`, `garbage`; a movie is too short by `frames`, or empty |
//! | `refuse` | `with`, `at`, `exit`, `path` | what After Effects says no with; the list is [`complaint::Reason`] |
//! | `slow` | the keys of `times` | other times for this run |
//! | `say` | list of `in`, `at`, `text`, `repeat`, `garbage`, `noise` | says `text` `repeat` times in one line, or so many garbage bytes; `noise`: on stdout itself, not through the socket |
//!
//! `standin.starts` beside the story has one JSON line for each start: `program`, `nth`, `pid`, `arguments`,
//! `env`, `markers`.
//!
//! # Projects
//!
//! A project is a TOML text, see [`project`]; anything else is a damaged file. What is in it can be seen in
//! the pictures: their colour is a fingerprint of the composition's texts, properties and footage, the frame
//! number is drawn on them and told in a text chunk (`Frame`).
//!
//! # What is assumed
//!
//! Not known from any log, and so a guess: all words in Japanese and Korean, and those of the other languages
//! that `words` does not mark as seen; the sentence for a full disk; that a sequence without `[#]` gets its
//! number before the extension; the order in which frames end with multi-frame rendering; and the exit code
//! after `aerender ERROR -1701` and after the socket sentence (1). Noise on stdout never falls into the middle
//! of another line here; with the real programs it may. A script that fails, or does not call `app.quit()`,
//! leaves After Effects open, as a person would find it; what it does with a changed project at `app.quit()`
//! is not modelled. A script's run does not see renders of the same installation as another open After Effects:
//! the story says so (`another_open`).

mod aerender;
mod afterfx;
mod arguments;
mod complaint;
mod movie;
mod phase;
mod picture;
mod project;
mod script;
mod sound;
mod span;
mod speech;
mod story;
mod timecode;
mod wire;
mod words;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How the program was called.
struct Called {
    /// The installation: the folder of the program.
    folder: PathBuf,
    /// The program's own path, to start it again.
    program: PathBuf,
    arguments: Vec<String>,
}

/// The story file is wrong: a code that no Adobe program has.
const BAD_STORY: u8 = 70;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let name = PathBuf::from(arguments.next().unwrap_or_else(|| OsString::from("aerender")));
    let mut arguments: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    let program = program_path(&name);
    let folder = program.parent().unwrap_or(Path::new(".")).to_owned();
    let story = match story::Story::find(&folder) {
        Ok(story) => story,
        Err(problem) => {
            eprintln!("aerender-standin: {problem}");
            return ExitCode::from(BAD_STORY);
        }
    };
    let first = arguments.first().map(String::as_str);
    let is_editor =
        name.file_stem().is_some_and(|stem| stem.to_string_lossy().eq_ignore_ascii_case("afterfx"));
    let code = match first {
        Some(wire::CHILD_FLAG) => afterfx::run(&story, &arguments),
        Some("--as-afterfx") => {
            arguments.remove(0);
            script::run(&story, &arguments)
        }
        _ if is_editor => script::run(&story, &arguments),
        _ => aerender::run(&story, &Called { folder, program, arguments }),
    };
    // Not `ExitCode`: After Effects' codes are its own, and threads may still be blocked.
    std::process::exit(code)
}

/// Where the program is: by the name it was called by, which a link keeps, else by the system's word.
fn program_path(name: &Path) -> PathBuf {
    let by_name = name.parent().is_some_and(|parent| !parent.as_os_str().is_empty()) && name.exists();
    let path = if by_name { Some(name.to_owned()) } else { std::env::current_exe().ok() };
    let path = path.unwrap_or_else(|| name.to_owned());
    std::path::absolute(&path).unwrap_or(path)
}
