//! The words of After Effects' progress, by language.
//!
//! English, German, French and Portuguese words marked `seen` stand in real logs or in what farm software looks
//! for; the others are the words that the program's interface uses. Whatever language is not here is understood
//! by the form of its lines: see `composition`. It refuses to be a list of every language.

use std::sync::LazyLock;

use super::text::{is_wide, skeleton};

/// A language, by its code.
pub(super) type Tongue = &'static str;

/// What a line of a header is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Start,
    End,
    Duration,
    Rate,
}

/// Labels, and the languages that have them.
const LABELS: &[(Label, Tongue, &str)] = &[
    (Label::Start, "en", "start"),       // seen
    (Label::End, "en", "end"),           // seen
    (Label::Duration, "en", "duration"), // seen
    (Label::Rate, "en", "frame rate"),   // seen
    (Label::Start, "de", "anfang"),      // seen
    (Label::End, "de", "ende"),
    (Label::Duration, "de", "dauer"), // seen
    (Label::Rate, "de", "framerate"),
    (Label::Start, "fr", "début"),
    (Label::End, "fr", "fin"),
    (Label::Duration, "fr", "durée"),
    (Label::Rate, "fr", "cadence"),
    (Label::Rate, "fr", "cadence d'images"),
    (Label::Rate, "fr", "fréquence d'images"),
    (Label::Start, "es", "inicio"),
    (Label::End, "es", "final"),
    (Label::Duration, "es", "duración"),
    (Label::Rate, "es", "velocidad de fotogramas"),
    (Label::Start, "pt", "início"),
    (Label::End, "pt", "término"),
    (Label::End, "pt", "fim"),
    (Label::Duration, "pt", "duração"),
    (Label::Rate, "pt", "taxa de quadros"),
    (Label::Start, "it", "inizio"),
    (Label::End, "it", "fine"),
    (Label::Duration, "it", "durata"),
    (Label::Rate, "it", "frequenza fotogrammi"),
    (Label::Start, "ja", "開始"),
    (Label::End, "ja", "終了"),
    (Label::Duration, "ja", "デュレーション"),
    (Label::Rate, "ja", "フレームレート"),
    (Label::Start, "zh", "开始"),
    (Label::End, "zh", "结束"),
    (Label::Duration, "zh", "持续时间"),
    (Label::Rate, "zh", "帧速率"),
    (Label::Start, "ko", "시작"),
    (Label::End, "ko", "끝"),
    (Label::End, "ko", "종료"),
    (Label::Duration, "ko", "지속 시간"),
    (Label::Rate, "ko", "프레임 속도"),
    (Label::Start, "ru", "начало"),
    (Label::End, "ru", "конец"),
    (Label::Duration, "ru", "длительность"),
    (Label::Rate, "ru", "частота кадров"),
];

/// A text of the tables, ready to be compared.
#[derive(Debug)]
struct Word {
    /// Its skeleton, or where that would say nothing the text itself.
    text: String,
    wide: bool,
}

impl Word {
    fn new(text: &str) -> Self {
        let wide = is_wide(text);
        Self { text: if wide { text.to_owned() } else { skeleton(text) }, wide }
    }

    /// The one of both forms of a text that this word is compared with.
    fn side<'a>(&self, bones: &'a str, lower: &'a str) -> &'a str {
        if self.wide { lower } else { bones }
    }
}

static LABEL_WORDS: LazyLock<Vec<(Label, Tongue, Word)>> =
    LazyLock::new(|| LABELS.iter().map(|(label, tongue, word)| (*label, *tongue, Word::new(word))).collect());

/// Whether a text has a word of a script whose skeleton says nothing.
pub(super) fn has_wide_word(text: &str) -> bool {
    let lower = text.to_lowercase();
    let labels = LABEL_WORDS.iter().map(|(_, _, word)| word);
    let moments = MOMENT_WORDS.iter().map(|(_, _, before, _)| before);
    let elapsed = ELAPSED_WORDS.iter().map(|(_, word)| word);
    let mut wide = labels.chain(moments).chain(elapsed).filter(|word| word.wide);
    wide.any(|word| lower.contains(&word.text))
}

/// A label, whatever became of its accents.
pub(super) fn label(text: &str) -> Option<(Label, Tongue)> {
    let (bones, lower) = (skeleton(text), text.trim().to_lowercase());
    let bones = bones.trim_matches([' ', '~']);
    let found = LABEL_WORDS.iter().find(|(_, _, word)| word.side(bones, &lower) == word.text);
    found.map(|(label, tongue, _)| (*label, *tongue))
}

/// That a composition is begun or finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Begun,
    Done,
}

/// What stands before and after a composition's name.
const MOMENTS: &[(Moment, Tongue, &str, &str)] = &[
    (Moment::Begun, "en", "starting composition", ""), // seen
    (Moment::Done, "en", "finished composition", ""),  // seen
    (Moment::Done, "de", "komposition", "beendet"),    // seen
    (Moment::Done, "de", "komposition", "abgeschlossen"),
    (Moment::Begun, "de", "komposition", "wird gestartet"),
    (Moment::Begun, "de", "komposition", "gestartet"),
    (Moment::Begun, "de", "komposition", "begonnen"),
    (Moment::Begun, "de", "starten der komposition", ""),
    (Moment::Begun, "de", "start der komposition", ""),
    (Moment::Done, "fr", "fin de la composition", ""), // seen
    (Moment::Begun, "fr", "début de la composition", ""),
    (Moment::Begun, "pt", "iniciando composição", ""), // seen
    (Moment::Done, "pt", "concluindo composição", ""),
    (Moment::Done, "pt", "composição", "concluída"),
    (Moment::Done, "pt", "composição", "finalizada"),
    (Moment::Begun, "es", "iniciando composición", ""),
    (Moment::Begun, "es", "inicio de la composición", ""),
    (Moment::Done, "es", "composición", "finalizada"),
    (Moment::Done, "es", "composición", "terminada"),
    (Moment::Done, "es", "fin de la composición", ""),
    (Moment::Begun, "it", "avvio composizione", ""),
    (Moment::Begun, "it", "avvio della composizione", ""),
    (Moment::Done, "it", "composizione", "completata"),
    (Moment::Done, "it", "composizione", "terminata"),
    (Moment::Begun, "ja", "コンポジション", "開始"),
    (Moment::Done, "ja", "コンポジション", "終了"),
    (Moment::Done, "ja", "コンポジション", "完了"),
    (Moment::Begun, "ja", "コンポジション", "開始しています"),
    (Moment::Begun, "ja", "コンポジション", "開始しました"),
    (Moment::Done, "ja", "コンポジション", "終了しました"),
    (Moment::Done, "ja", "コンポジション", "完了しました"),
    (Moment::Begun, "zh", "开始合成", ""),
    (Moment::Done, "zh", "完成合成", ""),
    (Moment::Begun, "zh", "合成", "开始"),
    (Moment::Done, "zh", "合成", "完成"),
    (Moment::Begun, "ko", "컴포지션", "시작"),
    (Moment::Begun, "ko", "컴포지션", "시작 중"),
    (Moment::Done, "ko", "컴포지션", "완료"),
    (Moment::Begun, "ru", "композиц", "начат"),
    (Moment::Done, "ru", "композиц", "завершен"),
];

static MOMENT_WORDS: LazyLock<Vec<(Moment, Tongue, Word, Word)>> = LazyLock::new(|| {
    let words = MOMENTS.iter();
    words
        .map(|(moment, tongue, before, after)| (*moment, *tongue, Word::new(before), Word::new(after)))
        .collect()
});

/// What happens to a composition, in which language, and the part of the text that holds its name.
pub(super) fn moment(text: &str) -> Option<(Moment, Tongue, &str)> {
    let text = text.trim().trim_end_matches(['.', '。', ' ']);
    let (bones, lower) = (skeleton(text), text.to_lowercase());
    MOMENT_WORDS.iter().find_map(|(moment, tongue, before, after)| {
        let side = before.side(&bones, &lower);
        let met =
            side.starts_with(&before.text) && side.ends_with(&after.text) && side.len() > before.text.len();
        let (from, to) = met.then(|| match before.wide {
            true => (before.text.chars().count(), after.text.chars().count()),
            // Where letters were lost, places in the skeleton are not those in the text.
            false => {
                (covered(text.chars(), before.text.len()), covered(text.chars().rev(), after.text.len()))
            }
        })?;
        Some((*moment, *tongue, between(text, from, to)))
    })
}

/// How many characters have a skeleton of so many.
fn covered(chars: impl Iterator<Item = char>, bones: usize) -> usize {
    let (mut count, mut length, mut last) = (0, 0, None);
    for c in chars {
        let bone = skeleton(c.encode_utf8(&mut [0; 4])).chars().next();
        let same = bone == last && matches!(bone, Some('~' | ' '));
        if length == bones && !same {
            break;
        }
        length += usize::from(!same);
        count += 1;
        last = bone;
    }
    if bones == 0 { 0 } else { count }
}

/// A text without so many characters at both ends.
fn between(text: &str, before: usize, after: usize) -> &str {
    let mut chars = text.chars();
    (0..before).for_each(|_| {
        chars.next();
    });
    (0..after).for_each(|_| {
        chars.next_back();
    });
    chars.as_str()
}

/// What is said when the queue is done. The first is from real logs.
const ELAPSED: &[(Tongue, &str)] = &[
    ("en", "total time elapsed"),
    ("de", "gesamtzeit"),
    ("de", "verstrichene gesamtzeit"),
    ("fr", "temps total"),
    ("fr", "durée totale"),
    ("es", "tiempo total"),
    ("pt", "tempo total"),
    ("it", "tempo totale"),
    ("ja", "合計経過時間"),
    ("ja", "総経過時間"),
    ("zh", "总用时"),
    ("zh", "总经过时间"),
    ("ko", "총 경과 시간"),
    ("ru", "общее время"),
];

static ELAPSED_WORDS: LazyLock<Vec<(Tongue, Word)>> =
    LazyLock::new(|| ELAPSED.iter().map(|(tongue, words)| (*tongue, Word::new(words))).collect());

/// That the queue is done, and after how many seconds.
pub(super) fn elapsed(text: &str) -> Option<(Tongue, Option<u64>)> {
    let text = text.trim().trim_start_matches('*').trim_start();
    let (_, value) = text.split_once(':')?;
    let (bones, lower) = (skeleton(text), text.to_lowercase());
    let begins = |(_, words): &&(Tongue, Word)| words.side(&bones, &lower).starts_with(&words.text);
    let (tongue, _) = ELAPSED_WORDS.iter().find(begins)?;
    Some((tongue, seconds(value)))
}

/// `26 Hr, 15 Min`, `1 Min, 28 Sec`, `17 Seconds`, `1 Std. 2 Min.`
fn seconds(text: &str) -> Option<u64> {
    let (mut total, mut rest, mut any) = (0_u64, text, false);
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (number, after) = super::stamp::number(rest.get(at..)?, 7)?;
        let unit = after.trim_start().to_lowercase();
        let hours = ["h", "st", "ore", "ч", "時", "时", "小时", "시"];
        let minutes = ["m", "м", "分", "분"];
        let begins = |units: &[&str]| units.iter().any(|word| unit.starts_with(word));
        let worth = if begins(&hours) {
            3600
        } else if begins(&minutes) {
            60
        } else {
            1
        };
        total = total.saturating_add(u64::from(number) * worth);
        (rest, any) = (after, true);
    }
    any.then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_known_in_every_encoding() {
        let broken = String::from_utf8_lossy(b"Dur\xe9e").into_owned();
        for text in ["Durée", "durée ", broken.as_str(), "DurÃ©e"] {
            assert_eq!(label(text), Some((Label::Duration, "fr")), "{text}");
        }
        assert_eq!(label("Start"), Some((Label::Start, "en")));
        assert_eq!(label("Start Frame"), None);
        assert_eq!(label("デュレーション"), Some((Label::Duration, "ja")));
        assert_eq!(label("Частота кадров"), Some((Label::Rate, "ru")));
    }

    #[test]
    fn a_composition_s_moments_are_known_with_its_name() {
        let told =
            |text: &str| moment(text).map(|(moment, tongue, name)| (moment, tongue, name.trim().to_owned()));
        assert_eq!(told("Finished composition \"a b\"."), Some((Moment::Done, "en", "\"a b\"".into())));
        assert_eq!(told("Komposition „a“ beendet."), Some((Moment::Done, "de", "„a“".into())));
        assert_eq!(told("fin de la composition « a »."), Some((Moment::Done, "fr", "« a »".into())));
        assert_eq!(
            told("iniciando composi\u{fffd}\u{fffd}o \"a\""),
            Some((Moment::Begun, "pt", "\"a\"".into()))
        );
        assert_eq!(told("コンポジション「a」を終了").map(|told| told.0), Some(Moment::Done));
        assert_eq!(told("Finished"), None);
        assert_eq!(
            told("Starting composition \"Finished composition\".").map(|told| told.0),
            Some(Moment::Begun)
        );
    }

    #[test]
    fn times_are_read_in_their_units() {
        let told = |text: &str| elapsed(text).map(|(_, seconds)| seconds);
        assert_eq!(told("Total Time Elapsed: 26 Hr, 15 Min"), Some(Some(94_500)));
        assert_eq!(told("**Total Time Elapsed: 17 Seconds"), Some(Some(17)));
        assert_eq!(told("Gesamtzeit: 1 Std. 2 Min."), Some(Some(3720)));
        assert_eq!(told("Total Time Elapsed: "), Some(None));
        assert_eq!(told("Total Time"), None);
    }
}
