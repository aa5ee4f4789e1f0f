//! Canonical JSON: the vectors of RFC 8785, and that spelling never matters.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use callsheet_events::canonical;
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Appendix B of RFC 8785: doubles by their bits, and how they are written.
const NUMBERS: [(u64, &str); 24] = [
    (0x0000_0000_0000_0000, "0"),
    (0x8000_0000_0000_0000, "0"),
    (0x0000_0000_0000_0001, "5e-324"),
    (0x8000_0000_0000_0001, "-5e-324"),
    (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
    (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
    (0x4340_0000_0000_0000, "9007199254740992"),
    (0xc340_0000_0000_0000, "-9007199254740992"),
    (0x4430_0000_0000_0000, "295147905179352830000"),
    (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
    (0x44b5_2d02_c7e1_4af6, "1e+23"),
    (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
    (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
    (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
    (0x444b_1ae4_d6e2_ef50, "1e+21"),
    (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
    (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
    (0x41b3_de43_5555_5553, "333333333.3333332"),
    (0x41b3_de43_5555_5554, "333333333.33333325"),
    (0x41b3_de43_5555_5555, "333333333.3333333"),
    (0x41b3_de43_5555_5556, "333333333.3333334"),
    (0x41b3_de43_5555_5557, "333333333.33333343"),
    (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
    (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
];

#[test]
fn numbers_are_written_as_appendix_b_says() {
    for (bits, wanted) in NUMBERS {
        // With an exponent it is a double for every reader.
        let literal = format!("{:e}", f64::from_bits(bits));
        let literal = if literal.contains('e') { literal } else { format!("{literal}e0") };
        assert_eq!(canonical(&literal).as_deref(), Ok(wanted), "{bits:016x}, from {literal}");
    }
}

#[test]
fn the_sample_of_section_3_2_2_comes_out_in_order() {
    let input = r#"{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
    }"#;
    let wanted = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
        \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
    assert_eq!(canonical(input).as_deref(), Ok(wanted));
}

#[test]
fn keys_stand_in_the_order_of_section_3_2_3() {
    let input = r#"{
        "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis"
    }"#;
    let text = canonical(input).unwrap();
    let order = ["Carriage Return", "One", "Control", "Latin Small", "Euro Sign", "Emoji", "Hebrew"];
    let places: Vec<usize> = order.iter().map(|value| text.find(value).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn integers_that_a_double_does_not_hold_are_hashed_as_their_digits() {
    for (given, wanted) in [
        ("9007199254740991", "9007199254740991"),
        ("-9007199254740991", "-9007199254740991"),
        ("9007199254740992", "9007199254740992"),
        ("9007199254740993", "\"9007199254740993\""),
        ("-9007199254740993", "\"-9007199254740993\""),
        ("123456789012345678901234567890", "\"123456789012345678901234567890\""),
        ("1089652258759264100", "1089652258759264100"),
        ("1089652258759264128", "\"1089652258759264128\""),
        ("1.0896522587592641e18", "1089652258759264100"),
        ("-0", "0"),
        ("1.0", "1"),
        ("1e2", "100"),
    ] {
        assert_eq!(canonical(given).as_deref(), Ok(wanted), "{given}");
    }
}

#[test]
fn what_has_no_canonical_form_is_refused_with_its_place() {
    for (given, place) in [
        (r#"{"a":{"b":1,"b":1}}"#, "a.b"),
        (r#"{"a":[1,1e400]}"#, "a[1]"),
        (r#"{"a":"\ud800"}"#, "a"),
        (r#"{"a":}"#, ""),
        ("", ""),
        ("{} {}", ""),
        ("[01]", ""),
        ("NaN", ""),
    ] {
        let error = canonical(given).unwrap_err();
        assert_eq!(error.place, place, "{given}: {error}");
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert!(canonical(&deep).unwrap_err().allowed.contains("deep"));
}

/// Any JSON without large integers, about which RFC 8785 and this crate differ.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53) + 1..1 << 53).prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |value| value.is_finite()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,8}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The same value, spelt otherwise: members in another order, space everywhere, characters escaped.
fn respelt(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push_str("[ ");
            for (nth, item) in items.iter().enumerate() {
                out.push_str(if nth > 0 { " ,\n" } else { "" });
                respelt(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push_str("{\t");
            for (nth, (key, item)) in members.iter().rev().enumerate() {
                out.push_str(if nth > 0 { "\r\n, " } else { "" });
                respelt(&Value::from(key.as_str()), out);
                out.push_str(" : ");
                respelt(item, out);
            }
            out.push('}');
        }
        Value::String(text) => {
            out.push('"');
            for unit in text.encode_utf16() {
                out.push_str(&format!("\\u{unit:04X}"));
            }
            out.push('"');
        }
        other => out.push_str(&other.to_string()),
    }
}

proptest! {
    #[test]
    fn spelling_never_matters(value in json()) {
        let mut other = String::new();
        respelt(&value, &mut other);
        let once = canonical(&value.to_string()).unwrap();
        prop_assert_eq!(&once, &canonical(&other).unwrap());
        prop_assert_eq!(&once, &canonical(&once).unwrap(), "it is its own canonical form");
        prop_assert_eq!(once, serde_json_canonicalizer::to_string(&value).unwrap());
    }

    #[test]
    fn different_integers_never_have_one_form(a in any::<i64>(), b in any::<i64>()) {
        let form = |number: i64| canonical(&number.to_string()).unwrap();
        prop_assert_eq!(form(a) == form(b), a == b);
        let near = a.wrapping_add(1);
        prop_assert_ne!(form(a), form(near));
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = canonical(&text);
    }
}
