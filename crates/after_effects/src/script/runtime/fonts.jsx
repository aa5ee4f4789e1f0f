// Fonts: those that are demanded, and those that the rendered layers use. Since 24.0 After Effects tells which
// fonts it has; before, a text layer tells where its font lies, for some kinds of fonts. A style that changes
// within a text is seen since 24.5 only: before, a text is known by its first character.

function textOf(layer) {
    var property = child(layer, "Source Text");
    return property && isText(property) ? property.value : null;
}

// Whether a font of that name is there: true, false, or null where nobody can tell.
function hasFont(name, tree) {
    var fonts, i, text;
    if (app.fonts && app.fonts.getFontsByPostScriptName) {
        fonts = app.fonts.getFontsByPostScriptName(name);
        for (i = 0; i < fonts.length; i++) {
            if (!fonts[i].isSubstitute) {
                return true;
            }
        }
        return false;
    }
    for (i = 0; i < tree.layers.length; i++) {
        text = textOf(tree.layers[i].layer);
        if (text && (text.font === name) && text.fontLocation) {
            return true;
        }
    }
    return null;
}

// Names of fonts that stand in for missing ones, anywhere in the project.
function substitutes() {
    var list = [], fonts, i;
    fonts = app.fonts && app.fonts.missingOrSubstitutedFonts ? app.fonts.missingOrSubstitutedFonts : [];
    for (i = 0; i < fonts.length; i++) {
        list[i] = fonts[i].postScriptName;
    }
    return list;
}

function isUsedIn(tree, uses) {
    var i, j;
    for (i = 0; i < uses.length; i++) {
        for (j = 0; j < tree.layers.length; j++) {
            if (tree.layers[j].layer.id === uses[i].layerID) {
                return true;
            }
        }
    }
    return false;
}

// Those of the missing fonts that the rendered layers use.
function missingAndUsed(tree) {
    var missing = substitutes(), used = [], list, i, text;
    if (missing.length === 0) {
        return used;
    }
    list = app.project.usedFonts;
    if (list) {
        for (i = 0; i < list.length; i++) {
            if (contains(missing, list[i].font.postScriptName) && isUsedIn(tree, list[i].usedAt)) {
                used[used.length] = list[i].font.postScriptName;
            }
        }
        return used;
    }
    for (i = 0; i < tree.layers.length; i++) {
        text = textOf(tree.layers[i].layer);
        if (text && contains(missing, text.font) && !contains(used, text.font)) {
            used[used.length] = text.font;
        }
    }
    return used;
}

function inspectFonts(plan, tree) {
    var demanded = plan.inspect.fonts, used = missingAndUsed(tree), i, there;
    for (i = 0; (demanded !== null) && (i < demanded.length); i++) {
        there = hasFont(demanded[i], tree);
        if (there === null) {
            find({ is: "font_unknown", name: demanded[i] });
        } else if (!there) {
            find({ is: "font_missing", name: demanded[i], allowed: false });
        }
    }
    for (i = 0; i < used.length; i++) {
        if ((demanded === null) || !contains(demanded, used[i])) {
            // With a list of demanded fonts the others may be replaced: whoever wrote it knows them.
            find({ is: "font_missing", name: used[i], allowed: demanded !== null });
        }
    }
}
