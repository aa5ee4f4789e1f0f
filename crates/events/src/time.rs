//! Times as others write them: RFC 3339 with any offset, made UTC with a trailing `Z`, as precise as they were given.

/// The same moment in UTC, with as many digits of a second as there were; none for what is no RFC 3339 time.
pub(crate) fn normal(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_digit() || b"-:+.TtZz ".contains(&byte);
    let bytes = text.as_bytes();
    let shaped = bytes.len() >= 20
        && bytes.len() <= 40
        && bytes.iter().all(|byte| plain(*byte))
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && matches!(bytes[10], b'T' | b't' | b' ');
    if !shaped {
        return None;
    }
    let time: jiff::Timestamp = text.parse().ok()?;
    let fraction = bytes.get(19) == Some(&b'.');
    let digits = bytes[20..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let normal = if fraction { format!("{time:.digits$}") } else { format!("{time:.0}") };
    // RFC 3339 knows years of four digits, and in UTC it may be the one before.
    normal.starts_with(|first: char| first.is_ascii_digit()).then_some(normal)
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn any_offset_becomes_utc_and_precision_stays() {
        let cases = [
            ("2026-05-31T03:14:15Z", Some("2026-05-31T03:14:15Z")),
            ("2026-05-31T03:14:15.120Z", Some("2026-05-31T03:14:15.120Z")),
            ("2026-05-31T03:14:15.123456789Z", Some("2026-05-31T03:14:15.123456789Z")),
            ("2026-05-31T03:14:15.123456+00:00", Some("2026-05-31T03:14:15.123456Z")),
            ("2026-05-31T01:14:15.5-02:00", Some("2026-05-31T03:14:15.5Z")),
            ("2026-06-01t00:00:00z", Some("2026-06-01T00:00:00Z")),
            ("2026-06-01 00:00:00+05:30", Some("2026-05-31T18:30:00Z")),
            ("1969-12-31T23:59:59.000Z", Some("1969-12-31T23:59:59.000Z")),
            ("2026-05-31T03:14:15", None),
            ("2026-05-31", None),
            ("2026-13-31T03:14:15Z", None),
            ("2026-02-30T03:14:15Z", None),
            ("2026-05-31T03:14:15.Z", None),
            ("2026-05-31T03:14:15Z[Europe/Berlin]", None),
            ("yesterday, at about noon", None),
            ("-002026-05-31T03:14:15Z", None),
            ("0000-01-01T00:00:00Z", Some("0000-01-01T00:00:00Z")),
            ("0000-01-01T00:00:00+23:00", None),
            ("", None),
            ("ééééééééééé", None),
        ];
        for (given, wanted) in cases {
            assert_eq!(normal(given).as_deref(), wanted, "{given:?}");
            if let Some(wanted) = wanted {
                assert_eq!(normal(wanted).as_deref(), Some(wanted), "it is its own normal form");
            }
        }
    }
}
