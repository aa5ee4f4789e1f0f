//! What a reader asks for: the query of a stream's URL, and the cursor it comes back with.

use axum::http::HeaderMap;
use callsheet_events::passing::FRAME_COMPLETED;
use callsheet_events::{Filter, fits};

use crate::http::Problem;
use crate::http::problem::FieldProblem;

/// The header that a browser's `EventSource` comes back with.
const HEADER: &str = "last-event-id";
/// What it is called in the query of a client that cannot set headers.
const LAST_EVENT: &str = "last_event_id";

/// What was found is shown up to this many characters.
const SHOWN: usize = 60;

/// A query's parameters, in their order.
pub(super) type Pairs = Vec<(String, String)>;

/// What a stream is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    /// Events after this number; `None`: only what comes from now on.
    pub(super) after: Option<u64>,
    /// Begin with the state as it is, unless the cursor can be gone on from.
    pub(super) snapshot: bool,
    /// Pass signals on, too.
    pub(super) signals: Signals,
    /// Only what fits it.
    pub(super) filter: Filter,
}

/// Which signals a reader wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Signals {
    /// Those it asks for by their type, and with a workflow its progress.
    #[default]
    Named,
    /// All that fit the filter.
    All,
    /// None.
    None,
}

/// What one page of the log is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AskedPage {
    /// Events after this number; `None`: from the oldest one kept.
    pub(super) after: Option<u64>,
    /// At most so many.
    pub(super) limit: usize,
    /// Only what fits it.
    pub(super) filter: Filter,
}

impl Asked {
    /// Reads a stream's parameters. The last event that a client has seen wins over where it began, and the header
    /// over the query: one that comes back says it beside the URL that it began with.
    ///
    /// # Errors
    /// Every parameter that is wrong.
    pub(super) fn read(pairs: Pairs, headers: &HeaderMap) -> Result<Self, Problem> {
        let mut parameters = Parameters { left: pairs, wrong: Vec::new() };
        let after = parameters.take("after", number);
        let last = parameters.take_last_event();
        let snapshot = parameters.take("snapshot", flag).unwrap_or(false);
        let signals = match parameters.take("signals", flag) {
            None => Signals::Named,
            Some(true) => Signals::All,
            Some(false) => Signals::None,
        };
        let header = headers.get(HEADER).filter(|value| !value.is_empty());
        let header = header.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let header = header.and_then(|value| parameters.read(HEADER, &value, number));
        let filter = parameters.filter()?;
        Ok(Self { after: header.or(last).or(after), snapshot, signals, filter })
    }
}

impl Asked {
    /// Whether any signal can be wanted.
    pub(super) fn wants_signals(&self) -> bool {
        match self.signals {
            Signals::None => false,
            Signals::Named => self.filter.wants_passing(),
            Signals::All => true,
        }
    }

    /// Whether single frames that were accepted can be wanted, as signals.
    pub(super) fn wants_frames(&self) -> bool {
        let named = || self.filter.types.iter().any(|pattern| fits(pattern, FRAME_COMPLETED));
        let all = self.signals == Signals::All && self.filter.types.is_empty();
        self.wants_signals() && (all || named())
    }
}

impl AskedPage {
    /// Reads a page's parameters.
    ///
    /// # Errors
    /// Every parameter that is wrong.
    pub(super) fn read(pairs: Pairs) -> Result<Self, Problem> {
        let mut parameters = Parameters { left: pairs, wrong: Vec::new() };
        let after = parameters.take("after", number);
        let limit = parameters.take("limit", limit).unwrap_or(DEFAULT_LIMIT);
        Ok(Self { after, limit, filter: parameters.filter()? })
    }
}

/// Events on a page when nothing is said.
const DEFAULT_LIMIT: usize = 100;

/// Parameters that are not read yet, and what is wrong with those that are.
struct Parameters {
    left: Pairs,
    wrong: Vec<FieldProblem>,
}

type Read<T> = fn(&str) -> Result<T, &'static str>;

impl Parameters {
    fn take<T>(&mut self, name: &'static str, read: Read<T>) -> Option<T> {
        let taken = self.remove(|key| key == name);
        self.one(name, &taken, read)
    }

    /// The last event that the client has seen. Like the header, an empty one says nothing.
    fn take_last_event(&mut self) -> Option<u64> {
        let mut taken = self.remove(names_last_event);
        taken.retain(|(_, value)| !value.is_empty());
        self.one(LAST_EVENT, &taken, number)
    }

    /// Takes out all parameters of a name.
    fn remove(&mut self, is_it: impl Fn(&str) -> bool) -> Pairs {
        let (taken, left) = std::mem::take(&mut self.left).into_iter().partition(|(key, _)| is_it(key));
        self.left = left;
        taken
    }

    fn one<T>(&mut self, name: &'static str, taken: &[(String, String)], read: Read<T>) -> Option<T> {
        match taken {
            [] => None,
            [(_, value)] => self.read(name, value, read),
            [.., (_, value)] => {
                self.refuse(name, value, "it may be given once");
                None
            }
        }
    }

    fn read<T>(&mut self, name: &'static str, value: &str, read: Read<T>) -> Option<T> {
        read(value).map_err(|allowed| self.refuse(name, value, allowed)).ok()
    }

    fn refuse(&mut self, name: &'static str, found: &str, allowed: &str) {
        let found = format!("{:?}", found.chars().take(SHOWN).collect::<String>());
        self.wrong.push(FieldProblem::new(name, found, allowed));
    }

    /// Everything left is the filter's.
    fn filter(mut self) -> Result<Filter, Problem> {
        // The token in the URL of a client that cannot set headers; it has been seen at the door.
        self.left.retain(|(key, _)| key != "access_token");
        let pairs = std::mem::take(&mut self.left);
        match Filter::parse(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))) {
            Ok(filter) if self.wrong.is_empty() => Ok(filter),
            parsed => {
                let filters =
                    parsed.err().map(|error| FieldProblem::new(error.field, error.found, error.allowed));
                self.wrong.extend(filters);
                Err(Problem::invalid_fields(self.wrong))
            }
        }
    }
}

/// Clients spell it as the header, as other parameters here, and as `lastEventId`, which libraries for browsers do.
fn names_last_event(key: &str) -> bool {
    let letters =
        key.bytes().filter(|byte| !matches!(byte, b'-' | b'_')).map(|byte| byte.to_ascii_lowercase());
    letters.eq(*b"lasteventid")
}

fn number(text: &str) -> Result<u64, &'static str> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain).ok_or("it is the number of an event, as in its sequence")
}

fn flag(text: &str) -> Result<bool, &'static str> {
    text.parse().map_err(|_| "it is true or false")
}

fn limit(text: &str) -> Result<usize, &'static str> {
    let limit = text.parse().ok().filter(|limit| (1..=callsheet_model::limits::MAX_PAGE).contains(limit));
    limit.ok_or("it is a number from 1 to 1000")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &[(&str, &str)], header: Option<&str>) -> Result<Asked, Problem> {
        let pairs = query.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(HEADER, header.parse().unwrap());
        }
        Asked::read(pairs, &headers)
    }

    #[test]
    fn the_header_wins_over_the_query() {
        assert_eq!(asked(&[("after", "3")], Some("7")).unwrap().after, Some(7));
        assert_eq!(asked(&[("last_event_id", "3")], None).unwrap().after, Some(3));
        assert_eq!(asked(&[("after", "3")], Some("")).unwrap().after, Some(3), "an empty one says nothing");
        assert_eq!(asked(&[], None).unwrap().after, None);
    }

    #[test]
    fn a_client_without_headers_says_in_the_query_what_it_has_seen_however_it_spells_it() {
        for name in ["last_event_id", "Last-Event-ID", "last-event-id", "lastEventId", "LASTEVENTID"] {
            assert_eq!(asked(&[(name, "3")], None).unwrap().after, Some(3), "{name}");
            let back = asked(&[("after", "0"), (name, "3")], None).unwrap();
            assert_eq!(back.after, Some(3), "{name} beside where it began");
            assert_eq!(asked(&[(name, ""), ("after", "1")], None).unwrap().after, Some(1), "{name} empty");
            assert_eq!(asked(&[(name, "x")], None).unwrap_err().code(), "bad_parameter", "{name}");
        }
        assert!(asked(&[("last_event_id", "3"), ("lastEventId", "4")], None).is_err(), "two of them");
        assert!(asked(&[("last_event", "3")], None).is_err(), "something else");
    }

    #[test]
    fn the_token_of_the_url_is_not_the_filters() {
        assert!(asked(&[("access_token", "secret")], None).is_ok());
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let problem = asked(&[("after", "x"), ("signals", "1"), ("run", "7")], Some("y")).unwrap_err();
        for field in ["after: ", "signals: ", "last-event-id: ", "run: "] {
            assert!(problem.detail().contains(field), "{}", problem.detail());
        }
        assert_eq!(problem.code(), "bad_parameter");
    }

    #[test]
    fn signals_are_passed_on_for_those_who_ask() {
        let wants = |query: &[(&str, &str)]| {
            let asked = asked(query, None).unwrap();
            (asked.wants_signals(), asked.wants_frames())
        };
        assert_eq!(wants(&[]), (false, false));
        assert_eq!(wants(&[("types", "*")]), (false, false));
        assert_eq!(wants(&[("types", "node.*")]), (true, true));
        assert_eq!(wants(&[("types", "node.*"), ("signals", "false")]), (false, false));
        assert_eq!(wants(&[("types", "node.heartbeat.v1")]), (true, false));
        assert_eq!(wants(&[("signals", "true")]), (true, true));
        assert_eq!(wants(&[("signals", "true"), ("types", "job.*")]), (true, false));
        let workflow = ("workflow", "00000000-0000-4000-8000-000000000001");
        assert_eq!(wants(&[workflow]), (true, false));
    }

    #[test]
    fn a_page_has_one_to_a_thousand_events() {
        let page = |limit: &str| AskedPage::read(vec![("limit".into(), limit.into())]);
        assert_eq!(page("1000").unwrap().limit, 1000);
        assert_eq!(AskedPage::read(Vec::new()).unwrap().limit, DEFAULT_LIMIT);
        for limit in ["0", "1001", "-1", "x", ""] {
            assert_eq!(page(limit).unwrap_err().code(), "bad_parameter", "{limit}");
        }
    }
}
