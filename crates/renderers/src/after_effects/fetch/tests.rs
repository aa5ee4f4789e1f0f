//! Fetching from paths, data URLs and a real server on loopback.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use callsheet_after_effects::script::DataSet;
use tempfile::TempDir;

use super::*;

const NO_WAIT: [Duration; 2] = [Duration::ZERO; 2];

/// A server that gives each request to a function, with how many came before it.
struct Server {
    address: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    fn new(answer: impl Fn(usize, &str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let path = request(&stream);
                // Whoever hangs up has heard enough.
                let _ = (&stream).write_all(&answer(count.fetch_add(1, Ordering::SeqCst), &path));
            }
        });
        Self { address, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// The path that a request asks for.
fn request(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    lines.find(String::is_empty);
    first.split(' ').nth(1).unwrap_or_default().to_owned()
}

fn answer(status: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{head}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// The source as a job names it.
fn source(src: &str) -> Source {
    let setting = serde_json::json!([{ "type": "image", "src": src, "layer_name": "Logo" }]);
    let set = DataSet::read(&setting).unwrap_or_else(|problems| panic!("{problems:?}"));
    set.sources().next().unwrap().1.clone()
}

fn fetch_with(paths: &PathMap, most: u64, src: &str) -> (TempDir, PathBuf, Result<Fetched, Failure>) {
    let home = tempfile::tempdir().unwrap();
    let to = home.path().join("a0");
    let fetcher = Fetcher::new(paths, home.path()).with_limits(most, ALTOGETHER, &NO_WAIT);
    let fetched = fetcher.fetch(&source(src), &to);
    (home, to, fetched)
}

fn fetch(src: &str) -> (TempDir, PathBuf, Result<Fetched, Failure>) {
    fetch_with(&PathMap::default(), 1 << 20, src)
}

fn refused(src: &str) -> String {
    let (_home, _, fetched) = fetch(src);
    let failure = fetched.unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing, "{failure}");
    failure.message
}

#[test]
fn a_file_comes_through_the_nodes_map_of_paths() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("logo.PNG"), "pixels").unwrap();
    let paths = PathMap::new([("/show".to_owned(), here.path().display().to_string())]);
    let (_home, to, fetched) = fetch_with(&paths, 100, "/show/logo.PNG");
    let expected = Fetched { md5: md5::compute("pixels").0, ending: Some("png".into()) };
    assert_eq!(fetched.unwrap(), expected);
    assert_eq!(fs::read_to_string(to).unwrap(), "pixels");
    let (_home, _, gone) = fetch_with(&paths, 100, "/show/gone.png");
    let said = gone.unwrap_err().message;
    assert!(said.starts_with("/show/gone.png (") && said.contains("on this node) cannot be read"), "{said}");
    assert!(refused(here.path().to_str().unwrap()).contains("it is no file"));
}

#[test]
fn a_data_url_is_the_file_itself() {
    let (_home, to, fetched) = fetch("data:image/jpeg;base64,cGl4ZWxz");
    assert_eq!(fetched.unwrap().ending.as_deref(), Some("jpg"));
    assert_eq!(fs::read_to_string(to).unwrap(), "pixels");
    let said = refused("data:image/png;base64,SECRET*");
    assert!(said.contains("broken base64") && !said.contains("SECRET"), "{said}");
    assert!(refused("data:image/png;base64,").contains("is empty"));
}

#[test]
fn a_url_is_fetched_through_redirects() {
    let server = Server::new(|_, path| match path {
        "/a" => answer("302 Found", "Location: /b?x=1\r\n", b""),
        _ => answer("200 OK", "Content-Type: image/png; charset=binary\r\n", b"pixels"),
    });
    let (_home, to, fetched) = fetch(&server.url("/a"));
    let expected = Fetched { md5: md5::compute("pixels").0, ending: Some("png".into()) };
    assert_eq!(fetched.unwrap(), expected);
    assert_eq!((fs::read_to_string(to).unwrap().as_str(), server.asked()), ("pixels", 2));
}

#[test]
fn a_url_that_is_gone_is_named_without_its_secrets() {
    let server = Server::new(|_, _| answer("404 Not Found", "", b"no"));
    let said = refused(&server.url("/logo.png?token=SECRET"));
    assert!(said.contains("/logo.png?…") && said.contains("404"), "{said}");
    assert!(!said.contains("SECRET"), "{said}");
    assert_eq!(server.asked(), 1, "asking again cannot help");
}

#[test]
fn a_server_that_stumbles_is_asked_again() {
    let server = Server::new(|before, _| match before {
        0 => answer("503 Service Unavailable", "", b""),
        // Half of what was promised.
        1 => b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\npix".to_vec(),
        _ => answer("200 OK", "", b"pixels"),
    });
    let (_home, to, fetched) = fetch(&server.url("/logo.png"));
    assert!(fetched.is_ok(), "{fetched:?}");
    assert_eq!((fs::read_to_string(to).unwrap().as_str(), server.asked()), ("pixels", 3));
    let server = Server::new(|_, _| answer("500 Oh", "", b""));
    assert!(refused(&server.url("/x")).contains("the server says 500"));
    assert_eq!(server.asked(), 3, "but not for ever");
}

#[test]
fn nothing_comes_without_end() {
    let server = Server::new(|_, path| match path {
        "/told" => answer("200 OK", "", &[7; 3 << 20]),
        "/round" => answer("302 Found", "Location: /round\r\n", b""),
        // Without a length, up to the end of the connection.
        _ => [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".as_slice(), &[7; 3 << 20]].concat(),
    });
    for path in ["/told", "/untold"] {
        let said = refused(&server.url(path));
        assert!(said.ends_with("is larger than 1048576 bytes, which is the most that is fetched"), "{said}");
    }
    let said = refused(&server.url("/round"));
    assert!(said.contains("does not answer"), "{said}");
    let big = tempfile::tempdir().unwrap();
    let path = big.path().join("big.mov");
    File::create(&path).unwrap().set_len(2 << 20).unwrap();
    assert!(refused(path.to_str().unwrap()).contains("is larger than"));
}

#[test]
fn a_server_that_is_not_there_does_not_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let said = refused(&format!("http://user:SECRET@{address}/a.png"));
    assert!(said.contains("/a.png does not answer") && !said.contains("SECRET"), "{said}");
}

#[test]
fn endings_are_those_that_after_effects_knows() {
    assert_eq!(ending("https://x/a.b/logo.JPEG").as_deref(), Some("jpeg"));
    assert_eq!(ending("https://x/a.b/logo"), None);
    assert_eq!(ending("/a/b.very-long-ending"), None);
    for (kind, sub, expected) in [
        ("video", "quicktime", Some("mov")),
        ("audio", "mpeg", Some("mp3")),
        ("image", "png", Some("png")),
        ("image", "x-exr", Some("exr")),
        ("application", "octet-stream", None),
    ] {
        assert_eq!(ending_of_kind(kind, sub).as_deref(), expected, "{kind}/{sub}");
    }
}

#[test]
fn a_url_of_a_program_says_nothing_of_the_file_it_makes() {
    let server = Server::new(|_, path| match path {
        "/short" => answer("302 Found", "Location: /b/logo.tga\r\n", b""),
        "/b/logo.tga" => answer("200 OK", "Content-Type: application/octet-stream\r\n", b"pixels"),
        "/what" | "/box.c4d" => answer("200 OK", "", b"pixels"),
        _ => answer("200 OK", "Content-Type: image/png\r\n", b"pixels"),
    });
    let named = |path: &str| fetch(&server.url(path)).2.unwrap().ending;
    for (path, expected) in [
        ("/logo.php?id=3", Some("png")),
        ("/logo.jpeg", Some("jpeg")),
        ("", Some("png")),
        ("/short", Some("tga")),
        ("/what", None),
        ("/box.c4d", Some("c4d")),
    ] {
        assert_eq!(named(path).as_deref(), expected, "{path}");
    }
}

/// A stream that comes drop by drop and never ends; `after` is called when a few drops are there.
fn dripping(after: impl Fn() + Send + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            request(&stream);
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nConnection: close\r\n\r\n");
            for nth in 0_u32.. {
                if stream.write_all(b"drop").is_err() {
                    break;
                }
                if nth == 3 {
                    after();
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
    });
    Server { address, asked: Arc::default() }
}

#[test]
fn files_that_nobody_waits_for_any_more_are_given_up() {
    let home = tempfile::tempdir().unwrap();
    let scratch = home.path().join("scratch");
    fs::create_dir(&scratch).unwrap();
    let gone = scratch.clone();
    let server = dripping(move || fs::remove_dir(&gone).unwrap());
    let paths = PathMap::default();
    let fetcher = Fetcher::new(&paths, &scratch).with_limits(1 << 20, ALTOGETHER, &NO_WAIT);
    let failure = fetcher.fetch(&source(&server.url("/a.png")), &home.path().join("a0")).unwrap_err();
    assert_eq!(failure.class, FailureClass::Agent, "{failure}");
}

#[test]
fn all_files_together_have_a_time() {
    let home = tempfile::tempdir().unwrap();
    let server = dripping(|| ());
    let paths = PathMap::default();
    let fetcher =
        Fetcher::new(&paths, home.path()).with_limits(1 << 20, Duration::from_millis(200), &NO_WAIT);
    let failure = fetcher.fetch(&source(&server.url("/a.png")), &home.path().join("a0")).unwrap_err();
    assert_eq!(failure.class, FailureClass::InputMissing, "{failure}");
    let next = fetcher.fetch(&source(&server.url("/b.png")), &home.path().join("a1")).unwrap_err();
    assert!(next.message.contains("took more than"), "{next}");
}
