//! aerender's command line, checked as Adobe's start-up script checks it: flags one by one, each takes what
//! follows as its value whatever it looks like, the first thing wrong ends it. Which flags there are depends
//! on the version. What the values mean is decided where they are used.

/// Exit codes of the start-up script; each is one more with `-log`.
pub(crate) mod code {
    /// Nothing went wrong, or nobody noticed.
    pub(crate) const OK: i32 = 0;
    /// After Effects itself.
    pub(crate) const APP: i32 = 1;
    /// Asked for help, or for nothing.
    pub(crate) const USAGE: i32 = 2;
    /// The command line.
    pub(crate) const SYNTAX: i32 = 3;
    /// Composition, queue item, template, project.
    pub(crate) const NOT_FOUND: i32 = 7;
    /// An error of After Effects.
    pub(crate) const RUNTIME: i32 = 9;
    /// The socket between the two programs.
    pub(crate) const SOCKET: i32 = 11;
}

/// It ends here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    /// Without `-log`.
    pub(crate) code: i32,
    /// The words after `aerender `.
    pub(crate) text: String,
}

impl Stop {
    pub(crate) fn syntax(text: impl Into<String>) -> Self {
        Self { code: code::SYNTAX, text: format!("SYNTAX ERROR: {}", text.into()) }
    }

    pub(crate) fn not_found(text: &str) -> Self {
        Self { code: code::NOT_FOUND, text: format!("ERROR: {text}") }
    }
}

/// What was asked for, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) project: Option<String>,
    pub(crate) composition: Option<String>,
    pub(crate) queue_index: Option<String>,
    pub(crate) render_template: Option<String>,
    pub(crate) module_template: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) log: Option<String>,
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
    pub(crate) increment: Option<String>,
    pub(crate) memory: Option<(String, String)>,
    verbose: Option<String>,
    close: Option<String>,
    sound: Option<String>,
    multi_frame: Option<(String, String)>,
    pub(crate) render_settings: Option<String>,
    pub(crate) output_settings: Option<String>,
    pub(crate) continues: bool,
}

impl Arguments {
    /// Reads the flags.
    pub(crate) fn read(words: &[String], major: u32) -> Result<Self, Stop> {
        if words.is_empty() || words.iter().any(|word| word == "-help") {
            return Err(Stop { code: code::USAGE, text: "USAGE: ".to_owned() });
        }
        let mut read = Self::default();
        let mut words = words.iter();
        while let Some(flag) = words.next() {
            let mut value = || match words.next().map(String::as_str) {
                None | Some("") => Err(Stop::syntax(format!("no value given for flag: {flag}"))),
                Some(value) => Ok(unquoted(value).to_owned()),
            };
            let place = match flag.as_str() {
                "-project" => &mut read.project,
                "-comp" => &mut read.composition,
                "-rqindex" => &mut read.queue_index,
                "-RStemplate" => &mut read.render_template,
                "-OMtemplate" => &mut read.module_template,
                "-output" => &mut read.output,
                "-log" => &mut read.log,
                "-s" => &mut read.start,
                "-e" => &mut read.end,
                "-i" => &mut read.increment,
                "-v" => &mut read.verbose,
                "-close" => &mut read.close,
                "-sound" => &mut read.sound,
                "-renderSettings" if major >= 22 => &mut read.render_settings,
                "-outputSettings" if major >= 22 => &mut read.output_settings,
                "-mem_usage" => {
                    read.memory = Some((value()?, value()?));
                    continue;
                }
                "-mfr" if major >= 22 => {
                    read.multi_frame = Some((value()?, value()?));
                    continue;
                }
                "-continueOnMissingFootage" => {
                    read.continues = true;
                    continue;
                }
                "-doSavePrefsOnQuit" => continue,
                "-reuse" if major < 22 => continue,
                "-mp" if major < 15 => continue,
                _ => return Err(Stop::syntax(format!("Illegal argument flag: {flag}"))),
            };
            *place = Some(value()?);
        }
        Ok(read)
    }

    /// Values that are checked before anything is opened.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        let allowed: [(&Option<String>, &[&str], &str); 3] = [
            (&self.verbose, &["ERRORS", "ERRORS_AND_PROGRESS"], "verbose"),
            (&self.close, &["DO_NOT_CLOSE", "DO_NOT_SAVE_CHANGES", "SAVE_CHANGES"], "close"),
            (&self.sound, &["ON", "OFF", "on", "off"], "sound"),
        ];
        for (value, allowed, name) in allowed {
            if value.as_deref().is_some_and(|value| !allowed.contains(&value)) {
                return Err(Stop::syntax(format!("Bad value for -{name}.")));
            }
        }
        let share = |text: &str| text.parse::<f64>().is_ok_and(|share| (1.0..=100.0).contains(&share));
        match &self.multi_frame {
            Some((on, most)) if !["ON", "OFF"].contains(&on.as_str()) || !share(most) => {
                Err(Stop::syntax("Bad value for -mfr."))
            }
            _ => Ok(()),
        }
    }

    /// Whether frames are worked on several at once: since version 22 it is on unless switched off.
    pub(crate) fn multi_frame(&self, major: u32) -> bool {
        self.multi_frame.as_ref().map_or(major >= 22, |(on, _)| on == "ON")
    }

    /// Whether only errors are to be said.
    pub(crate) fn is_quiet(&self) -> bool {
        self.verbose.as_deref() == Some("ERRORS")
    }

    /// The display numbers asked for, where both are given as numbers.
    pub(crate) fn frames(&self) -> Option<(i64, i64)> {
        Some((whole(self.start.as_deref()?)?, whole(self.end.as_deref()?)?))
    }
}

/// A number as a script's `parseInt` reads it: as far as it is one.
pub(crate) fn whole(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let number: i64 = digits.get(..length)?.parse().ok()?;
    Some(if text.starts_with('-') { -number } else { number })
}

fn unquoted(word: &str) -> &str {
    word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, major: u32) -> Result<Arguments, Stop> {
        Arguments::read(&line.split(' ').map(str::to_owned).collect::<Vec<_>>(), major)
    }

    #[test]
    fn a_flag_takes_whatever_follows() {
        let stop = read("-mfr ON -v ERRORS", 24).unwrap_err();
        assert_eq!(stop.text, "SYNTAX ERROR: Illegal argument flag: ERRORS");
        assert_eq!(
            read("-comp A -mem_usage 10", 24).unwrap_err(),
            Stop::syntax("no value given for flag: -mem_usage")
        );
    }

    #[test]
    fn flags_belong_to_versions() {
        assert!(read("-mfr ON 80", 24).unwrap().multi_frame(24));
        assert_eq!(read("-mfr ON 80", 18).unwrap_err().code, 3);
        assert!(read("-reuse", 18).is_ok());
        assert_eq!(read("-reuse", 22).unwrap_err(), Stop::syntax("Illegal argument flag: -reuse"));
    }

    #[test]
    fn values_are_checked() {
        let bad = |line: &str| read(line, 24).unwrap().check().unwrap_err().text;
        assert_eq!(bad("-v ALL"), "SYNTAX ERROR: Bad value for -verbose.");
        assert_eq!(bad("-mfr MAYBE 50"), "SYNTAX ERROR: Bad value for -mfr.");
        assert_eq!(bad("-mfr ON 0"), "SYNTAX ERROR: Bad value for -mfr.");
        assert_eq!(bad("-sound loud"), "SYNTAX ERROR: Bad value for -sound.");
        assert_eq!(read("-v ERRORS -close SAVE_CHANGES -sound on", 24).unwrap().check(), Ok(()));
    }

    #[test]
    fn numbers_are_read_as_far_as_they_go() {
        assert_eq!((whole("12a"), whole("-3"), whole("a")), (Some(12), Some(-3), None));
    }
}
