// The data set goes in, strictly in its order. One asset that cannot be applied keeps the project from being
// saved, but not the others from being tried: whoever mends the job wants to know all that is wrong with it.

function runScript(path) {
    var file = new File(path);
    if (!file.exists) {
        throw new Error("the script is not there: " + file.fsName);
    }
    // Without a time it is given up after ten seconds, in silence. A watchdog outside watches the hour.
    $.evalFile(path, 3600000);
}

function layerWords(layer) {
    return layer.name !== undefined ? layer.name : "#" + layer.index;
}

function scopeWords(scope, plan) {
    if (scope.every) {
        return "*";
    }
    if (!scope.rendered) {
        return scope.name;
    }
    return plan.rendered.name !== undefined ? plan.rendered.name : "queue item " + plan.rendered.index;
}

// Applies an asset to its layers and notes how far it came.
function applyToLayers(asset, plan, outcome) {
    var inScope = compositionsInScope(asset.target.scope, plan), i, j, layers, item = null, seen = 0;
    outcome.composition = scopeWords(asset.target.scope, plan);
    outcome.layer = layerWords(asset.target.layer);
    outcome.property = asset.path ? asset.path.join("->") : "";
    outcome.allowed = asset.target.allowed;
    for (i = 0; i < inScope.length; i++) {
        layers = layersIn(inScope[i], asset.target.layer);
        for (j = 0; j < layers.length; j++) {
            seen++;
            if ((asset.kind === "footage") && (item === null)) {
                item = imported(asset.file);
            }
            if (asset.kind === "footage") {
                replaceFootage(layers[j], item);
                outcome.layers++;
            } else if (changeData(layers[j], asset)) {
                outcome.layers++;
            }
        }
    }
    if (outcome.layers > 0) {
        outcome.result = "applied";
    } else if (seen > 0) {
        outcome.result = "missing_property";
    } else {
        outcome.result = inScope.length > 0 ? "missing_layer" : "missing_composition";
    }
}

function applyAsset(asset, plan) {
    var outcome = {
        kind: asset.kind,
        result: "applied",
        layers: 0,
        allowed: false,
        composition: "",
        layer: "",
        property: "",
        text: ""
    };
    try {
        if (asset.kind === "script") {
            runScript(asset.file);
        } else if (asset.kind !== "static") {
            applyToLayers(asset, plan, outcome);
        }
    } catch (error) {
        outcome.result = "error";
        outcome.text = words(error);
    }
    return outcome;
}

// Whether everything went in, or was allowed not to.
function inject(plan) {
    var i, outcome, complete = true;
    for (i = 0; i < plan.inject.assets.length; i++) {
        // What After Effects may die of is written down before it is tried.
        if ((plan.inject.assets[i].kind !== "data") && (i < 100)) {
            writeReport(plan);
        }
        outcome = applyAsset(plan.inject.assets[i], plan);
        report.assets[i] = outcome;
        if ((outcome.result === "error") || ((outcome.result !== "applied") && !outcome.allowed)) {
            complete = false;
        }
    }
    return complete;
}

function save(plan) {
    var file = new File(plan.inject.save);
    app.project.save(file);
    if (!file.exists) {
        throw new Error("After Effects saved nothing at " + file.fsName);
    }
    report.saved = true;
}
