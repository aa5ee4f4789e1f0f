// The project: items, footage, compositions, fonts. Indices begin with 1.

const has = (list, value) => { for (const one of list) if (one === value) return true; return false; };
const fontObject = (name) => {
  const text = String(name === undefined ? "" : name);
  const dash = text.indexOf("-");
  return {
    postScriptName: text,
    familyName: dash < 0 ? text : text.slice(0, dash),
    styleName: dash < 0 ? "Regular" : text.slice(dash + 1),
    get isSubstitute() { return !!facts.fonts && !has(facts.fonts, text); },
  };
};
let isDirty = false;
const dirty = () => { isDirty = true; };
let lastId = 0;

// A collection that is counted from 1.
class Collection {
  constructor() {
    define(this, "list_", { value: [], enumerable: false });
  }
  get length() { return this.list_.length; }
  indexOf_(one) { for (let i = 0; i < this.list_.length; i++) if (this.list_[i] === one) return i; return -1; }
  add_(one) {
    const collection = this;
    this.list_.push(one);
    const place = this.list_.length;
    if (!owns(this, place)) {
      define(this, place, { configurable: true, get() { return collection.list_[place - 1]; } });
    }
    return one;
  }
}
class LayerCollection extends Collection {
  byName(name) { for (const layer of this.list_) if (layer.name === name) return layer; return null; }
  add(item) {
    const layer = new AVLayer(this.comp_, { name: item.name, source: item, enabled: true, effects: [], values: {}, keys: {}, expressions: {} });
    layer.id_ = ++lastId;
    this.list_.unshift(layer);
    this.add_(layer);
    this.list_.pop();
    dirty();
    return layer;
  }
}
class ItemCollection extends Collection {
  addFolder(name) { const folder = new FolderItem(); folder.name = name; return this.add_(folder); }
}

class Item {
  constructor() {
    this.id = ++lastId;
    this.comment = "";
    this.selected = false;
    this.label = 0;
    this.parentFolder = null;
  }
  remove() { const all = project.items_.list_; all.splice(project.items_.indexOf_(this), 1); dirty(); }
}
class FolderItem extends Item {
  constructor() { super(); this.typeName = "Folder"; this.name = ""; }
  get items() { return this === app.project.rootFolder ? project.items_ : new ItemCollection(); }
  get numItems() { return this.items.length; }
  item(index) { range("item", index, this.numItems); return this.items[index]; }
}
class AVItem extends Item {
  get usedIn() {
    const comps = [];
    for (const item of project.items_.list_) {
      if (!(item instanceof CompItem)) continue;
      for (const layer of item.layers_.list_) if (layer.source === this) { comps.push(item); break; }
    }
    return comps;
  }
}
class FileSource {
  constructor(path) { this.path_ = path; this.isStill = true; this.hasAlpha = false; }
  get file() { return new File(encodeURI(this.path_)); }
  get missingFootagePath() { return this.file.exists ? "" : this.path_; }
  reload() {}
}
class FootageItem extends AVItem {
  constructor(name, path) {
    super();
    this.typeName = "Footage";
    this.name = name;
    this.width = this.height = 64;
    this.duration = 0;
    this.source_ = new FileSource(path);
  }
  get mainSource() { return this.source_; }
  get file() { return this.source_.file; }
  get footageMissing() { return !this.file.exists; }
  get hasVideo() { return true; }
  replace(file) {
    const found = new File(file);
    if (!found.exists) fail(`Unable to call "replace": file ${found.fsName} does not exist.`);
    this.source_ = new FileSource(found.fsName);
    dirty();
  }
}
class CompItem extends AVItem {
  constructor(data) {
    super();
    this.typeName = "Composition";
    this.data_ = data;
    this.name = data.name;
    this.width = data.width;
    this.height = data.height;
    this.pixelAspect = 1;
    this.frameRate = data.rate;
    this.frameDuration = 1 / data.rate;
    this.duration = data.frames / data.rate;
    this.displayStartFrame = data.start;
    this.displayStartTime = data.start / data.rate;
    this.workAreaStart = 0;
    this.workAreaDuration = this.duration;
    this.layers_ = new LayerCollection();
    this.layers_.comp_ = this;
  }
  get layers() { return this.layers_; }
  get numLayers() { return this.layers_.length; }
  layer(which) {
    if (isString(which)) return this.layers_.byName(String(which));
    range("layer", which, this.numLayers);
    return this.layers_[which];
  }
}

function ImportOptions(file) {
  this.file = file;
  this.sequence = this.forceAlphabetical = false;
  this.importAs = ImportAsType.FOOTAGE;
}
ImportOptions.prototype.canImportAs = function (type) { return type === ImportAsType.FOOTAGE; };
global.ImportAsType = constants(["COMP_CROPPED_LAYERS", "FOOTAGE", "COMP", "PROJECT"], 3612);
global.CloseOptions = constants(["DO_NOT_SAVE_CHANGES", "PROMPT_TO_SAVE_CHANGES", "SAVE_CHANGES"], 1212);

class Project {
  constructor(data, path) {
    this.file = path === null ? null : new File(encodeURI(path));
    this.displayStartFrame = data.first_frame;
    this.saved_by_ = data.saved_by;
    this.items_ = new ItemCollection();
    this.root_ = new FolderItem();
    this.root_.name = "Root";
    this.activeItem = null;
    this.selection = [];
    this.expressionEngine = "javascript-1.0";
    const folder = path === null ? "" : path.slice(0, path.lastIndexOf("/"));
    const named = {};
    const put = (item) => { if (!owns(named, item.name)) named[item.name] = item; this.items_.add_(item); };
    for (const comp of data.composition) put(new CompItem(comp));
    for (const footage of data.footage) {
      put(new FootageItem(footage.name, host.absolute(host.join(folder, footage.path))));
    }
    for (const item of this.items_.list_) {
      item.parentFolder = this.root_;
      if (!(item instanceof CompItem)) continue;
      for (const layer of item.data_.layer) {
        const source = isString(layer.source) ? named[layer.source] || null : null;
        const kind = isString(layer.text) ? TextLayer : AVLayer;
        const empty = { effects: [], values: {}, keys: {}, expressions: {} };
        const made = new kind(item, assign(empty, layer, { source }));
        made.id_ = ++lastId;
        item.layers_.add_(made);
      }
    }
    this.renderQueue = new RenderQueue(data.queue, named);
  }
  get items() { return this.items_; }
  get numItems() { return this.items_.length; }
  get rootFolder() { return this.root_; }
  item(index) { range("item", index, this.numItems); return this.items_[index]; }
  itemByID(id) { for (const item of this.items_.list_) if (item.id === id) return item; return null; }
  layerByID(id) {
    for (const item of this.items_.list_) {
      if (item instanceof CompItem) for (const layer of item.layers_.list_) if (layer.id === id) return layer;
    }
    return null;
  }
  get dirty() { return isDirty; }
  importFile(options) {
    if (!(options instanceof ImportOptions) || !(options.file instanceof File)) {
      fail("Unable to call \"importFile\" because of parameter 1. It is no ImportOptions object with a file.");
    }
    if (!options.file.exists) fail(`Unable to call "importFile": file ${options.file.fsName} does not exist.`);
    const item = new FootageItem(options.file.displayName, options.file.fsName);
    item.parentFolder = this.root_;
    dirty();
    return this.items_.add_(item);
  }
  // Every font in use, with the layers that use it.
  get usedFonts() {
    if (facts.version < 24.5) return undefined;
    const all = [];
    for (const item of this.items_.list_) {
      if (!(item instanceof CompItem)) continue;
      for (const layer of item.layers_.list_) {
        const text = layer.values_["Text/Source Text"];
        if (!text || text.font === undefined) continue;
        let use = null;
        for (const one of all) if (one.font.postScriptName === text.font) use = one;
        if (!use) all.push(use = { font: fontObject(text.font), usedAt: [] });
        use.usedAt.push({ layerID: layer.id, layerTimeD: 0 });
      }
    }
    return all;
  }
  save(file) {
    const target = file === undefined ? this.file : new File(file);
    if (target === null) return dialog();
    const error = host.save(target.fsName, print(this.data_()));
    if (error) fail(`Unable to save project: ${error}`);
    this.file = target;
    isDirty = false;
  }
  close(how) {
    if (how === CloseOptions.SAVE_CHANGES) this.save();
    if (how === CloseOptions.PROMPT_TO_SAVE_CHANGES && isDirty && !suppressed) dialog();
    project = emptyProject();
    return true;
  }
  // As it is stored: items are told apart by name, so equal names of footage get a number.
  data_() {
    const names = [];
    const taken = {};
    for (const item of this.items_.list_) {
      let name = item.name;
      for (let n = 2; item instanceof FootageItem && owns(taken, name); n++) name = `${item.name} ${n}`;
      taken[name] = true;
      names.push([item, name]);
    }
    const nameOf = (item) => { for (const [one, name] of names) if (one === item) return name; return item.name; };
    const data = { first_frame: this.displayStartFrame, composition: [], footage: [], queue: [] };
    if (typeof this.saved_by_ === "number") data.saved_by = this.saved_by_;
    for (const item of this.items_.list_) {
      if (item instanceof FootageItem) data.footage.push({ name: nameOf(item), path: item.source_.path_ });
      if (!(item instanceof CompItem)) continue;
      const layer = [];
      for (const one of item.layers_.list_) layer.push(one.data_(nameOf));
      data.composition.push(assign({}, item.data_, { name: item.name, width: item.width, height: item.height, layer }));
    }
    for (const item of this.renderQueue.items.list_) data.queue.push(item.data_());
    return data;
  }
}
const emptyProject = () => new Project({ first_frame: 0, composition: [], footage: [], queue: [] }, null);
for (const kind of [Project, Collection, LayerCollection, ItemCollection, Item, FolderItem, AVItem, FileSource, FootageItem, CompItem, ImportOptions]) global[kind.name] = kind;
