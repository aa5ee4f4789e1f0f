//! Values that try to be more than values.

use callsheet_after_effects::script::{Inspection, Outcome, Rendered};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use serde_json::json;

use crate::bench::Bench;

const PROJECT: &str = "var main = comp('Main'), title = textLayer(main, 'title', 'old');";

/// Texts that are anything, often made of what breaks out of literals, comments and files.
fn texts() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("\"; pwned = 1; //".to_owned()),
        Just("'); pwned = 1; ('".to_owned()),
        Just("\\".to_owned()),
        Just("\\\"".to_owned()),
        Just("\r\n\u{2028}\u{2029}\u{85}".to_owned()),
        Just("\0\u{feff}\u{7f}\u{10ffff}😀".to_owned()),
        Just("</script><!-- --> ]]>".to_owned()),
        Just("*/ pwned = 1; /*".to_owned()),
        Just("\n#include \"/etc/passwd\"\n//@include x\n#target photoshop".to_owned()),
        Just("${pwned = 1}`".to_owned()),
        Just("\\u0022; pwned = 1".to_owned()),
        any::<String>(),
    ];
    proptest::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_text_arrives_exactly_as_it_was_given_and_is_never_run(text in texts()) {
        let asset = json!([
            { "type": "data", "layer_name": "title", "property": "Source Text", "value": text },
            { "type": "data", "layer_name": "title", "property": "Transform->Opacity", "expression": text.replace("syntax error", "") },
        ]);
        let bench = Bench::new(PROJECT).data(asset);
        assert_eq!(bench.run().verdict(), Ok(vec![]));
        assert_eq!(bench.text("title.property('Source Text').value.text"), text);
        assert!(bench.holds("typeof pwned === 'undefined'"));
        assert!(bench.plan.script().unwrap().is_ascii());
    }

    #[test]
    fn a_name_is_only_ever_a_name(name in texts()) {
        let name = format!("x{}", name.replace("->", "-").replace('.', "")).trim().to_owned();
        let mut bench = Bench::new(PROJECT).data(json!([
            { "type": "data", "composition": name, "layer_name": name, "property": name, "value": 1 },
        ])).inspect(Inspection {
            render_settings: Some(name.clone()),
            output_module: Some(name.clone()),
            fonts: Some(vec![name.clone()]),
            output: Some(name.clone()),
            ..Inspection::default()
        });
        bench.plan.rendered = Rendered::Composition(name.clone());
        // The report names it back, whole, as long as it is short.
        let failure = bench.run().verdict().unwrap_err();
        assert!(failure.evidence.len() >= 2);
        assert!(bench.holds("typeof pwned === 'undefined'"));

        // Where there is one of that name, it is found.
        bench.evaluate::<()>("app.project = new Project(); main.name = 'other'; delete disk['f /report.json'];");
        bench.evaluate::<()>(&format!("title.name = main.name = {};", ascii(&name)));
        assert_eq!(bench.run().assets[0].outcome, Outcome::MissingProperty);
    }
}

/// A literal made in another way than the product's.
fn ascii(text: &str) -> String {
    let units: Vec<String> = text.encode_utf16().map(|unit| unit.to_string()).collect();
    format!("String.fromCharCode({})", units.join(","))
}
