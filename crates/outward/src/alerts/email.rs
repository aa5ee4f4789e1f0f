//! E-mail over SMTP. A repeat of an alert has the same `Message-ID`, by which mail systems know it.

use std::path::PathBuf;
use std::time::Duration;

use callsheet_leader::view::PendingAlert;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use reqwest::Url;

use super::{Ended, printable};
use crate::secret;

pub(super) struct Email {
    host: String,
    port: u16,
    tls: Tls,
    user: Option<String>,
    password_file: Option<PathBuf>,
    from: Mailbox,
    to: Vec<Mailbox>,
    timeout: Duration,
}

impl Email {
    pub(super) fn new(
        server: &str,
        user: Option<String>,
        password_file: Option<PathBuf>,
        from: &str,
        to: &[String],
        timeout: Duration,
    ) -> Result<Self, String> {
        let url =
            Url::parse(server).map_err(|error| format!("{} is no URL: {error}", secret::shown(server)))?;
        let host = url.host_str().ok_or_else(|| format!("{server} names no host"))?.to_owned();
        let certified = || TlsParameters::new(host.clone()).map_err(|error| format!("{host}: {error}"));
        // Never STARTTLS if the server happens to offer it: whoever is in between could take that out.
        let (port, tls) = match url.scheme() {
            "smtp" => (25, Tls::None),
            "smtps" => (465, Tls::Wrapper(certified()?)),
            "smtp+starttls" => (587, Tls::Required(certified()?)),
            scheme => {
                return Err(format!(
                    "found the scheme {scheme}, and smtp, smtps and smtp+starttls are allowed"
                ));
            }
        };
        let mailbox =
            |text: &str| text.parse::<Mailbox>().map_err(|error| format!("{text} is no address: {error}"));
        let to = to.iter().map(|to| mailbox(to)).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() {
            return Err("nobody is to be told: to is empty".to_owned());
        }
        let port = url.port().unwrap_or(port);
        Ok(Self { port, tls, user, password_file, from: mailbox(from)?, to, timeout, host })
    }

    pub(super) fn look(&self) -> Result<(), String> {
        if self.user.is_some() != self.password_file.is_some() {
            return Err("user and password_file belong together".to_owned());
        }
        let password = self.password_file.as_deref().map(secret::read).transpose();
        password.map(drop).map_err(|error| error.to_string())
    }

    pub(super) async fn send(&self, alert: &PendingAlert) -> Ended {
        let message = match self.message(alert) {
            Ok(message) => message,
            Err(why) => return Ended::refused(why),
        };
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(self.host.clone())
            .port(self.port)
            .tls(self.tls.clone())
            .timeout(Some(self.timeout));
        let mut password = String::new();
        if let Some((user, file)) = self.user.clone().zip(self.password_file.as_deref()) {
            match secret::read_off(file).await {
                Ok(found) => password = found,
                Err(error) => return Ended::refused(error.to_string()),
            }
            server = server.credentials(Credentials::new(user, password.clone()));
        }
        match tokio::time::timeout(self.timeout, server.build().send(message)).await {
            Ok(Ok(_)) => Ended::Taken,
            Ok(Err(error)) => ended(&error, &password),
            Err(_) => Ended::Unknown { why: format!("it took longer than {:?}", self.timeout) },
        }
    }

    fn message(&self, alert: &PendingAlert) -> Result<Message, String> {
        let domain = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .message_id(Some(format!("<{}@{domain}>", alert.alert.id)))
            .date(std::time::UNIX_EPOCH + Duration::from_millis(alert.raised_at.0))
            .subject(printable(&alert.alert.text, &[]))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            message = message.to(to.clone());
        }
        let body = format!("{}\n\nRaised at {}.\n", alert.alert.text, alert.raised_at);
        message.body(body).map_err(|error| format!("it cannot be written as a message: {error}"))
    }
}

/// The server's word, or that nobody knows.
fn ended(error: &Error, password: &str) -> Ended {
    let why = printable(&error.to_string(), &[password]);
    if error.is_permanent() || error.is_transient() { Ended::refused(why) } else { Ended::Unknown { why } }
}
