// A small model of After Effects' objects, as its Scripting Guide describes them, for generated scripts to run
// against. It is strict where the guide is: positions from 1, values copied in and out, setValue refused on
// keyframes, an output module that is invalid after a change, a question on quitting with unsaved changes.
// Only what scripts need is here. Once loaded, es3.js takes away what ExtendScript lacks, so nothing in here
// may use it later.

var $ = { os: "Windows 10", evaluated: [], evalFile: function (path, timeout) {
    var file = new File(path);
    if (!file.exists) { throw new Error("no such script " + path); }
    $.evaluated[$.evaluated.length] = { path: file.fsName, timeout: timeout };
    return (0, eval)(disk["f " + file.fsName]);
} };

// ---------------------------------------------------------------- files

var disk = {};
var unwritable = {};

function File(path) { this.fsName = decodeURI(path); this.encoding = ""; this.lineFeed = ""; this.buffer = null; }
File.prototype = {
    get exists() { return disk["f " + this.fsName] !== undefined; },
    open: function (mode) {
        if ((mode !== "w") || unwritable["f " + this.fsName]) { return false; }
        this.buffer = "";
        return true;
    },
    write: function (text) { this.buffer += text; return true; },
    close: function () { disk["f " + this.fsName] = this.buffer; return true; }
};

// ---------------------------------------------------------------- enumerations

var PropertyValueType = { OneD: 6417, TwoD: 6416, TEXT_DOCUMENT: 6424, COLOR: 6418 };
var ParagraphJustification = { LEFT_JUSTIFY: 7413, CENTER_JUSTIFY: 7415, RIGHT_JUSTIFY: 7414 };
var ImportAsType = { FOOTAGE: 3813, COMP: 3814, PROJECT: 3815 };
var CloseOptions = { DO_NOT_SAVE_CHANGES: 1212, PROMPT_TO_SAVE_CHANGES: 1213, SAVE_CHANGES: 1214 };

// ---------------------------------------------------------------- properties

function TextDocument(text) { this.text = text; this.font = "Arial-Mt"; this.fontSize = 36; this.fontLocation = ""; }
function copied(value) {
    var copy, key;
    if (value instanceof TextDocument) {
        copy = new TextDocument(value.text);
        for (key in value) { if (value.hasOwnProperty(key)) { copy[key] = value[key]; } }
        return copy;
    }
    return value instanceof Array ? value.slice(0) : value;
}

function Property(name, matchName, value) {
    this.name = name; this.matchName = matchName; this.held = value; this.keys = [];
    this.canSetExpression = true; this.formula = ""; this.expressionError = "";
}
Property.prototype = {
    get value() { return copied(this.held); },
    get numKeys() { return this.keys.length; },
    removeKey: function (index) {
        if ((index < 1) || (index > this.keys.length)) { throw new Error("key index out of range"); }
        this.keys.splice(index - 1, 1);
    },
    setValue: function (value) {
        if (this.keys.length > 0) { throw new Error("cannot set the value of a property with keyframes"); }
        if (this.held instanceof TextDocument) {
            if (typeof value === "string") { value = new TextDocument(value); }
            if (!(value instanceof TextDocument)) { throw new Error("value is no TextDocument"); }
        } else if (typeof value !== typeof this.held) {
            throw new Error("value is not of the type of " + this.name);
        } else if ((this.held instanceof Array) && (value.length !== this.held.length)) {
            throw new Error("value has not " + this.held.length + " parts");
        }
        this.held = copied(value);
        touched();
    },
    get expression() { return this.formula; },
    set expression(text) {
        this.formula = text;
        this.expressionError = text.indexOf("syntax error") < 0 ? "" : "syntax error in expression";
        touched();
    }
};

function PropertyGroup(name, matchName, children) { this.name = name; this.matchName = matchName; this.children = children; }
PropertyGroup.prototype = {
    get numProperties() { return this.children.length; },
    property: function (which) {
        var i;
        if (typeof which === "number") {
            if ((which < 1) || (which > this.children.length)) { throw new Error("index out of range"); }
            return this.children[which - 1];
        }
        for (i = 0; i < this.children.length; i++) {
            if ((this.children[i].name === which) || (this.children[i].matchName === which)) { return this.children[i]; }
        }
        return null;
    }
};

// ---------------------------------------------------------------- layers

var nextId = 1;
function dress(layer, name, source, children) {
    layer.name = name; layer.source = source; layer.id = nextId++; layer.enabled = true; layer.matchName = "ADBE AV Layer";
    layer.children = [
        new PropertyGroup("Transform", "ADBE Transform Group", [
            new Property("Position", "ADBE Position", [0, 0]), new Property("Opacity", "ADBE Opacity", 100)
        ]),
        new PropertyGroup("Effects", "ADBE Effect Parade", [])
    ].concat(children);
    return layer;
}
function AVLayer() {}
function TextLayer() {}
function CameraLayer() {}
AVLayer.prototype = { property: PropertyGroup.prototype.property, replaceSource: function (item, fix) {
    if (!(item instanceof FootageItem) && !(item instanceof CompItem)) { throw new Error("no item"); }
    this.source = item; this.fixed = fix; touched();
} };
TextLayer.prototype = { property: AVLayer.prototype.property, replaceSource: function () { throw new Error("a text has no source"); } };
CameraLayer.prototype = { property: AVLayer.prototype.property };

// ---------------------------------------------------------------- items

function FileSource(path, missing) { this.file = new File(path); this.missingFootagePath = missing ? path : ""; }
function PlaceholderSource() {}
function SolidSource() {}
function FootageItem(name, source) { this.name = name; this.mainSource = source; this.id = nextId++; this.missing = false; }
FootageItem.prototype = {
    get footageMissing() { return this.missing; },
    get file() { return this.mainSource instanceof FileSource ? this.mainSource.file : null; }
};
function CompItem(name) {
    this.name = name; this.id = nextId++; this.all = [];
    this.frameRate = 25; this.duration = 4; this.displayStartTime = 0; this.displayStartFrame = 0;
    this.width = 1920; this.height = 1080;
}
CompItem.prototype = {
    get numLayers() { return this.all.length; },
    get usedIn() {
        var users = [], i, j;
        for (i = 0; i < app.project.list.length; i++) {
            for (j = 0; app.project.list[i].all && (j < app.project.list[i].all.length); j++) {
                if (app.project.list[i].all[j].source === this) { users[users.length] = app.project.list[i]; j = 1e9; }
            }
        }
        return users;
    },
    layer: function (index) {
        if ((typeof index !== "number") || (index < 1) || (index > this.all.length)) { throw new Error("index out of range"); }
        return this.all[index - 1];
    }
};
function ImportOptions(file) { this.file = file; this.importAs = ImportAsType.FOOTAGE; }
ImportOptions.prototype.canImportAs = function (type) {
    return (type === ImportAsType.FOOTAGE) !== /[.]aep$/.test(this.file.fsName);
};

// ---------------------------------------------------------------- render queue

var installed = { renderSettings: ["Best Settings", "Draft Settings"], outputModules: ["Lossless", "PNG"], byComposition: true };

function OutputModule() { this.valid = true; }
OutputModule.prototype = {
    get templates() { if (!this.valid) { throw new Error("Object is invalid"); } return installed.outputModules.slice(0); },
    applyTemplate: function (name) { if (("\n" + this.templates.join("\n") + "\n").indexOf("\n" + name + "\n") < 0) { throw new Error("no template"); } this.valid = false; },
    getSetting: function (key) {
        if (!this.valid) { throw new Error("Object is invalid"); }
        if (key !== "Use Comp Frame Number") { throw new Error("no setting " + key); }
        return installed.byComposition;
    }
};
function RenderQueueItem(queue, comp) { this.queue = queue; this.comp = comp; this.module = new OutputModule(); }
RenderQueueItem.prototype = {
    get templates() { return installed.renderSettings.slice(0); },
    outputModule: function (index) {
        if (index !== 1) { throw new Error("index out of range"); }
        if (!this.module.valid) { this.module = new OutputModule(); }
        return this.module;
    },
    remove: function () {
        var rest = [], i;
        for (i = 0; i < this.queue.list.length; i++) { if (this.queue.list[i] !== this) { rest[rest.length] = this.queue.list[i]; } }
        this.queue.list = rest;
    }
};
function RenderQueue() {
    var queue = this;
    this.list = [];
    this.added = 0;
    this.items = { add: function (comp) {
        var item = new RenderQueueItem(queue, comp);
        queue.list[queue.list.length] = item; queue.added++; touched();
        return item;
    } };
}
RenderQueue.prototype = {
    get numItems() { return this.list.length; },
    item: function (index) {
        if ((index < 1) || (index > this.list.length)) { throw new Error("index out of range"); }
        return this.list[index - 1];
    }
};

// ---------------------------------------------------------------- project and application

function Project() { this.list = []; this.file = null; this.dirty = false; this.renderQueue = new RenderQueue(); this.displayStartFrame = 0; }
Project.prototype = {
    get numItems() { return this.list.length; },
    item: function (index) {
        if ((index < 1) || (index > this.list.length)) { throw new Error("index out of range"); }
        return this.list[index - 1];
    },
    importFile: function (options) {
        var item;
        if (!options.file.exists) { throw new Error("file does not exist"); }
        if (/[.]broken$/.test(options.file.fsName)) { throw new Error("the file is damaged"); }
        item = new FootageItem(options.file.fsName, new FileSource(options.file.fsName.split("%").join("%25"), false));
        this.list[this.list.length] = item; this.imports = (this.imports || 0) + 1; touched();
        return item;
    },
    save: function (file) {
        if (unwritable["f " + file.fsName]) { throw new Error("cannot write " + file.fsName); }
        disk["f " + file.fsName] = "saved"; this.file = file; this.dirty = false;
    },
    close: function (how) { app.closed = how; if (how === CloseOptions.DO_NOT_SAVE_CHANGES) { this.dirty = false; } return true; }
};
function touched() { app.project.dirty = true; }

var stored = new Project();
var app = {
    version: "24.6x2", project: new Project(), suppressed: 0, quits: 0, prompted: false, opened: 0,
    effects: [{ matchName: "ADBE Fill" }, { matchName: "VIDEOCOPILOT Twitch" }],
    beginSuppressDialogs: function () { app.suppressed++; },
    endSuppressDialogs: function () { app.suppressed--; },
    open: function (file) {
        if (app.suppressed !== 1) { throw new Error("a dialog"); }
        if (disk["f " + file.fsName] !== "project") { throw new Error("the project is damaged"); }
        stored.file = file; app.project = stored; app.opened++;
        return stored;
    },
    quit: function () { if (app.project.dirty) { app.prompted = true; } app.quits++; }
};

// ---------------------------------------------------------------- builders for tests

function comp(name) { var made = new CompItem(name); stored.list[stored.list.length] = made; return made; }
function textLayer(into, name, text) {
    var source = new Property("Source Text", "ADBE Text Document", new TextDocument(text));
    var layer = dress(new TextLayer(), name, null, [source, new PropertyGroup("Text", "ADBE Text Properties", [source])]);
    into.all[into.all.length] = layer;
    return layer;
}
function footageLayer(into, name, path, missing) {
    var item = new FootageItem(name, new FileSource(path, missing)), layer = dress(new AVLayer(), name, item, []);
    item.missing = missing === true;
    stored.list[stored.list.length] = item;
    into.all[into.all.length] = layer;
    return layer;
}
function nest(into, inner) { var layer = dress(new AVLayer(), inner.name, inner, []); into.all[into.all.length] = layer; return layer; }
function addEffect(layer, name, matchName, children) {
    var parade = layer.property("ADBE Effect Parade"), made = new PropertyGroup(name, matchName, children);
    parade.children[parade.children.length] = made;
    return made;
}
function queued(composition) { var queue = stored.renderQueue; queue.list[queue.list.length] = new RenderQueueItem(queue, composition); }
function font(name, substitute) { return { postScriptName: name, isSubstitute: substitute }; }
// Fonts as of 24.0: what is installed, and what stands in for missing ones.
function fonts(there, missing) {
    var i, all = [];
    for (i = 0; i < there.length; i++) { all[all.length] = font(there[i], false); }
    for (i = 0; i < missing.length; i++) { all[all.length] = font(missing[i], true); }
    app.fonts = {
        missingOrSubstitutedFonts: all.slice(there.length),
        getFontsByPostScriptName: function (name) {
            var found = [], i;
            for (i = 0; i < all.length; i++) { if (all[i].postScriptName === name) { found[found.length] = all[i]; } }
            return found;
        }
    };
}
// What is used where, as of 24.5.
function usedFont(name, layers) {
    var uses = [], i;
    for (i = 0; i < layers.length; i++) { uses[i] = { layerID: layers[i].id, layerTimeD: 0 }; }
    stored.usedFonts = (stored.usedFonts || []).concat([{ font: font(name, true), usedAt: uses }]);
}
disk["f /p.aep"] = "project";
