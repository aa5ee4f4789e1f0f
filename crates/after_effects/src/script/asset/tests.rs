//! Data sets as people write them, and every way of writing them wrong.

use serde_json::json;

use super::*;

fn read(assets: Value) -> DataSet {
    DataSet::read(&assets).unwrap()
}

/// What is said of one asset, without the beginning that all places share.
fn said(asset: Value) -> Vec<String> {
    let problems = DataSet::read(&json!([asset])).unwrap_err();
    let shown =
        |found: Problem| format!("{}: {}", found.place.replace("settings.assets[0]", ""), found.message);
    problems.into_iter().map(shown).collect()
}

#[test]
fn every_kind_is_read_under_both_spellings() {
    let ours = json!([
        { "type": "image", "src": "/a.png", "layer_name": "logo", "composition": "Main->Lower third", "continue_on_missing": true },
        { "type": "audio", "src": "data:audio/wav;base64,AA==", "layer_index": 3 },
        { "type": "video", "src": "https://x/a.mov", "layer_name": "clip", "composition": "*" },
        { "type": "data", "layer_name": "title", "property": "Source Text", "value": "Hi" },
        { "type": "data", "layer_name": "title", "property": "Transform->Opacity", "expression": "time" },
        { "type": "script", "src": "file:///tune.jsx" },
        { "type": "static", "src": "/show/list.csv" },
    ]);
    let theirs = ours.to_string();
    let theirs = theirs.replace("layer_name", "layerName").replace("layer_index", "layerIndex");
    let theirs = theirs.replace("continue_on_missing", "continueOnMissing");
    assert_eq!(read(ours.clone()), read(serde_json::from_str(&theirs).unwrap()));

    let set = read(ours);
    let Asset::Footage { media, source, target } = &set.assets[0] else { panic!("{:?}", set.assets[0]) };
    assert_eq!((*media, source), (Media::Image, &Source::File("/a.png".to_owned())));
    let path = vec!["Main".to_owned(), "Lower third".to_owned()];
    assert_eq!(target.scope, Scope::Named { name: "Main->Lower third".to_owned(), path });
    assert!(target.may_be_missing && target.layer == Layer::Name("logo".to_owned()));
    assert!(matches!(&set.assets[6], Asset::Static { name, .. } if name == "list.csv"));
    assert_eq!(set.sources().map(|(index, _)| index).collect::<Vec<_>>(), [0, 1, 2, 5, 6]);
}

#[test]
fn paths_to_properties() {
    let path = |text: &str| Property::read(text).map(|found| (found.path.join("|"), found.style));
    assert_eq!(path("Effects->Fill->Color"), Ok(("Effects|Fill|Color".to_owned(), None)));
    assert_eq!(path("Transform.Opacity"), Ok(("Transform|Opacity".to_owned(), None)));
    assert_eq!(path("Effects -> Glow 1.2 -> Radius"), Ok(("Effects|Glow 1.2|Radius".to_owned(), None)));
    assert_eq!(path("Text->Source Text.fontSize"), Ok(("Text|Source Text".to_owned(), Some("fontSize"))));
    assert_eq!(path("Source Text.text"), Ok(("Source Text".to_owned(), None)));
    assert!(path("Transform->").unwrap_err().contains("an empty step"));
    assert!(path("Source Text.colour").unwrap_err().contains("allowed are text, font, fontSize"));
    assert!(path(&"a.".repeat(40)).is_err());
}

#[test]
fn every_mistake_is_named_at_once() {
    let problems = DataSet::read(&json!([
        { "type": "image", "layer_name": "a" },
        { "type": "movie" },
        { "type": "data", "layer_name": "", "layer_index": 0, "property": "x" },
        7,
    ]))
    .unwrap_err();
    let shown: Vec<String> =
        problems.iter().map(|found| format!("{}: {}", found.place, found.message)).collect();
    assert_eq!(
        shown,
        [
            "settings.assets[0].src: is missing: a path or a URL of the file",
            "settings.assets[1].type: \"movie\" is not allowed here: one of image, audio, video, data, script, static",
            "settings.assets[2].layer_index: cannot be given together with layer_name: keep one of them",
            "settings.assets[2].value: is missing: give a value or an expression",
            "settings.assets[3]: 7 is not allowed here: an asset",
        ]
    );
}

#[test]
fn keys_that_an_asset_has_no_use_for_are_refused() {
    assert_eq!(
        said(json!({ "type": "script", "src": "/a.jsx", "layer_name": "x" })),
        [".layer_name: is no key of a script asset: allowed are type, src"]
    );
    assert_eq!(
        said(json!({ "type": "image", "src": "/a", "layer_name": "x", "layerName": "y" })),
        [".layerName: is the same as layer_name: keep one of them"]
    );
}

#[test]
fn values_are_what_a_property_can_take() {
    let value = |property: &str, value: Value| json!({ "type": "data", "layer_name": "x", "property": property, "value": value });
    for refused in [json!({}), json!([]), json!(["a"]), json!([[1]]), json!(vec![0; 2000])] {
        assert!(
            said(value("Opacity", refused.clone()))[0].contains("or a list of 1 to 1024 numbers"),
            "{refused}"
        );
    }
    assert!(
        said(value("Source Text", json!("x".repeat(MAX_TEXT_BYTES + 1))))[0].contains("at most 32768 bytes")
    );
    assert!(said(value("Source Text.fontSize", json!("big")))[0].ends_with("is not allowed here: a number"));
    assert!(
        said(value("Source Text.justification", json!("constructor")))[0].contains("one of LEFT_JUSTIFY")
    );
    assert!(said(value("Source Text.fillColor", json!([1, 2])))[0].contains("three numbers"));
    let both =
        json!({ "type": "data", "layer_name": "x", "property": "Opacity", "value": 1, "expression": "1" });
    assert_eq!(said(both), [".expression: cannot be given together with a value: keep one of them"]);
    let styled =
        json!({ "type": "data", "layer_name": "x", "property": "Source Text.font", "expression": "1" });
    assert_eq!(said(styled), [".expression: cannot be given to a part of a style: only to Source Text"]);
}

#[test]
fn targets_are_clear() {
    let aimed = |target: Value| {
        let mut asset = json!({ "type": "image", "src": "/a.png" });
        for (key, value) in target.as_object().unwrap() {
            asset[key] = value.clone();
        }
        said(asset)
    };
    assert_eq!(aimed(json!({})), [".layer_name: is missing: give layer_name or layer_index"]);
    assert_eq!(aimed(json!({ "layer_name": " " })), [".layer_name: is empty: give a name"]);
    assert!(aimed(json!({ "layer_index": 0 }))[0].contains("count from 1"));
    assert!(aimed(json!({ "layer_name": "x", "composition": "A->" }))[0].contains("outermost first"));
    assert!(aimed(json!({ "layer_name": "x", "continue_on_missing": "yes" }))[0].contains("true or false"));
    assert!(aimed(json!({ "layer_name": "x".repeat(MAX_NAME_BYTES + 1) }))[0].contains("1024 are allowed"));
}

#[test]
fn static_files_have_plain_names_of_their_own() {
    let named = |name: &str| json!({ "type": "static", "src": "/a", "name": name });
    for refused in
        ["..", "../x", "a/b", "a\\b", "c:x", "CON", "nul.txt", "com1.csv", ".hidden", "x.", "a\u{7}b", "100%"]
    {
        assert!(said(named(refused))[0].contains("no plain file name"), "{refused:?}");
    }
    assert!(DataSet::read(&json!([named("liste ü.csv")])).is_ok());
    assert!(said(json!({ "type": "static", "src": "data:,x" }))[0].contains("what is the file called"));
    let problems = DataSet::read(&json!([named("A.csv"), named("a.CSV")])).unwrap_err();
    assert!(
        problems[0].place == "settings.assets[1].name"
            && problems[0].message.contains("an earlier static file")
    );
}

#[test]
fn a_set_has_limits_and_secrets_are_not_repeated() {
    assert!(DataSet::read(&json!({})).unwrap_err()[0].message.contains("a list of assets"));
    assert!(
        DataSet::read(&json!(vec![1; MAX_ASSETS + 1])).unwrap_err()[0].message.contains("1000 are allowed")
    );
    let long = format!("gopher://{}", "s".repeat(5000));
    assert!(said(json!({ "type": "image", "src": long, "layer_name": "x" }))[0].len() < 250);
    let long = format!("/{}", "s".repeat(5000));
    assert!(said(json!({ "type": "image", "src": long, "layer_name": "x" }))[0].contains("4096 are allowed"));
}
