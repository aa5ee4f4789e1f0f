// Files, folders, dialogs and `$`, as the JavaScript Tools Guide describes them. Paths may be in URI notation.

const fail = (text) => { throw new Error("After Effects error: " + text); };
const range = (call, value, most) => {
  if (!(value >= 1 && value <= most)) {
    fail(`Unable to call "${call}" because of parameter 1. Value ${value} out of range 1 to ${most}.`);
  }
};
const isString = (value) => typeof value === "string" || value instanceof String;

const native = (path) => {
  let text = String(path);
  try { text = decodeURIComponent(text); } catch (_) { /* not in URI notation */ }
  if (text.charAt(0) === "~") text = host.home() + text.slice(1);
  return host.absolute(text);
};

function Entry() {}
const entry = (kind, path) => {
  define(kind.prototype, "fsName", { get() { return this.path_; } });
  define(kind.prototype, "fullName", { get() { return this.path_; } });
  define(kind.prototype, "absoluteURI", { get() { return encodeURI(this.path_); } });
  define(kind.prototype, "name", { get() { return encodeURI(this.path_.slice(this.path_.lastIndexOf("/") + 1)); } });
  define(kind.prototype, "displayName", { get() { return decodeURI(this.name); } });
  define(kind.prototype, "path", { get() { return this.path_.slice(0, Math.max(this.path_.lastIndexOf("/"), 1)); } });
  define(kind.prototype, "parent", { get() { return new Folder(this.path); } });
  kind.prototype.toString = function () { return this.path_; };
  kind.prototype.remove = function () { return host.remove(this.path_); };
  kind.prototype.rename = function (name) { return host.rename(this.path_, this.path + "/" + name); };
  kind.encode = encodeURIComponent;
  kind.decode = decodeURIComponent;
};

function File(path) {
  if (!(this instanceof File)) return new File(path);
  this.path_ = native(path instanceof Entry ? path.path_ : path);
  this.encoding = facts.windows ? "WINDOWS-1252" : "UTF-8";
  this.lineFeed = facts.windows ? "Windows" : "Unix";
  this.error = "";
  this.mode_ = null;
  this.text_ = "";
  this.at_ = 0;
}
File.prototype = make(Entry.prototype);
File.prototype.constructor = File;
entry(File);
define(File.prototype, "exists", { get() { return host.kind(this.path_) === "file"; } });
define(File.prototype, "length", { get() { return host.size(this.path_); } });
define(File.prototype, "eof", { get() { return this.at_ >= this.text_.length; } });
File.prototype.open = function (mode) {
  if (mode === "r") {
    const text = host.read(this.path_);
    if (text === undefined) { this.error = "File or folder does not exist"; return false; }
    this.text_ = text;
    this.at_ = 0;
  } else if (!facts.may_write || !host.write(this.path_, "", this.encoding, mode !== "w")) {
    this.error = "Permission denied";
    return false;
  }
  this.mode_ = mode;
  return true;
};
File.prototype.close = function () { const was = this.mode_ !== null; this.mode_ = null; return was; };
File.prototype.read = function (length) {
  if (this.mode_ !== "r") return "";
  const end = length === undefined ? this.text_.length : this.at_ + length;
  const text = this.text_.slice(this.at_, end);
  this.at_ += text.length;
  return text;
};
File.prototype.readln = function () {
  const end = this.text_.indexOf("\n", this.at_);
  const line = this.read(end < 0 ? undefined : end - this.at_);
  if (end >= 0) this.at_ = end + 1;
  return line.charAt(line.length - 1) === "\r" ? line.slice(0, -1) : line;
};
File.prototype.write = function () {
  if (this.mode_ === null || this.mode_ === "r") { this.error = "Permission denied"; return false; }
  let text = "";
  for (let i = 0; i < arguments.length; i++) text += arguments[i];
  if (this.lineFeed === "Windows") text = text.replace(/\r?\n/g, "\r\n");
  return host.write(this.path_, text, this.encoding, true);
};
File.prototype.writeln = function () {
  let text = "";
  for (let i = 0; i < arguments.length; i++) text += arguments[i];
  return this.write(text + "\n");
};
File.prototype.copy = function (target) { return host.copy(this.path_, native(target)); };

function Folder(path) {
  if (!(this instanceof Folder)) return new Folder(path);
  this.path_ = native(path instanceof Entry ? path.path_ : path === undefined ? "." : path);
}
Folder.prototype = make(Entry.prototype);
Folder.prototype.constructor = Folder;
entry(Folder);
define(Folder.prototype, "exists", { get() { return host.kind(this.path_) === "folder"; } });
Folder.prototype.create = function () { return host.mkdir(this.path_); };
Folder.prototype.getFiles = function () {
  const names = parse(host.list(this.path_));
  const all = [];
  for (let i = 0; i < names.length; i++) {
    const path = encodeURI(this.path_ + "/" + names[i]);
    all.push(host.kind(native(path)) === "folder" ? new Folder(path) : new File(path));
  }
  return all;
};
define(Folder, "temp", { get() { return new Folder(facts.temp); } });
define(Folder, "current", { get() { return new Folder("."); } });
define(Folder, "myDocuments", { get() { return new Folder(facts.documents); } });
define(Folder, "appPackage", { get() { return new Folder(facts.folder); } });

// Dialogs wait for a person, and there is none.
const dialog = () => host.block();
global.alert = dialog;
global.confirm = dialog;
global.prompt = dialog;
File.openDialog = File.saveDialog = Folder.selectDialog = dialog;

const evaluate = global.eval;
global.$ = {
  global: global,
  fileName: facts.script,
  os: facts.windows ? "Windows/64 10.0" : "Macintosh OS 14.0",
  version: "4.5.6",
  locale: facts.locale,
  level: 0,
  evalFile(file) {
    const path = file instanceof File ? file.path_ : native(file);
    const text = host.read(path);
    if (text === undefined) throw new Error("File or folder does not exist");
    return evaluate(text);
  },
  getenv: (name) => { const value = host.env(name); return value === undefined ? null : value; },
  setenv() {},
  sleep: (ms) => host.sleep(ms),
  gc() {},
  write() {},
  writeln() {},
};
global.system = {
  osName: facts.windows ? "Windows 10/64" : "Macintosh OS",
  osVersion: "10.0",
  machineName: "standin",
  callSystem: () => fail("callSystem is not there in the stand-in"),
};
global.File = File;
global.Folder = Folder;
