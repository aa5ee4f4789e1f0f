//! Which code page a line was written in. Most of what matters is ASCII; where a whole sentence is not (Japanese,
//! Korean, Chinese, Russian), the page is the one in which the line has a word that After Effects says.
//!
//! It refuses to guess by statistics: a line without such a word, or one that is no whole text in any of the pages,
//! is taken as UTF-8 with its broken parts replaced.

use std::borrow::Cow;

use encoding_rs::{EUC_KR, Encoding, GBK, SHIFT_JIS, WINDOWS_1251};

use super::words::has_wide_word;

/// The pages of Windows for the languages whose letters are lost entirely as UTF-8.
static PAGES: [&Encoding; 4] = [SHIFT_JIS, EUC_KR, GBK, WINDOWS_1251];

/// A line as text.
#[must_use]
pub fn decoded(line: &[u8]) -> Cow<'_, str> {
    let Err(_) = std::str::from_utf8(line) else { return String::from_utf8_lossy(line) };
    let known = PAGES.iter().find_map(|page| {
        let text = page.decode_without_bom_handling_and_without_replacement(line)?;
        has_wide_word(&text).then_some(text)
    });
    known.unwrap_or_else(|| String::from_utf8_lossy(line))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_read_in_the_page_that_it_was_written_in() {
        let lines = [
            (SHIFT_JIS, "PROGRESS:  コンポジション “Main”. が終了しました"),
            (SHIFT_JIS, "PROGRESS:  フレームレート: 25.00 (コンポ)"),
            (EUC_KR, "PROGRESS:  컴포지션 “Main”. 완료"),
            (EUC_KR, "PROGRESS:  총 경과 시간: 0 초"),
            (GBK, "PROGRESS:  完成合成 “Main”。"),
            (WINDOWS_1251, "PROGRESS:  Композиция «Main» завершена"),
        ];
        for (page, text) in lines {
            let (bytes, _, lost) = page.encode(text);
            assert!(!lost && decoded(&bytes) == text, "{}: {:?}", page.name(), decoded(&bytes));
            assert_eq!(decoded(text.as_bytes()), text);
        }
    }

    #[test]
    fn what_has_no_known_word_is_left_alone() {
        assert_eq!(decoded(b"Dur\xe9e: 0:00:00:10"), "Dur\u{fffd}e: 0:00:00:10");
        assert_eq!(
            decoded(b"PROGRESS:  0:00:00:05 (6): 0 \x95\x62"),
            "PROGRESS:  0:00:00:05 (6): 0 \u{fffd}b"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_text(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = decoded(&line);
            prop_assert!(std::str::from_utf8(&line).is_err() || text.as_bytes() == line);
        }
    }
}
