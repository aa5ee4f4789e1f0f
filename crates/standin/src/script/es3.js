// ExtendScript is the language of 1999: what came later is taken away before a script runs.

const LATER = ["JSON", "Promise", "Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Symbol", "Proxy", "Reflect",
  "BigInt", "ArrayBuffer", "SharedArrayBuffer", "DataView", "Atomics", "Uint8Array", "Uint8ClampedArray", "Int8Array",
  "Uint16Array", "Int16Array", "Uint32Array", "Int32Array", "Float16Array", "Float32Array", "Float64Array",
  "BigInt64Array", "BigUint64Array", "FinalizationRegistry", "AggregateError", "Iterator", "globalThis",
  "queueMicrotask", "performance", "navigator", "DOMException", "console"];
const KEPT = {
  Array: ["constructor", "concat", "join", "pop", "push", "reverse", "shift", "slice", "sort", "splice", "toString",
    "toLocaleString", "unshift", "length"],
  String: ["constructor", "charAt", "charCodeAt", "concat", "indexOf", "lastIndexOf", "localeCompare", "match",
    "replace", "search", "slice", "split", "substr", "substring", "toLocaleLowerCase", "toLocaleUpperCase",
    "toLowerCase", "toUpperCase", "toString", "valueOf", "length"],
  Function: ["constructor", "apply", "call", "toString", "length", "name", "arguments", "caller"],
};
const namesOf = Object.getOwnPropertyNames;
for (const kind in KEPT) {
  const prototype = global[kind].prototype;
  for (const name of namesOf(prototype)) if (!has(KEPT[kind], name)) delete prototype[name];
}
for (const name of namesOf(Object)) if (!has(["prototype", "length", "name"], name)) delete Object[name];
for (const name of ["isArray", "from", "of", "fromAsync"]) delete Array[name];
for (const name of ["now"]) delete Date[name];
for (const name of ["toISOString", "toJSON"]) delete Date.prototype[name];
for (const name of ["raw", "fromCodePoint"]) delete String[name];
for (const name of LATER) delete global[name];
