// The render queue and the application itself. It renders nothing: aerender does.

global.RQItemStatus = constants(
  ["WILL_CONTINUE", "NEEDS_OUTPUT", "UNQUEUED", "QUEUED", "RENDERING", "USER_STOPPED", "ERR_STOPPED", "DONE"], 3012);
global.LogType = constants(["ERRORS_ONLY", "ERRORS_AND_SETTINGS", "ERRORS_AND_PER_FRAME_INFO"], 2212);
global.Language = constants(["ENGLISH", "FRENCH", "GERMAN", "SPANISH", "JAPANESE", "ITALIAN", "KOREAN", "PORTUGUESE"], 2612);
global.GetSettingsFormat = constants(["NUMBER", "NUMBER_SETTABLE", "STRING", "STRING_SETTABLE", "SPEC"], 3412);
global.PREFType = constants(["PREF_Type_MACHINE_SPECIFIC", "PREF_Type_MACHINE_INDEPENDENT"], 1);

const applyFrom = (templates, name) => {
  if (!has(templates, String(name))) fail(`Unable to call "applyTemplate" because of parameter 1. Template ${name} was not found.`);
};

class OutputModule {
  constructor(data) { this.path_ = data.output || null; this.template_ = data.output_module || null; }
  get templates() { return facts.output_modules.slice(); }
  get name() { return this.template_ || facts.output_modules[0]; }
  get file() { return this.path_ === null ? null : new File(encodeURI(this.path_)); }
  set file(file) { this.path_ = new File(file).fsName; dirty(); }
  applyTemplate(name) { applyFrom(facts.output_modules, name); this.template_ = String(name); dirty(); }
  getSettings() {
    const module = facts.modules[this.template_] || { comp_frame_number: true, format: "by_extension" };
    return {
      "Format": module.format === "movie" ? "QuickTime" : "PNG Sequence",
      "Use Comp Frame Number": String(module.comp_frame_number),
    };
  }
  getSetting(key) {
    const value = this.getSettings()[key];
    if (value === undefined) fail(`Unable to call "getSetting" because of parameter 1. There is no ${key}.`);
    return value;
  }
}
class RenderQueueItem {
  constructor(queue, comp, data) {
    this.queue_ = queue;
    this.comp = comp;
    this.status_ = data.status;
    this.template_ = data.render_settings || null;
    this.outputs_ = new Collection();
    this.outputs_.add_(new OutputModule(data));
    this.timeSpanStart = 0;
    this.timeSpanDuration = comp.duration;
    this.skipFrames = 0;
    this.logType = LogType.ERRORS_ONLY;
  }
  get status() {
    if (this.status_ === "queued" && this.outputs_[1].path_ === null) return RQItemStatus.NEEDS_OUTPUT;
    return RQItemStatus[this.status_.toUpperCase()];
  }
  get render() { return this.status_ === "queued" || this.status_ === "needs_output"; }
  set render(on) { this.status_ = on ? "queued" : "unqueued"; dirty(); }
  get templates() { return facts.render_settings.slice(); }
  get outputModules() { return this.outputs_; }
  get numOutputModules() { return this.outputs_.length; }
  outputModule(index) { range("outputModule", index, this.numOutputModules); return this.outputs_[index]; }
  applyTemplate(name) { applyFrom(facts.render_settings, name); this.template_ = String(name); dirty(); }
  remove() { const all = this.queue_.items.list_; all.splice(this.queue_.items.indexOf_(this), 1); dirty(); }
  data_() {
    const data = { composition: this.comp.name, status: this.status_ };
    const module = this.outputs_[1];
    if (module.path_ !== null) data.output = module.path_;
    if (module.template_ !== null) data.output_module = module.template_;
    if (this.template_ !== null) data.render_settings = this.template_;
    return data;
  }
}
class RQItemCollection extends Collection {
  add(comp) {
    if (!(comp instanceof CompItem)) fail("Unable to call \"add\" because of parameter 1. It is no composition.");
    dirty();
    return this.add_(new RenderQueueItem(this.queue_, comp, { status: "needs_output" }));
  }
}
class RenderQueue {
  constructor(data, named) {
    this.items = new RQItemCollection();
    this.items.queue_ = this;
    for (const item of data) {
      const comp = named[item.composition];
      if (comp instanceof CompItem) this.items.add_(new RenderQueueItem(this, comp, item));
    }
  }
  get numItems() { return this.items.length; }
  get rendering() { return false; }
  item(index) { range("item", index, this.numItems); return this.items[index]; }
  render() { fail("the stand-in renders with aerender only"); }
  showWindow() {}
}

let project = null;
let suppressed = 0;
const allFonts = () => {
  const families = [];
  for (const name of facts.fonts || []) families.push([fontObject(name)]);
  return families;
};
const missingFonts = () => {
  const all = [];
  for (const use of project.usedFonts || []) if (use.font.isSubstitute) all.push(use.font);
  return all;
};
// What a person would be told when a project opens, in a dialog.
const lacks = (data) => {
  for (const comp of data.composition) {
    for (const layer of comp.layer) {
      if (isString(layer.font) && facts.fonts && !has(facts.fonts, layer.font)) return true;
      for (const effect of layer.effects || []) if (facts.effects && !has(facts.effects, effect)) return true;
    }
  }
  for (const item of project.items_.list_) if (item instanceof FootageItem && item.footageMissing) return true;
  return false;
};

class Application {
  constructor() {
    this.version = this.buildName = facts.version_text;
    this.buildNumber = 1;
    this.isoLanguage = facts.locale;
    this.language = { de_DE: Language.GERMAN, fr_FR: Language.FRENCH, ja_JP: Language.JAPANESE,
      ko_KR: Language.KOREAN, pt_BR: Language.PORTUGUESE }[facts.locale] || Language.ENGLISH;
    this.exitCode = 0;
    this.onError = null;
    this.isRenderEngine = facts.is_render_engine;
    this.saveProjectOnCrash = true;
    this.preferences = {
      havePref: () => true,
      getPrefAsLong: (section, key) => /SCRIPTING_FILE_NETWORK/.test(key) ? (facts.may_write ? 1 : 0) : 0,
      savePrefAsLong() {},
      saveToDisk() {},
      reload() {},
    };
    if (facts.version >= 24) {
      this.fonts = {
        getFontsByPostScriptName: (name) => fontObject(name).isSubstitute ? [] : [fontObject(name)],
        get allFonts() { return allFonts(); },
        get missingOrSubstitutedFonts() { return missingFonts(); },
      };
    }
  }
  get project() { return project; }
  // Without a list of the story everything is installed: what the project uses is.
  get effects() {
    const names = (facts.effects || []).slice();
    for (const item of facts.effects ? [] : project.items_.list_) {
      if (!(item instanceof CompItem)) continue;
      for (const layer of item.layers_.list_) for (const name of layer.effects_) if (!has(names, name)) names.push(name);
    }
    const all = [];
    for (const name of names) all.push({ displayName: name, matchName: name, category: "", version: "1.0" });
    return all;
  }
  newProject() { project = emptyProject(); return project; }
  open(file) {
    if (file === undefined) return dialog();
    const path = new File(file).fsName;
    const text = host.load(path);
    if (text === undefined) fail(`Unable to call "open" because of parameter 1. File ${path} does not exist.`);
    if (text === "") fail("file is damaged.");
    const data = parse(text);
    project = new Project(data, path);
    isDirty = false;
    if (lacks(data) && !suppressed) dialog();
    return project;
  }
  openFast(file) { return this.open(file); }
  beginSuppressDialogs() { suppressed++; }
  endSuppressDialogs() { suppressed = Math.max(suppressed - 1, 0); }
  beginUndoGroup() {}
  endUndoGroup() {}
  purge() {}
  setMemoryUsageLimits() {}
  setSavePreferencesOnQuit() {}
  activate() {}
  executeCommand() { fail("the stand-in has no menus"); }
  quit() { host.quit(this.exitCode); }
}
for (const kind of [OutputModule, RenderQueueItem, RQItemCollection, RenderQueue, Application]) global[kind.name] = kind;
const app = new Application();
global.app = app;
project = emptyProject();
