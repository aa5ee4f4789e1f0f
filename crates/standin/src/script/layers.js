// Layers, their properties and texts. A property is there when Adobe's basic groups have it, or when the
// project gives it a value.

const constants = (names, first) => {
  const all = {};
  for (let i = 0; i < names.length; i++) all[names[i]] = first + i;
  return all;
};
global.PropertyType = constants(["PROPERTY", "INDEXED_GROUP", "NAMED_GROUP"], 6212);
global.PropertyValueType = constants(
  ["NO_VALUE", "ThreeD_SPATIAL", "ThreeD", "TwoD_SPATIAL", "TwoD", "OneD", "COLOR", "CUSTOM_VALUE", "MARKER",
    "LAYER_INDEX", "MASK_INDEX", "SHAPE", "TEXT_DOCUMENT"], 6412);
global.ParagraphJustification = constants(["LEFT_JUSTIFY", "RIGHT_JUSTIFY", "CENTER_JUSTIFY"], 7412);

const MATCH = {
  "Transform": "ADBE Transform Group", "Anchor Point": "ADBE Anchor Point", "Position": "ADBE Position",
  "Scale": "ADBE Scale", "Rotation": "ADBE Rotate Z", "Opacity": "ADBE Opacity", "Text": "ADBE Text Properties",
  "Source Text": "ADBE Text Document", "Effects": "ADBE Effect Parade", "Audio": "ADBE Audio Group",
  "Audio Levels": "ADBE Audio Levels",
};
const BASIC = [
  ["Transform/Anchor Point", [0, 0]], ["Transform/Position", [0, 0]], ["Transform/Scale", [100, 100]],
  ["Transform/Rotation", 0], ["Transform/Opacity", 100],
];
const STYLE = ["fontSize", "fillColor", "strokeColor", "strokeWidth", "applyFill", "applyStroke", "tracking",
  "leading", "justification"];
const copied = (value) => value === undefined ? undefined : parse(print(value));

class TextDocument {
  constructor(text) {
    this.text = text === undefined ? "" : String(text);
    this.font = undefined;
    this.fontSize = 36;
  }
  get fontObject() { return fontObject(this.font); }
  get fontFamily() { return fontObject(this.font).familyName; }
  get fontStyle() { return fontObject(this.font).styleName; }
  get fontLocation() { return fontObject(this.font).isSubstitute ? "" : `/fonts/${this.font}.otf`; }
  toString() { return this.text; }
}
const sameDocument = (from, to) => {
  for (const key of ["text", "font", ...STYLE]) if (from[key] !== undefined) to[key] = copied(from[key]);
  return to;
};

class PropertyBase {
  constructor(layer, parent, name) {
    this.layer_ = layer;
    this.parentProperty = parent;
    this.name = name;
    this.matchName = MATCH[name] || name;
    this.enabled = this.active = true;
    this.propertyDepth = parent ? parent.propertyDepth + 1 : 0;
  }
  propertyGroup(up) { return up === 2 && this.parentProperty ? this.parentProperty.parentProperty : this.parentProperty; }
}

class Property extends PropertyBase {
  constructor(layer, parent, name, path) {
    super(layer, parent, name);
    this.path_ = path;
    this.propertyType = PropertyType.PROPERTY;
    this.canSetExpression = this.canVaryOverTime = true;
    this.expressionError = "";
    this.expressionEnabled = true;
  }
  get propertyValueType() {
    const value = this.value;
    if (value instanceof TextDocument) return PropertyValueType.TEXT_DOCUMENT;
    if (!(value instanceof Array)) return PropertyValueType.OneD;
    return value.length === 4 ? PropertyValueType.COLOR : value.length === 3 ? PropertyValueType.ThreeD : PropertyValueType.TwoD;
  }
  get value() {
    const keys = this.keys_();
    if (keys.length) return copied(keys[0][1]);
    const value = this.layer_.values_[this.path_];
    return value instanceof TextDocument ? sameDocument(value, new TextDocument()) : copied(value);
  }
  valueAtTime() { return this.value; }
  checked_(value) {
    const now = this.layer_.values_[this.path_];
    if (now instanceof TextDocument) {
      return value instanceof TextDocument ? sameDocument(value, new TextDocument())
        : sameDocument({ text: String(value) }, sameDocument(now, new TextDocument()));
    }
    const kind = (of) => of instanceof Array ? "array" : typeof of;
    if (value === undefined || value === null || (kind(now) !== kind(value) && kind(now) !== "boolean")) {
      fail(`Unable to call "setValue" because of parameter 1. ${String(value)} is not of the correct type.`);
    }
    return copied(value);
  }
  setValue(value) {
    if (this.numKeys) fail("Unable to call \"setValue\": property has keyframes; use setValueAtTime.");
    this.layer_.values_[this.path_] = this.checked_(value);
    this.layer_.own_[this.path_] = true;
    dirty();
  }
  keys_() { return this.layer_.keys_[this.path_] || []; }
  get numKeys() { return this.keys_().length; }
  get isTimeVarying() { return this.numKeys > 0; }
  keyTime(index) { range("keyTime", index, this.numKeys); return this.keys_()[index - 1][0]; }
  keyValue(index) { range("keyValue", index, this.numKeys); return copied(this.keys_()[index - 1][1]); }
  setValueAtKey(index, value) {
    range("setValueAtKey", index, this.numKeys);
    this.keys_()[index - 1][1] = this.checked_(value);
    dirty();
  }
  setValueAtTime(time, value) {
    const keys = this.layer_.keys_[this.path_] = this.keys_();
    let place = 0;
    while (place < keys.length && keys[place][0] < time) place++;
    const replaces = place < keys.length && keys[place][0] === time ? 1 : 0;
    const key = this.checked_(value);
    keys.splice(place, replaces, [time, key instanceof TextDocument ? key.text : key]);
    dirty();
  }
  removeKey(index) {
    range("removeKey", index, this.numKeys);
    const keys = this.keys_();
    const [key] = keys.splice(index - 1, 1);
    if (!keys.length) {
      const now = this.layer_.values_[this.path_];
      this.layer_.values_[this.path_] = now instanceof TextDocument ? sameDocument({ text: key[1] }, now) : key[1];
      this.layer_.own_[this.path_] = true;
    }
    dirty();
  }
  get expression() { return this.layer_.expressions_[this.path_] || ""; }
  set expression(text) {
    if (String(text) === "") delete this.layer_.expressions_[this.path_];
    else this.layer_.expressions_[this.path_] = String(text);
    dirty();
  }
}

class PropertyGroup extends PropertyBase {
  constructor(layer, parent, name) {
    super(layer, parent, name);
    this.propertyType = name === "Effects" ? PropertyType.INDEXED_GROUP : PropertyType.NAMED_GROUP;
    this.children_ = [];
  }
  get numProperties() { return this.children_.length; }
  child_(name) {
    for (const child of this.children_) if (child.name === name || child.matchName === name) return child;
    return null;
  }
  property(which) {
    if (isString(which)) return this.child_(String(which));
    range("property", which, this.numProperties);
    return this.children_[which - 1];
  }
  canAddProperty(name) { return this.name === "Effects" && (!facts.effects || has(facts.effects, name)); }
  addProperty(name) {
    if (!this.canAddProperty(name)) fail(`Unable to call "addProperty" because of parameter 1. ${name} is not there.`);
    const effect = new PropertyGroup(this.layer_, this, name);
    this.layer_.effects_.push(name);
    this.children_.push(effect);
    dirty();
    return effect;
  }
  plantGroup_(name) { if (!this.child_(name)) this.children_.push(new PropertyGroup(this.layer_, this, name)); }
  // Puts a property where its path says.
  plant_(names, path) {
    const [name, ...rest] = names;
    let child = this.child_(name);
    if (!child) {
      child = rest.length ? new PropertyGroup(this.layer_, this, name) : new Property(this.layer_, this, name, path);
      this.children_.push(child);
    }
    if (rest.length && child instanceof PropertyGroup) child.plant_(rest, path);
  }
}

class Layer extends PropertyGroup {
  constructor(comp, data) {
    super(null, null, data.name);
    this.layer_ = this;
    this.containingComp = comp;
    this.enabled = data.enabled;
    this.startTime = this.inPoint = 0;
    this.outPoint = comp.duration;
    this.stretch = 100;
    this.audioEnabled = true;
    this.locked = this.shy = this.solo = false;
    this.nullLayer = this.adjustmentLayer = false;
    this.hasVideo = true;
    this.hasAudio = false;
    this.comment = "";
    this.source_ = data.source === undefined || data.source === null ? null : data.source;
    this.effects_ = data.effects;
    this.values_ = {};
    this.keys_ = data.keys;
    this.expressions_ = data.expressions;
    for (const [path, value] of BASIC) this.value_(path, value);
    if (isString(data.text)) {
      const text = new TextDocument(data.text);
      text.font = data.font || undefined;
      for (const key of STYLE) {
        const style = data.values["Text/Style/" + key];
        if (style !== undefined) text[key] = style;
        delete data.values["Text/Style/" + key];
      }
      this.values_["Text/Source Text"] = text;
      this.plant_(["Text", "Source Text"], "Text/Source Text");
    }
    this.plantGroup_("Effects");
    for (const effect of data.effects) {
      const all = this.child_("Effects");
      all.plantGroup_(effect);
      // What is not installed is kept under a name that says so.
      if (facts.effects && !has(facts.effects, effect)) all.child_(effect).name = "Missing: " + effect;
    }
    // Only what differs from Adobe's own values is stored.
    this.own_ = {};
    for (const path in data.values) { this.value_(path, data.values[path]); this.own_[path] = true; }
    for (const path in data.keys) if (this.values_[path] === undefined) this.value_(path, data.keys[path][0][1]);
  }
  value_(path, value) { this.values_[path] = value; this.plant_(path.split("/"), path); }
  property(which) {
    const own = super.property(which);
    if (own || !isString(which)) return own;
    for (const group of ["Transform", "Text"]) {
      const short = this.child_(group) && this.child_(group).child_(String(which));
      if (short) return short;
    }
    return null;
  }
  get id() { return this.id_; }
  get index() { return this.containingComp.layers_.indexOf_(this) + 1; }
  get source() { return this.source_; }
  get isNameSet() { return true; }
  get sourceText() { return this.property("Source Text"); }
  get text() { const group = this.child_("Text"); if (group) group.sourceText = group.child_("Source Text"); return group; }
  get transform() {
    const group = this.child_("Transform");
    const names = [["anchorPoint", "Anchor Point"], ["position", "Position"], ["scale", "Scale"],
      ["rotation", "Rotation"], ["opacity", "Opacity"]];
    for (const [key, name] of names) group[key] = group.child_(name);
    return group;
  }
  get position() { return this.transform.position; }
  get scale() { return this.transform.scale; }
  get rotation() { return this.transform.rotation; }
  get opacity() { return this.transform.opacity; }
  get anchorPoint() { return this.transform.anchorPoint; }
  get effect() { const group = this.child_("Effects"); return (which) => group.property(which); }
  remove() { const all = this.containingComp.layers_.list_; all.splice(this.index - 1, 1); dirty(); }
  data_(nameOf) {
    const values = {};
    for (const path in this.own_) if (!(this.values_[path] instanceof TextDocument)) values[path] = this.values_[path];
    const text = this.values_["Text/Source Text"];
    const data = { name: this.name, enabled: this.enabled, effects: this.effects_, values,
      expressions: this.expressions_, keys: this.keys_ };
    if (text) {
      data.text = text.text;
      if (text.font !== undefined) data.font = text.font;
      for (const key of STYLE) {
        const isOwn = text[key] !== undefined && !(key === "fontSize" && text[key] === 36);
        if (isOwn) values["Text/Style/" + key] = text[key];
      }
    }
    if (this.source_) data.source = nameOf(this.source_);
    return data;
  }
}
class AVLayer extends Layer {
  replaceSource(item, fix) {
    if (!(item instanceof AVItem)) fail("Unable to call \"replaceSource\" because of parameter 1. It is no footage or composition.");
    if (typeof fix !== "boolean") fail("Unable to call \"replaceSource\" because of parameter 2.");
    if (item === this.containingComp) fail("Unable to call \"replaceSource\": a composition cannot contain itself.");
    this.source_ = item;
    dirty();
  }
  get width() { return this.source_ ? this.source_.width : this.containingComp.width; }
  get height() { return this.source_ ? this.source_.height : this.containingComp.height; }
}
class TextLayer extends AVLayer {
  replaceSource() { fail("Unable to call \"replaceSource\": a text layer has no source."); }
}
for (const kind of [TextDocument, PropertyBase, Property, PropertyGroup, Layer, AVLayer, TextLayer]) global[kind.name] = kind;
