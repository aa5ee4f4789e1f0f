// The change of one layer: another source, another value, an expression.

var SWITCHES = ["enabled", "audioEnabled", "solo", "inPoint", "outPoint", "startTime", "stretch"];

// A file becomes an item of the project, in one piece whatever it is.
function imported(path) {
    var file = new File(path), options;
    if (!file.exists) {
        throw new Error("the file is not there: " + file.fsName);
    }
    options = new ImportOptions(file);
    if (options.canImportAs && !options.canImportAs(ImportAsType.FOOTAGE)) {
        throw new Error("After Effects cannot take this file as footage: " + file.fsName);
    }
    return app.project.importFile(options);
}

function replaceFootage(layer, item) {
    if (!layer.replaceSource || !layer.source) {
        throw new Error("the layer " + layer.name + " has no source that could be replaced");
    }
    layer.replaceSource(item, false);
}

function isText(property) {
    return (property.matchName === "ADBE Text Document") || (property.value instanceof TextDocument);
}

function setText(property, style, value) {
    var text = property.value;
    if (style === null) {
        if (value instanceof Array) {
            throw new Error("a text cannot be a list");
        }
        text.text = String(value);
    } else if (style === "justification") {
        text.justification = ParagraphJustification[value];
    } else {
        text[style] = value;
    }
    property.setValue(text);
}

// A constant: keyframes would go on to say something else, and setValue refuses them.
function setConstant(property, style, value) {
    var key;
    for (key = property.numKeys; key > 0; key--) {
        property.removeKey(key);
    }
    if (isText(property)) {
        setText(property, style, value);
    } else if (style !== null) {
        throw new Error("the property " + property.name + " is no text and has no style");
    } else {
        property.setValue(typeof value === "boolean" ? (value ? 1 : 0) : value);
    }
}

function setExpression(property, expression) {
    if (property.canSetExpression === false) {
        throw new Error("the property " + property.name + " takes no expression");
    }
    property.expression = expression;
    if (property.expressionError) {
        throw new Error(property.expressionError);
    }
}

// Whether the layer has the property.
function changeData(layer, asset) {
    var property = propertyAt(layer, asset.path);
    if ((property === null) && (asset.path.length === 1) && contains(SWITCHES, asset.path[0])) {
        if (asset.expression !== null) {
            throw new Error("a switch of a layer takes no expression");
        }
        layer[asset.path[0]] = asset.value;
        return true;
    }
    if (property === null) {
        return false;
    }
    if (!property.setValue) {
        throw new Error("the property " + asset.path.join("->") + " is a group: name one of its properties");
    }
    if (asset.expression !== null) {
        setExpression(property, asset.expression);
    } else {
        setConstant(property, asset.style, asset.value);
    }
    return true;
}
