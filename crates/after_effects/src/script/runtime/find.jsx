// Compositions, layers and properties, found as the data set names them. Everything counts from 1.

function contains(list, value) {
    var i;
    for (i = 0; i < list.length; i++) {
        if (list[i] === value) {
            return true;
        }
    }
    return false;
}

function compositions() {
    var list = [], i, item;
    for (i = 1; i <= app.project.numItems; i++) {
        item = app.project.item(i);
        if (item instanceof CompItem) {
            list[list.length] = item;
        }
    }
    return list;
}

function compositionsNamed(name) {
    var list = [], all = compositions(), i;
    for (i = 0; i < all.length; i++) {
        if (all[i].name === name) {
            list[list.length] = all[i];
        }
    }
    return list;
}

// Whether a composition called path[at] is used in path[at - 1], that one in path[at - 2], and so on.
function isNested(composition, path, at) {
    var users = composition.usedIn, i;
    if (at === 0) {
        return true;
    }
    for (i = 0; i < users.length; i++) {
        if ((users[i].name === path[at - 1]) && isNested(users[i], path, at - 1)) {
            return true;
        }
    }
    return false;
}

// What the step renders: none, one, or several of the same name.
function renderedCompositions(plan) {
    var queue, composition;
    if (plan.rendered.index === undefined) {
        return compositionsNamed(plan.rendered.name);
    }
    queue = app.project.renderQueue;
    if (plan.rendered.index > queue.numItems) {
        return [];
    }
    composition = queue.item(plan.rendered.index).comp;
    return composition ? [composition] : [];
}

function compositionsInScope(scope, plan) {
    var named, list = [], i, last;
    if (scope.rendered) {
        return renderedCompositions(plan);
    }
    if (scope.every) {
        return compositions();
    }
    named = compositionsNamed(scope.name);
    if ((named.length > 0) || (scope.path.length < 2)) {
        return named;
    }
    last = scope.path.length - 1;
    named = compositionsNamed(scope.path[last]);
    for (i = 0; i < named.length; i++) {
        if (isNested(named[i], scope.path, last)) {
            list[list.length] = named[i];
        }
    }
    return list;
}

function layersIn(composition, wanted) {
    var list = [], i, layer;
    if (wanted.index !== undefined) {
        return wanted.index <= composition.numLayers ? [composition.layer(wanted.index)] : [];
    }
    for (i = 1; i <= composition.numLayers; i++) {
        layer = composition.layer(i);
        if (layer.name === wanted.name) {
            list[list.length] = layer;
        }
    }
    return list;
}

// A property or group by its name or, where there is none of that name, by its position.
function child(group, name) {
    var found = null;
    try {
        found = group.property(name);
    } catch (unknownName) {
        found = null;
    }
    if (!found && /^[1-9][0-9]{0,5}$/.test(name)) {
        try {
            found = group.property(parseInt(name, 10));
        } catch (noSuchPosition) {
            found = null;
        }
    }
    return found ? found : null;
}

function propertyAt(layer, path) {
    var found = layer, i;
    for (i = 0; (i < path.length) && (found !== null); i++) {
        found = child(found, path[i]);
    }
    return found;
}
