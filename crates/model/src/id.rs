//! Names of things. Every id is a type of its own, so that one cannot be handed in for another.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits;

/// Name space under which node names and project names become UUIDs (version 5).
const NAME_SPACE: Uuid = Uuid::from_u128(0x6361_6c6c_7368_4565_a584_0063_616c_6c73);

/// A job, named by a UUID that the client may choose: submitting twice under one id is one job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub Uuid);

impl JobId {
    /// Eight characters: what people see and type.
    #[must_use]
    pub fn short(&self) -> String {
        // Version 7 ids begin with the time: two jobs of one minute share their first eight characters.
        // The last eight are random in every version.
        let text = self.0.simple().to_string();
        text[text.len() - 8..].to_owned()
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// The place of a step within its job, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepIndex(pub u16);

impl StepIndex {
    /// As an index into the job's steps.
    #[must_use]
    pub fn at(self) -> usize {
        usize::from(self.0)
    }
}

/// A node's name, unique in its cluster: it is the node's identity.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeName(Arc<str>);

/// A text that cannot be a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{found:?} is not a name: 1 to {max} letters, digits, '-', '_' or '.', beginning with a letter or digit"
)]
pub struct NameError {
    /// What was given, cut to a printable length.
    pub found: String,
    /// The longest name allowed, in bytes.
    pub max: usize,
}

impl NodeName {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// `NameError` when the text is empty, too long or has characters that are unsafe in a path or a URL.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check_name(name)?;
        Ok(Self(name.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The node's UUID: a version 5 UUID of its name, so it is the same on every start.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        Uuid::new_v5(&NAME_SPACE, format!("node/{}", self.0).as_bytes())
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Checks a name of a node, step, label or renderer: these end up in paths, URLs and tables.
///
/// # Errors
/// `NameError`, see [`NodeName::new`].
pub fn check_name(name: &str) -> Result<(), NameError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.len() <= limits::MAX_NAME_BYTES
        && name.chars().all(plain);
    if good {
        Ok(())
    } else {
        Err(NameError { found: name.chars().take(80).collect(), max: limits::MAX_NAME_BYTES })
    }
}

/// The UUID of a project, derived from its name.
#[must_use]
pub fn project_uuid(project: &str) -> Uuid {
    Uuid::new_v5(&NAME_SPACE, format!("project/{project}").as_bytes())
}

/// A fencing token, the identity of a lease. A later lease has a higher token, also over leader restarts:
/// the upper half is the leader's epoch, the lower half counts within it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub u64);

impl Token {
    /// The first token of an epoch.
    #[must_use]
    pub fn first_of(epoch: u32) -> Self {
        Self(u64::from(epoch) << 32)
    }

    /// The leader's epoch this token was made in.
    #[must_use]
    pub fn epoch(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The next token.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The UUID of the frame job under this token, as contracts name it (version 5, of job and token).
    #[must_use]
    pub fn frame_job_uuid(self, job: JobId) -> Uuid {
        Uuid::new_v5(&job.0, &self.0.to_be_bytes())
    }
}

impl fmt::Display for Token {
    /// `epoch.serial`, such as `3.17`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch(), self.0 & u64::from(u32::MAX))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (epoch, serial) = text.split_once('.').ok_or(TokenError)?;
        let epoch: u32 = epoch.parse().map_err(|_| TokenError)?;
        let serial: u32 = serial.parse().map_err(|_| TokenError)?;
        Ok(Self((u64::from(epoch) << 32) | u64::from(serial)))
    }
}

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token is two numbers with a dot between them, such as 3.17")]
pub struct TokenError;

/// One connection of a node to this leader process. Never stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// The MD5 of a template's bytes: its identity everywhere (an After Effects world convention, not a
/// protection against forgery).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Md5(pub [u8; 16]);

/// A text that is no MD5.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an MD5 is 32 hexadecimal digits")]
pub struct Md5Error;

impl fmt::Display for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Md5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Md5 {
    type Err = Md5Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Md5Error);
        }
        let mut bytes = [0; 16];
        for (byte, at) in bytes.iter_mut().zip((0..32).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| Md5Error)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Md5 {
    type Error = Md5Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Md5> for String {
    fn from(md5: Md5) -> Self {
        md5.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_paths_and_urls() {
        assert!(NodeName::new("render-01.studio_b").is_ok());
        for bad in ["", "..", "-x", "a/b", "a b", "ü", &"x".repeat(65)] {
            assert!(NodeName::new(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_later_epoch_has_higher_tokens() {
        assert!(Token::first_of(2) > Token::first_of(1).next().next());
        assert_eq!(Token::first_of(2).next().to_string(), "2.1");
        assert_eq!("2.1".parse(), Ok(Token::first_of(2).next()));
        assert!("2".parse::<Token>().is_err());
    }

    #[test]
    fn an_md5_reads_back() {
        let text = "d41d8cd98f00b204e9800998ecf8427e";
        assert_eq!(text.parse::<Md5>().map(|md5| md5.to_string()).as_deref(), Ok(text));
        assert!("d41d".parse::<Md5>().is_err());
        assert!("zz1d8cd98f00b204e9800998ecf8427e".parse::<Md5>().is_err());
        assert!("+11d8cd98f00b204e9800998ecf8427e".parse::<Md5>().is_err());
    }

    #[test]
    fn a_node_has_the_same_uuid_on_every_start() {
        let name = NodeName::new("anna").unwrap();
        assert_eq!(name.uuid(), NodeName::new("anna").unwrap().uuid());
        assert_ne!(name.uuid(), project_uuid("anna"));
    }
}
