//! AfterFX with a script: the objects of a project, what a script changes, and the dialogs that block it.

use std::fs;

use crate::stage::{PROJECT, Stage, picture};

const NESTED: &str = r#"
[[composition]]
name = "Main"
frames = 4
start = 10

[[composition.layer]]
name = "title"
text = "Hello"
font = "Roboto-Black"

[[composition.layer]]
name = "inner"
source = "Lower"

[[composition]]
name = "Lower"
frames = 4

[[composition.layer]]
name = "logo"
source = "logo.png"
effects = ["Fill"]
values = { "Effects/Fill/Color" = [1.0, 0.0, 0.0, 1.0] }
keys = { "Transform/Opacity" = [[0.0, 0], [1.0, 100]] }

[[footage]]
name = "logo.png"
path = "logo.png"

[[queue]]
composition = "Main"
output = "/tmp/x_[#].png"
"#;

/// A script that opens the project quietly, writes what `report(...)` is given, and quits.
fn quiet(body: &str) -> String {
    format!(
        "app.beginSuppressDialogs();
         var lines = [];
         function report(value) {{ lines.push(String(value)); }}
         function refused(act) {{ try {{ act(); report('no error'); }} catch (error) {{ report(error.message); }} }}
         app.open(new File('p.aep'));
         {body}
         var file = new File('report.txt');
         file.encoding = 'UTF-8';
         file.lineFeed = 'Unix';
         file.open('w');
         file.write(lines.join('\\n'));
         file.close();
         app.endSuppressDialogs(false);
         app.quit();"
    )
}

/// The lines that a script reports.
fn report(story: &str, project: &str, body: &str) -> Vec<String> {
    let stage = Stage::new(&format!("[installation]\nlife_ms = 20000\n{story}"), project);
    stage.write("logo.png", "pixels");
    let ran = stage.script(&quiet(body));
    assert_eq!((ran.code, ran.text().as_str()), (Some(0), ""));
    stage.read("report.txt").lines().map(str::to_owned).collect()
}

#[test]
fn objects_are_counted_from_1_and_know_their_kind() {
    let lines = report(
        "",
        NESTED,
        "report(app.project.numItems);
         report(app.project.item(1).name + ' ' + (app.project.item(1) instanceof CompItem));
         report(app.project.items[3].name + ' ' + (app.project.items[3] instanceof FootageItem));
         var comp = app.project.item(1);
         report(comp.numLayers + ' ' + comp.layer(1).name + ' ' + comp.layers[2].name + ' ' + comp.layer(2).index);
         report((comp.layer(1) instanceof TextLayer) + ' ' + (comp.layer(2) instanceof TextLayer));
         report(comp.layer(2).source === app.project.item(2));
         report(comp.layer('gone') + ' ' + comp.layers.byName('gone'));
         report(comp.displayStartFrame + ' ' + comp.duration + ' ' + comp.frameDuration + ' ' + comp.typeName);
         report(app.project.file.fsName.split('/').pop());
         refused(function () { app.project.item(0); });
         refused(function () { comp.layer(3); });",
    );
    let expected = [
        "3",
        "Main true",
        "logo.png true",
        "2 title inner 2",
        "true false",
        "true",
        "null null",
        "10 0.16 0.04 Composition",
        "p.aep",
        "After Effects error: Unable to call \"item\" because of parameter 1. Value 0 out of range 1 to 3.",
        "After Effects error: Unable to call \"layer\" because of parameter 1. Value 3 out of range 1 to 2.",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn properties_have_values_keys_and_expressions() {
    let lines = report(
        "",
        NESTED,
        "var logo = app.project.item(2).layer('logo');
         var colour = logo.property('Effects').property('Fill').property('Color');
         report(colour.value.join() + ' ' + (colour.propertyType === PropertyType.PROPERTY));
         colour.setValue([0, 1, 0, 1]);
         report(logo.property('ADBE Effect Parade').property(1).property(1).value.join());
         report(logo.property('Effects').property('Glow') + ' ' + logo.property('Nothing'));
         var opacity = logo.transform.opacity;
         report(opacity === logo.property('Transform').property('Opacity'));
         report(opacity.numKeys + ' ' + opacity.keyTime(2) + ' ' + opacity.keyValue(2));
         refused(function () { opacity.setValue(50); });
         opacity.setValueAtTime(0.5, 20);
         report(opacity.numKeys);
         while (opacity.numKeys) opacity.removeKey(1);
         opacity.setValue(50);
         report(opacity.value);
         refused(function () { opacity.setValue('much'); });
         opacity.expression = 'wiggle(1, 2)';
         report(opacity.expression + ' ' + opacity.expressionEnabled);",
    );
    assert_eq!(lines[0], "1,0,0,1 true");
    assert_eq!(lines[1], "0,1,0,1");
    assert_eq!(lines[2], "null null");
    assert_eq!(&lines[3..5], ["true", "2 1 100"]);
    assert!(lines[5].contains("property has keyframes"));
    assert_eq!(&lines[6..8], ["3", "50"]);
    assert!(lines[8].contains("not of the correct type"));
    assert_eq!(lines[9], "wiggle(1, 2) true");
}

#[test]
fn a_changed_copy_renders_otherwise_and_an_unchanged_one_the_same() {
    let stage = Stage::new("", NESTED);
    stage.write("logo.png", "pixels");
    stage.write("new logo.png", "other pixels");
    let print = |project: &str| {
        let ran = stage.aerender(&format!("-project {project} -comp Main -output out/f_[#].png -s 10 -e 10"));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        picture(&stage.path("out/f_10.png")).unwrap().pixels
    };
    let original = print("p.aep");
    let changed = |body: &str| {
        let ran = stage.script(&quiet(&format!("{body}\napp.project.save(new File('changed.aep'));")));
        assert_eq!(ran.code, Some(0));
        print("changed.aep")
    };
    assert_eq!(changed(""), original);
    let text = "var text = app.project.item(1).layer('title').property('Source Text');";
    let by_name = changed(&format!("{text} text.setValue('Bonjour \\u00e9\\ud83d\\ude00');"));
    assert_ne!(by_name, original);
    assert!(stage.read("changed.aep").contains("Bonjour é😀"));
    let document =
        "var value = text.value; value.text = 'x'; text.value.text = 'lost'; text.setValue(value);";
    assert_ne!(changed(&format!("{text} {document}")), by_name);
    assert!(stage.read("changed.aep").contains("text = \"x\""), "a value is a copy until it is set");
    let nested = "var item = app.project.importFile(new ImportOptions(new File('new logo.png')));
                  app.project.item(2).layer('logo').replaceSource(item, false);";
    assert_ne!(changed(nested), original);
    let effect = "app.project.item(2).layer(1).effect('Fill').property('Color').setValue([0, 0, 1, 1]);";
    assert_ne!(changed(effect), original);
    let off = "app.project.item(1).layer('title').enabled = false;";
    assert_ne!(changed(off), original);
    let queue = "app.project.renderQueue.items.add(app.project.item(2));
                 app.project.renderQueue.item(2).outputModule(1).file = new File('out/q_[#].png');
                 app.project.renderQueue.item(2).render = true;";
    assert_eq!(changed(queue), original);
    assert!(stage.aerender("-project changed.aep -rqindex 2 -e 0").says("Finished composition \"Lower\""));
}

#[test]
fn what_is_missing_is_found_by_a_script() {
    let lines = report(
        "fonts = ['Other-Bold']\neffects = ['Glow']\nrender_settings = ['Best Settings']\n
         [installation.output_modules]\nOwn = { comp_frame_number = false }\nPNG = {}\n",
        &NESTED.replace("path = \"logo.png\"", "path = \"gone.png\""),
        "report(app.fonts.missingOrSubstitutedFonts[0].postScriptName);
         report(app.fonts.getFontsByPostScriptName('Other-Bold').length);
         report(app.fonts.getFontsByPostScriptName('Roboto-Black').length);
         var use = app.project.usedFonts[0];
         report(use.font.familyName + ' ' + app.project.layerByID(use.usedAt[0].layerID).name);
         var item = app.project.item(3);
         report(item.footageMissing + ' ' + item.mainSource.missingFootagePath.split('/').pop());
         var queued = app.project.renderQueue.item(1);
         report(queued.templates.join() + ' ' + queued.outputModule(1).templates.join());
         report((queued.status === RQItemStatus.QUEUED) + ' ' + queued.outputModule(1).file.fsName);
         refused(function () { queued.outputModule(1).applyTemplate('Gone'); });
         var added = app.project.renderQueue.items.add(app.project.item(1));
         report(added.status === RQItemStatus.NEEDS_OUTPUT);
         added.remove();
         report(app.project.renderQueue.numItems);
         report(app.effects[0].matchName + app.effects.length);
         var effect = app.project.item(2).layer(1).property('Effects').property(1);
         report(effect.name + '/' + effect.matchName);
         report(app.project.item(1).layer(1).property('Source Text').value.fontLocation === '');
         var module = queued.outputModule(1);
         report(module.getSetting('Use Comp Frame Number'));
         module.applyTemplate('Own');
         report(module.getSetting('Use Comp Frame Number'));
         refused(function () { module.getSetting('Nothing'); });",
    );
    assert_eq!(&lines[..4], ["Roboto-Black", "1", "0", "Roboto title"]);
    assert_eq!(&lines[4..7], ["true gone.png", "Best Settings Own,PNG", "true /tmp/x_[#].png"]);
    assert!(lines[7].contains("Template Gone was not found"));
    assert_eq!(&lines[8..12], ["true", "1", "Glow1", "Missing: Fill/Fill"]);
    assert_eq!(&lines[12..15], ["true", "true", "false"]);
    assert!(lines[15].contains("getSetting"));
}

#[test]
fn the_language_and_the_objects_are_those_of_the_version() {
    let body =
        "report([typeof JSON, typeof [].forEach, typeof [].indexOf, typeof Object.keys, typeof ''.trim,
                       typeof report.bind, typeof Promise, typeof Map, typeof __host].join());
                report(typeof app.fonts + ' ' + app.version + ' ' + app.isoLanguage);
                report([3, 1].sort().concat([2]).slice(0, 2).join() + 'ab'.replace('a', 'c'));
                report($.evalFile(new File('extra.jsx')) + ' ' + extra);
                report(new File('a%20b').name + ' ' + File('a b').displayName);";
    let stage = Stage::new("[installation]\nversion = '23.6x10'\nlocale = 'de_DE'\n", PROJECT);
    stage.write("extra.jsx", "var extra = 'global'; 42;");
    assert_eq!(stage.script(&quiet(body)).code, Some(0));
    let report = stage.read("report.txt");
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines[0], ["undefined"; 9].join(","));
    assert_eq!(&lines[1..], ["undefined 23.6x10 de_DE", "1,3cb", "42 global", "a%20b a b"]);
}

#[test]
fn files_are_read_and_written_in_their_encoding() {
    let stage = Stage::new("", PROJECT);
    stage.write("in.txt", "one\r\ntwo é\n");
    let body = "var file = new File('in.txt');
                file.open('r'); report(file.readln()); report(file.readln()); report(file.eof); file.close();
                var out = new File('w.txt'); out.open('w'); out.writeln('\\u00e9\\u65e5'); out.close();
                report(out.length + ' ' + out.exists + ' ' + new File('gone').exists + new File('gone').open('r'));
                report(new Folder('out').exists + ' ' + new Folder('out/a/b').create() + out.remove() + out.exists);";
    assert_eq!(stage.script(&quiet(body)).code, Some(0));
    assert_eq!(stage.read("report.txt"), "one\ntwo é\ntrue\n4 true falsefalse\ntrue truetruefalse");
    assert!(stage.path("out/a/b").is_dir());
    // Windows' page has an e with an accent, and no such sign as the other; and its own line end.
    stage.script(
        "var f = new File('w.txt'); f.open('w'); f.write('\\u00e9\\u65e5\\n'); f.close(); app.quit();",
    );
    assert_eq!(fs::read(stage.path("w.txt")).unwrap(), b"\xe9?\r\n");
}

#[test]
fn dialogs_and_open_ends_block_until_someone_ends_them() {
    let story = "[installation]\nlife_ms = 1000\nfonts = []\n";
    let blocked = [
        ("an alert", "alert('hello'); app.quit();"),
        ("an error", "throw new Error('no'); app.quit();"),
        ("no quit", "var nothing = 1;"),
        ("missing fonts", "app.open(new File('p.aep')); app.quit();"),
        ("new objects", "JSON.parse('1'); app.quit();"),
        ("a damaged project", "app.beginSuppressDialogs(); app.open(new File('standin.toml')); app.quit();"),
    ];
    for (what, script) in blocked {
        let stage = Stage::new(story, NESTED);
        assert_eq!(stage.script(script).code, Some(86), "{what}");
    }
    let suppressed =
        "app.beginSuppressDialogs(); app.open(new File('p.aep')); app.exitCode = 13; app.quit();";
    assert_eq!(Stage::new("[installation]\nfonts = []\n", NESTED).script(suppressed).code, Some(13));
}

#[test]
fn with_another_after_effects_open_the_script_is_not_run_and_the_call_returns() {
    let stage = Stage::new("[installation]\nanother_open = true\n", PROJECT);
    assert_eq!(stage.script(&quiet("")).code, Some(0));
    assert!(!stage.path("report.txt").exists());
    let forbidden = Stage::new("[installation]\nscripts_may_write = false\n", PROJECT);
    assert_eq!(forbidden.script(&quiet("")).code, Some(0));
    assert!(!forbidden.path("report.txt").exists());
}

#[test]
fn a_story_counts_scripts_apart_and_lets_them_hang_or_die() {
    let story = "[installation]\nlife_ms = 2500\n
        [[run]]\nprogram = 'afterfx'\nnth = 1\nhang = { in = 'launch' }\n
        [[run]]\nprogram = 'afterfx'\nnth = 2\ncrash = { in = 'load', by = 'segv' }\n
        [[run]]\nprogram = 'afterfx'\nnth = 3\nhang = { in = 'exit', how = 'dialog' }\n";
    let stage = Stage::new(story, PROJECT);
    assert_eq!(stage.render("-e 0").code, Some(0), "none of these is about aerender");
    let is_written = |code| {
        assert_eq!(stage.script(&quiet("")).code, code);
        stage.path("report.txt").exists()
    };
    assert!(!is_written(Some(86)));
    assert!(!is_written(None));
    assert!(is_written(Some(86)));
    assert_eq!(stage.script(&quiet("")).code, Some(0));
    assert!(stage.read("standin.counts").contains("afterfx = 4"));
}

#[test]
fn it_is_also_reached_by_a_flag() {
    let stage = Stage::new("", PROJECT);
    stage.write("s.jsx", &quiet("report('here');"));
    assert_eq!(stage.run("aerender", "--as-afterfx -noui -r s.jsx").code, Some(0));
    assert_eq!(stage.read("report.txt"), "here");
}
