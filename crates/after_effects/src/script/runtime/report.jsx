// The report: what happened, as JSON made by hand, since ExtendScript has none. It is written again at every
// stage, so that what is left of a run that died says how far it came.

var report = {
    callsheet: 1,
    version: "",
    stage: "opening",
    assets: [],
    findings: [],
    composition: null,
    saved: false,
    error: null
};

function quoted(text) {
    var shown = "", i, code, next;
    var end = Math.min(text.length, 500);
    for (i = 0; i < end; i++) {
        code = text.charCodeAt(i);
        next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
        if ((code >= 0xd800) && (code <= 0xdbff) && (next >= 0xdc00) && (next <= 0xdfff)) {
            shown += escaped(code) + escaped(next);
            i++;
        } else if ((code >= 0xd800) && (code <= 0xdfff)) {
            // Half a character: JSON readers refuse it.
            shown += escaped(0xfffd);
        } else if ((code < 0x20) || (code > 0x7e) || (code === 0x22) || (code === 0x5c)) {
            shown += escaped(code);
        } else {
            shown += text.charAt(i);
        }
    }
    return "\"" + shown + "\"";
}

function escaped(code) {
    return "\\u" + ("0000" + code.toString(16)).slice(-4);
}

function json(value) {
    var parts = [], key, i;
    if ((value === null) || (value === undefined)) {
        return "null";
    }
    if (typeof value === "boolean") {
        return value ? "true" : "false";
    }
    if (typeof value === "number") {
        return isFinite(value) ? String(value) : "null";
    }
    if (value instanceof Array) {
        for (i = 0; i < value.length; i++) {
            parts[i] = json(value[i]);
        }
        return "[" + parts.join(",") + "]";
    }
    if (typeof value === "object") {
        for (key in value) {
            if (value.hasOwnProperty(key)) {
                parts[parts.length] = quoted(key) + ":" + json(value[key]);
            }
        }
        return "{" + parts.join(",") + "}";
    }
    return quoted(String(value));
}

function writeReport(plan) {
    var file = new File(plan.report);
    file.encoding = "UTF-8";
    file.lineFeed = "Unix";
    if (!file.open("w")) {
        return false;
    }
    file.write(json(report));
    return file.close();
}

function atStage(plan, stage) {
    report.stage = stage;
    writeReport(plan);
}

// What an error says, with the line where there is one.
function words(error) {
    var text;
    if ((typeof error !== "object") || (error === null)) {
        return String(error);
    }
    text = error.message ? String(error.message) : String(error);
    return error.line ? text + " (line " + error.line + ")" : text;
}

// One thing that was found. A project with the same fault a thousand times is told of it a few hundred times.
function find(finding) {
    if (report.findings.length < 300) {
        report.findings[report.findings.length] = finding;
    }
}
