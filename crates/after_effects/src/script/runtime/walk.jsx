// Everything that takes part in the picture: the composition, the ones nested in it, their layers and footage.

function walk(root) {
    var tree = { compositions: [root], layers: [], footage: [] };
    var seen = {}, next = 0, i, composition, layer, source;
    seen["item" + root.id] = true;
    while (next < tree.compositions.length) {
        composition = tree.compositions[next++];
        for (i = 1; i <= composition.numLayers; i++) {
            layer = composition.layer(i);
            tree.layers[tree.layers.length] = { layer: layer, composition: composition };
            source = layer.source;
            if (source && !seen["item" + source.id]) {
                seen["item" + source.id] = true;
                if (source instanceof CompItem) {
                    tree.compositions[tree.compositions.length] = source;
                } else if (source instanceof FootageItem) {
                    tree.footage[tree.footage.length] = source;
                }
            }
        }
    }
    return tree;
}
