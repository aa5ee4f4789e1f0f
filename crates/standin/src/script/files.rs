//! Files as scripts reach them. Text is written in the file's encoding: what a code page lacks is lost there,
//! as it is in After Effects.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use encoding_rs::WINDOWS_1252;
use rquickjs::{Ctx, Function, Object};

/// A text file: UTF-8, or else Windows' western page.
pub(super) fn read(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    })
}

fn write(path: &Path, text: &str, encoding: &str, append: bool) -> bool {
    let bytes = match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" => text.as_bytes().to_vec(),
        _ => text.chars().map(western).collect(),
    };
    let file = fs::OpenOptions::new().create(true).write(true).append(append).truncate(!append).open(path);
    file.and_then(|mut file| file.write_all(&bytes)).is_ok()
}

fn western(char: char) -> u8 {
    let text = char.to_string();
    let (coded, _, is_lacking) = WINDOWS_1252.encode(&text);
    coded.first().copied().filter(|_| !is_lacking).unwrap_or(b'?')
}

fn kind(path: &Path) -> &'static str {
    match path.metadata() {
        Ok(found) if found.is_dir() => "folder",
        Ok(_) => "file",
        Err(_) => "",
    }
}

fn list(path: &Path) -> String {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    serde_json::json!(names).to_string()
}

/// Without `.` and `..`, from the working directory.
fn absolute(path: &str) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let mut plain = PathBuf::new();
    for part in whole.components() {
        match part {
            std::path::Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    let text = plain.to_string_lossy().into_owned();
    // Scripts know one separator.
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}

/// Hands these to the objects.
pub(super) fn give<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> rquickjs::Result<()> {
    let new = || ctx.clone();
    let remove = |path: String| fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)).is_ok();
    host.set("absolute", Function::new(new(), |path: String| absolute(&path))?)?;
    let join = |folder: String, path: String| Path::new(&folder).join(path).to_string_lossy().into_owned();
    host.set("join", Function::new(new(), join)?)?;
    host.set("kind", Function::new(new(), |path: String| kind(Path::new(&path)))?)?;
    host.set("list", Function::new(new(), |path: String| list(Path::new(&path)))?)?;
    host.set("mkdir", Function::new(new(), |path: String| fs::create_dir_all(path).is_ok())?)?;
    host.set("read", Function::new(new(), |path: String| read(Path::new(&path)))?)?;
    host.set("remove", Function::new(new(), remove)?)?;
    host.set("rename", Function::new(new(), |from: String, to: String| fs::rename(from, to).is_ok())?)?;
    host.set("copy", Function::new(new(), |from: String, to: String| fs::copy(from, to).is_ok())?)?;
    // A length in JavaScript is a floating-point number.
    #[allow(clippy::cast_precision_loss)]
    let size = |path: String| fs::metadata(path).map_or(-1.0, |found| found.len() as f64);
    host.set("size", Function::new(new(), size)?)?;
    let write = |path: String, text: String, encoding: String, append: bool| {
        write(Path::new(&path), &text, &encoding, append)
    };
    host.set("write", Function::new(new(), write)?)
}
