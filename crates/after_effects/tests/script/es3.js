// Takes away whatever ECMAScript 3 does not have, so that a script that needs it fails here as it would in
// ExtendScript. What stays is listed; everything else goes.
var globalNames = (function () {
    var names = Object.getOwnPropertyNames, global = globalThis;
    return function () { return names(global).sort().join(" "); };
}());
(function () {
    var ownNames = Object.getOwnPropertyNames, i;
    var globals = "Object Function Array String Boolean Number Date Math RegExp Error EvalError RangeError ReferenceError " +
        "SyntaxError TypeError URIError NaN Infinity undefined eval parseInt parseFloat isNaN isFinite decodeURI " +
        "decodeURIComponent encodeURI encodeURIComponent escape unescape";
    var kept = [
        [Object, "prototype length name"],
        [Object.prototype, "constructor toString toLocaleString valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable"],
        [Function.prototype, "constructor toString apply call length name prototype"],
        [Array, "prototype length name"],
        [Array.prototype, "constructor toString toLocaleString concat join pop push reverse shift slice sort splice unshift length"],
        [String, "prototype length name fromCharCode"],
        [String.prototype, "constructor toString valueOf charAt charCodeAt concat indexOf lastIndexOf localeCompare match replace " +
            "search slice split substring toLowerCase toLocaleLowerCase toUpperCase toLocaleUpperCase length substr"],
        [Number, "prototype length name MAX_VALUE MIN_VALUE NaN NEGATIVE_INFINITY POSITIVE_INFINITY"],
        [Number.prototype, "constructor toString toLocaleString valueOf toFixed toExponential toPrecision"],
        [Date, "prototype length name parse UTC"],
        [RegExp.prototype, "constructor exec test toString source global ignoreCase multiline lastIndex flags"]
    ];
    function has(list, name) { return (" " + list + " ").indexOf(" " + name + " ") >= 0; }
    function strip(object, list) {
        var names = ownNames(object), i;
        for (i = 0; i < names.length; i++) { if (!has(list, names[i])) { delete object[names[i]]; } }
    }
    var names = ownNames(globalThis);
    var global = globalThis;
    // What the model declared cannot be deleted, and stays.
    for (i = 0; i < names.length; i++) {
        if (!has(globals, names[i])) { delete global[names[i]]; }
    }
    for (i = 0; i < kept.length; i++) { strip(kept[i][0], kept[i][1]); }
}());
