// Whether the step can be rendered here at all. What cannot be looked at is said, never taken for a fault.

function checked(what, check) {
    try {
        check();
    } catch (error) {
        find({ is: "unchecked", what: what, text: words(error) });
    }
}

function names(list) {
    var shown = [], i;
    for (i = 0; (i < list.length) && (i < 50); i++) {
        shown[i] = typeof list[i] === "string" ? list[i] : list[i].name;
    }
    return shown;
}

// The one composition that is rendered, or null where that is not clear.
function inspectRendered(plan) {
    var found = renderedCompositions(plan);
    if (found.length === 1) {
        return found[0];
    }
    if (plan.rendered.index !== undefined) {
        find({ is: "queue_item_missing", index: plan.rendered.index, count: app.project.renderQueue.numItems });
    } else if (found.length === 0) {
        find({ is: "composition_missing", name: plan.rendered.name, have: names(compositions()) });
    } else {
        find({ is: "composition_ambiguous", name: plan.rendered.name, count: found.length });
    }
    return null;
}

function inspectFrames(plan, composition) {
    var first = composition.displayStartFrame, last, base;
    if (typeof first !== "number") {
        first = Math.round(composition.displayStartTime * composition.frameRate);
    }
    base = app.project.displayStartFrame === 1 ? 1 : 0;
    report.composition = {
        name: composition.name,
        first: first,
        frames: Math.round(composition.duration * composition.frameRate),
        base: base,
        rate: composition.frameRate,
        width: composition.width,
        height: composition.height
    };
    if (plan.inspect.frames === null) {
        return;
    }
    // Whether a project that counts from 1 shows one frame more is not documented: both are let through.
    last = first + report.composition.frames - 1;
    if ((plan.inspect.frames[0] < first) || (plan.inspect.frames[1] > last + base)) {
        find({
            is: "frames_outside",
            from: plan.inspect.frames[0],
            to: plan.inspect.frames[1],
            first: first,
            last: last
        });
    }
}

function inspectTemplates(wanted, item) {
    var output = item.outputModule(1), numbers;
    if ((wanted.renderSettings !== null) && !contains(item.templates, wanted.renderSettings)) {
        find({ is: "render_settings_missing", name: wanted.renderSettings, have: names(item.templates) });
    }
    if (wanted.outputModule !== null) {
        if (!contains(output.templates, wanted.outputModule)) {
            find({ is: "output_module_missing", name: wanted.outputModule, have: names(output.templates) });
            return;
        }
        output.applyTemplate(wanted.outputModule);
        // A changed output module is no longer valid as an object.
        output = item.outputModule(1);
    }
    if (wanted.sequence && output.getSetting) {
        numbers = String(output.getSetting("Use Comp Frame Number"));
        if ((numbers === "false") || (numbers === "0")) {
            find({ is: "numbers_anew" });
        }
    }
}

// Templates are known to items of the render queue only, so the composition is put there for a moment.
function inspectQueue(plan, composition) {
    var queue = app.project.renderQueue, item;
    if (plan.rendered.index !== undefined) {
        inspectTemplates(plan.inspect, queue.item(plan.rendered.index));
        return;
    }
    item = queue.items.add(composition);
    try {
        inspectTemplates(plan.inspect, item);
    } finally {
        item.remove();
    }
}

function inspectFootage(plan, tree) {
    var i, item, source, path;
    for (i = 0; i < tree.footage.length; i++) {
        item = tree.footage[i];
        if (item.footageMissing) {
            source = item.mainSource;
            path = source && source.missingFootagePath ? source.missingFootagePath : "";
            if ((path === "") && item.file) {
                path = item.file.fsName;
            }
            // A placeholder counts as missing too, but is there on purpose: it never had a file.
            find({
                is: "footage_missing",
                name: item.name,
                path: path,
                placeholder: (typeof PlaceholderSource !== "undefined") && (source instanceof PlaceholderSource),
                allowed: plan.inspect.missFootage
            });
        }
    }
}

// An effect that is not installed is kept, under the name "Missing: ...", and is not among those there are.
// Pseudo effects, which presets and scripts bring along, and some tools of Adobe's own are not among them either,
// but work: for those only the mark counts.
function inspectEffects(tree) {
    var known = {}, i, j, effects, effect, key, marked;
    if (!app.effects || (app.effects.length === 0)) {
        return;
    }
    for (i = 0; i < app.effects.length; i++) {
        known["fx " + app.effects[i].matchName] = true;
    }
    for (i = 0; i < tree.layers.length; i++) {
        effects = child(tree.layers[i].layer, "ADBE Effect Parade");
        for (j = 1; effects && (j <= effects.numProperties); j++) {
            effect = effects.property(j);
            key = "fx " + effect.matchName;
            marked = effect.name.indexOf("Missing: ") === 0;
            if (!known[key] && (marked || !/^(ADBE|Pseudo\/)/.test(effect.matchName))) {
                known[key] = true;
                find({
                    is: "effect_missing",
                    name: effect.name,
                    effect: effect.matchName,
                    layer: tree.layers[i].layer.name,
                    composition: tree.layers[i].composition.name,
                    sure: marked
                });
            }
        }
    }
}

function inspectPaths(plan) {
    var output = plan.inspect.output;
    if ((output !== null) && (String($.os).indexOf("Windows") === 0) && (output.length > 259)) {
        find({ is: "path_too_long", path: output, length: output.length });
    }
}

function inspect(plan) {
    var composition = inspectRendered(plan), tree = null;
    checked("paths", function () { inspectPaths(plan); });
    if (composition === null) {
        return;
    }
    checked("frames", function () { inspectFrames(plan, composition); });
    checked("templates", function () { inspectQueue(plan, composition); });
    checked("layers", function () { tree = walk(composition); });
    if (tree !== null) {
        checked("footage", function () { inspectFootage(plan, tree); });
        checked("fonts", function () { inspectFonts(plan, tree); });
        checked("effects", function () { inspectEffects(tree); });
    }
}
