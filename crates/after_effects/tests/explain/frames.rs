//! Whatever frames a render finishes, in whatever way it says so: the log gives back exactly those.

use callsheet_after_effects::log::LogFact;
use callsheet_after_effects::verdict::{Account, Order};
use callsheet_model::FrameSet;
use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{Index, select};

/// How a render counts: the header's words for its rate, whole frames a second, and whether numbers are left out.
const RATES: [(&str, i64, bool); 17] = [
    ("23.976", 24, false),
    ("23,976", 24, false),
    ("24.00", 24, false),
    ("25,00", 25, false),
    ("29.97", 30, false),
    ("29.97", 30, true),
    ("29,97", 30, true),
    ("30.00", 30, false),
    ("50.00", 50, false),
    ("59.94", 60, false),
    ("59.94", 60, true),
    ("60.00", 60, false),
    ("12.00", 12, false),
    ("15.00", 15, false),
    ("48.00", 48, false),
    ("119.88", 120, true),
    ("120.00", 120, false),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shown {
    Timecode,
    Count,
    Film,
}

/// One render, and how it is told.
#[derive(Clone, Debug)]
struct Told {
    rate: (&'static str, i64, bool),
    shown: Shown,
    start: i64,
    length: i64,
    finished: Vec<i64>,
    render_log: bool,
    late_header: bool,
    fields: bool,
    again: bool,
    end: &'static str,
    language: usize,
}

/// Labels of a header, the word for seconds, and the two moments of a composition.
const LANGUAGES: [[&str; 7]; 5] = [
    [
        "Start",
        "End",
        "Duration",
        "Frame Rate",
        "Seconds",
        "Starting composition \"A (1).\".",
        "Finished composition \"A (1).\".",
    ],
    [
        "Anfang",
        "Ende",
        "Dauer",
        "Framerate",
        "Sekunden",
        "Komposition \"A\" gestartet.",
        "Komposition \"A\" beendet.",
    ],
    [
        "Début",
        "Fin",
        "Durée",
        "Cadence",
        "secondes",
        "début de la composition « A ».",
        "fin de la composition « A ».",
    ],
    [
        "開始",
        "終了",
        "デュレーション",
        "フレームレート",
        "秒",
        "コンポジション「A」を開始",
        "コンポジション「A」を終了",
    ],
    // No words of any language that is known, but the form of all the others.
    ["Ξεκίνημα", "Τέλος", "Διάρκεια", "Ρυθμός", "δευτ.", "Έναρξη «A».", "Τέλος «A»."],
];

impl Told {
    fn position(&self, frame: i64) -> String {
        let (_, base, drop) = self.rate;
        match self.shown {
            Shown::Count => frame.to_string(),
            Shown::Film => format!("{:04}+{:02}", frame / 16, frame % 16),
            Shown::Timecode => {
                let mut number = frame;
                if drop {
                    // The usual way: two (or four) numbers a minute are left out, except in every tenth.
                    let left = base / 15;
                    let (minute, ten) = (base * 60 - left, base * 600 - 9 * left);
                    let (tens, rest) = (frame / ten, frame % ten);
                    number += 9 * left * tens
                        + if rest < base * 60 { 0 } else { left * ((rest - base * 60) / minute + 1) };
                }
                let (s, f) = (number / base, number % base);
                let sep = if drop { ';' } else { ':' };
                format!("{}{sep}{:02}{sep}{:02}{sep}{f:02}", s / 3600, s / 60 % 60, s % 60)
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        let words = LANGUAGES[self.language];
        let position = |frame| self.position(frame);
        let header = [
            format!("{}: {}", words[0], position(self.start)),
            format!("{}: {}", words[1], position(self.start + self.length - 1)),
            format!("{}: {}", words[2], self.duration()),
            format!("{}: {} (comp)", words[3], self.rate.0),
        ];
        let mut lines = vec![format!("7/5/2024 6:22:38 PM: {}", words[5])];
        if !self.late_header {
            lines.extend(header.clone());
        }
        for frame in &self.finished {
            let (position, nth) = (position(*frame), frame - self.start + 1);
            let marks: &[&str] = if self.fields { &["U", "L"] } else { &[""] };
            for mark in marks {
                for _ in 0..=usize::from(self.again) {
                    lines.push(format!("{position} ({nth}{mark}): 0 {}", words[4]));
                }
            }
        }
        if self.late_header {
            lines.extend(header);
        }
        lines.push(format!("7/5/2024 6:23:38 PM: {}", words[6]));
        lines
    }

    /// A length has no numbers left out at its begin; what it says is not needed here.
    fn duration(&self) -> String {
        let plain = Self { rate: (self.rate.0, self.rate.1, false), ..self.clone() };
        plain.position(self.length)
    }

    fn bytes(&self) -> String {
        let before = if self.render_log { "  " } else { "PROGRESS:  " };
        self.lines().iter().map(|line| format!("{before}{line}{}", self.end)).collect()
    }

    fn expected(&self) -> FrameSet {
        self.finished.iter().map(|frame| i32::try_from(*frame).unwrap()).collect()
    }
}

fn told() -> impl Strategy<Value = Told> {
    let span = (prop_oneof![Just(0_i64), 1..5_i64, 0..200_000_i64], 1..400_i64);
    let finished = prop::collection::vec(any::<Index>(), 0..60);
    let shown = select(vec![Shown::Timecode, Shown::Timecode, Shown::Timecode, Shown::Count, Shown::Film]);
    let ways = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let end = select(vec!["\n", "\r\n", "\r"]);
    (select(RATES.to_vec()), shown, span, finished, ways, end, 0..LANGUAGES.len()).prop_map(
        |(rate, shown, (start, length), finished, (render_log, late, fields, again), end, language)| {
            let finished = finished.iter().map(|index| start + index.index(length as usize) as i64);
            // Only the form tells what an unknown language says, and it needs the order for it.
            let late_header = late && language + 1 != LANGUAGES.len();
            Told {
                rate,
                shown: if language + 1 == LANGUAGES.len() { Shown::Timecode } else { shown },
                start,
                length,
                finished: finished.collect(),
                render_log,
                late_header,
                fields,
                again,
                end,
                language,
            }
        },
    )
}

fn account(bytes: &str, order: Order) -> (Account, FrameSet) {
    let mut account = Account::new(order);
    let mut told = FrameSet::new();
    let mut take = |facts: Vec<LogFact>| {
        for fact in facts {
            if let LogFact::FrameFinished(frame) = fact {
                assert!(told.insert(frame), "frame {frame} is told once");
            }
        }
    };
    for line in bytes.split(['\n', '\r']) {
        take(account.line(line));
    }
    take(account.close());
    (account, told)
}

proptest! {
    #[test]
    fn what_is_printed_is_read(told in told()) {
        let bytes = told.bytes();
        let (account, facts) = account(&bytes, Order::default());
        prop_assert_eq!(account.finished(), &told.expected(), "{}", bytes);
        prop_assert_eq!(&facts, &told.expected());
        let composition = account.compositions().next().unwrap();
        // A foreign language's end is only known by its form once every frame is there.
        if told.language + 1 != LANGUAGES.len() {
            prop_assert_eq!((account.compositions().count(), composition.is_finished()), (1, true), "{}", bytes);
        }
        prop_assert_eq!(account.errors().len(), 0);
    }

    #[test]
    fn what_remains_is_exact(told in told(), asked in 0..400_i32) {
        let first = i32::try_from(told.start).unwrap();
        let asked = FrameSet::range(first, first + asked);
        let order = Order { frames: Some(asked.clone()), ..Order::default() };
        let (account, _) = account(&told.bytes(), order);
        prop_assert_eq!(account.remaining().unwrap(), asked.difference(&told.expected()), "{}", told.bytes());
    }

    #[test]
    fn without_a_header_the_lines_tell_the_rate(rate in select(RATES.to_vec()), start in 0..5000_i64, length in 1..20_i64) {
        let length = length * rate.1;
        let told = Told {
            rate: (rate.0, rate.1, false),
            shown: Shown::Timecode,
            start,
            length: length + rate.1,
            finished: (start..start + length + rate.1).collect(),
            render_log: false,
            late_header: false,
            fields: false,
            again: false,
            end: "\n",
            language: 0,
        };
        let bytes: String = told.bytes().lines().filter(|line| line.contains("Seconds")).map(|line| format!("{line}\n")).collect();
        let (account, facts) = account(&bytes, Order::default());
        prop_assert_eq!(account.finished(), &told.expected());
        prop_assert_eq!(facts, told.expected());
    }

    #[test]
    fn projects_that_count_from_one_give_the_numbers_that_were_asked_for(first in 1..5000_i64, length in 1..300_i64, rate in select(RATES.to_vec())) {
        // What is frame 1 to such a project is 0:00:00:00 on its clock.
        let told = Told {
            rate,
            shown: Shown::Timecode,
            start: first - 1,
            length,
            finished: (first - 1..first - 1 + length).collect(),
            render_log: false,
            late_header: false,
            fields: false,
            again: false,
            end: "\n",
            language: 0,
        };
        let asked = FrameSet::range(first as i32, (first + length - 1) as i32);
        let order = Order { frames: Some(asked.clone()), ..Order::default() };
        let (account, _) = account(&told.bytes(), order);
        prop_assert_eq!(account.finished(), &asked);
        prop_assert_eq!(account.remaining().unwrap(), FrameSet::new());
    }
}

#[test]
fn a_frame_of_two_fields_is_finished_when_both_are() {
    let mut account = Account::new(Order::default());
    for line in ["PROGRESS:  Start: 0;00;00;00", "PROGRESS:  Frame Rate: 29.97 (comp)"] {
        account.line(line);
    }
    for line in
        ["0;00;00;03 (4U)", "0;00;00;03 (4U)", "0;00;00;04 (5L)", "0;00;00;04 (5U)", "0;00;00;03 (4U)"]
    {
        account.line(&format!("PROGRESS:  {line}: 0 Seconds"));
    }
    assert_eq!(account.finished(), &FrameSet::one(4));
    account.line("PROGRESS:  0;00;00;03 (4L): 0 Seconds");
    assert_eq!(account.finished(), &FrameSet::range(3, 4));
}

#[test]
fn names_of_compositions_are_no_frames() {
    let mut account = Account::new(Order::default());
    for line in [
        "PROGRESS:  4/7/19 3:01:44 AM EDT: Starting composition 00003 (30p).",
        "PROGRESS:  4/7/19 3:01:44 AM EDT: Finished composition 00003 (30p).",
        "  15/03/2022 19:28:47: Starting composition “0:00:00:05 (6): 0 Seconds”.",
        "  15/03/2022 19:28:47: Finished composition “0:00:00:05 (6): 0 Seconds”.",
    ] {
        account.line(line);
    }
    assert!(account.finished().is_empty());
    let names: Vec<_> = account.compositions().map(|composition| composition.name().unwrap()).collect();
    assert_eq!(names, ["00003 (30p)", "0:00:00:05 (6): 0 Seconds"]);
    assert!(account.compositions().all(|composition| composition.is_finished()));
}
