//! A mail server that fails as it is told. It speaks as much of SMTP (RFC 5321) as is needed to take a message.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What it does with a message, once it has all of it.
#[derive(Clone, Copy, Debug)]
pub enum Mail {
    Take,
    /// It answers with this code.
    Answer(u16),
    /// It never answers.
    Hang,
    /// It takes the message, and the connection breaks before it can say so.
    Break,
}

/// A message as it came, of whoever it came from.
#[derive(Clone, Debug)]
pub struct Message {
    pub from: String,
    pub to: Vec<String>,
    pub text: String,
    /// What was said to log in, in the clear.
    pub login: Option<String>,
}

impl Message {
    pub fn header(&self, name: &str) -> &str {
        let lines = self.text.lines().take_while(|line| !line.is_empty());
        let mut pairs = lines.filter_map(|line| line.split_once(": "));
        pairs.find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

pub struct Server {
    pub address: SocketAddr,
    pub messages: mpsc::UnboundedReceiver<Message>,
    serving: tokio::task::JoinHandle<()>,
}

impl Server {
    pub async fn start(script: &[Mail]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(script.iter().copied().collect::<VecDeque<_>>()));
        let (told, messages) = mpsc::unbounded_channel();
        let serving = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, script.clone(), told.clone()));
            }
        });
        Self { address, messages, serving }
    }

    pub async fn next(&mut self) -> Message {
        super::within("a message", self.messages.recv()).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One connection; nothing when it is over.
async fn serve(
    stream: TcpStream,
    script: Arc<Mutex<VecDeque<Mail>>>,
    told: mpsc::UnboundedSender<Message>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let (mut from, mut to, mut login) = (String::new(), Vec::new(), None);
    say(&mut stream, "220 mail.test").await?;
    loop {
        let line = line(&mut stream).await?;
        let answer = match line.to_ascii_uppercase() {
            hello if hello.starts_with("EHLO") => {
                "250-mail.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN"
            }
            auth if auth.starts_with("AUTH PLAIN ") => {
                login = Some(line["AUTH PLAIN ".len()..].to_owned());
                "235 welcome"
            }
            mail if mail.starts_with("MAIL FROM:") => {
                from = line["MAIL FROM:".len()..].to_owned();
                "250 ok"
            }
            rcpt if rcpt.starts_with("RCPT TO:") => {
                to.push(line["RCPT TO:".len()..].to_owned());
                "250 ok"
            }
            data if data == "DATA" => {
                say(&mut stream, "354 go on").await?;
                let text = text(&mut stream).await?;
                let does = script.lock().unwrap().pop_front().unwrap_or(Mail::Take);
                let message = Message { from: from.clone(), to: to.clone(), text, login: login.clone() };
                told.send(message).ok()?;
                match does {
                    Mail::Take => "250 taken",
                    Mail::Answer(code) => {
                        say(&mut stream, &format!("{code} not now")).await?;
                        continue;
                    }
                    Mail::Hang => std::future::pending().await,
                    Mail::Break => return None,
                }
            }
            quit if quit == "QUIT" => "221 bye",
            _ => "502 what?",
        };
        say(&mut stream, answer).await?;
    }
}

async fn say(stream: &mut BufReader<TcpStream>, text: &str) -> Option<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await.ok()?;
    (length > 0).then(|| line.trim_end().to_owned())
}

async fn text(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut text = String::new();
    loop {
        match line(stream).await?.as_str() {
            "." => return Some(text),
            line => text.push_str(&format!("{line}\n")),
        }
    }
}
