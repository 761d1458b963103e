"""Converters for scikit-learn's decision trees and their forests, which replace those of skl2onnx.

scikit-learn rounds columns to float32 and compares them with float64 thresholds. It sends a missing value where most
rows of the training went. It adds up whole votes before it divides.

skl2onnx rounds thresholds and loses the branch of missing values. It never ends if a threshold is infinite. It divides
before it adds, so ties go to another class.
"""

import numpy as np
from onnx import TensorProto, numpy_helper
from skl2onnx.common._registration import get_converter, register_converter
from skl2onnx.common.data_types import DoubleTensorType, guess_proto_type
from skl2onnx.common.utils_classifier import get_label_classes

CLASSIFIERS = ("DecisionTreeClassifier", "ExtraTreeClassifier", "RandomForestClassifier", "ExtraTreesClassifier")
REGRESSORS = ("DecisionTreeRegressor", "ExtraTreeRegressor", "RandomForestRegressor", "ExtraTreesRegressor")


def register():
    for names, converter in ((CLASSIFIERS, convert_classifier), (REGRESSORS, convert_regressor)):
        for name in names:
            options = get_converter(f"Sklearn{name}").get_allowed_options()
            register_converter(f"Sklearn{name}", converter, overwrite=True, options=options or None)


def convert_regressor(scope, operator, container):
    trees = trees_of(operator.raw_operator)
    graph = Nodes(scope, container)
    sums = add_trees(graph, operator, trees, [tree.value for tree in trees])
    mean = graph.add("Div", [sums, graph.constant([len(trees)], np.float32)])
    graph.add("Cast", [mean], operator.outputs[0].full_name, to=guess_proto_type(operator.outputs[0].type))


def convert_classifier(scope, operator, container):
    """The label [rows] and probabilities [rows, classes]; of n classifiers at once [rows, n] and [rows, n, classes]."""
    estimator, graph = operator.raw_operator, Nodes(scope, container)
    trees, label, numbers = trees_of(estimator), *(output.full_name for output in operator.outputs)
    votes = add_trees(graph, operator, trees, [shares_of(tree) for tree in trees])
    _, outputs, width = trees[0].value.shape
    if outputs > 1:
        votes = graph.add("Reshape", [votes, graph.constant([-1, outputs, width], np.int64)])
    mean = graph.add("Div", [votes, graph.constant([len(trees)], np.float32)])
    graph.add("Cast", [mean], numbers, to=guess_proto_type(operator.outputs[1].type))
    likeliest = graph.add("ArgMax", [votes], axis=-1, keepdims=0)
    if outputs == 1:
        chosen = choose(graph, get_label_classes(scope, estimator), likeliest)
        graph.add("Reshape", [chosen, graph.constant([-1], np.int64)], label)
        return
    columns = [
        graph.add("Reshape", [
            choose(graph, classes, graph.add("Gather", [likeliest, graph.constant(index, np.int64)], axis=1)),
            graph.constant([-1, 1], np.int64),
        ])
        for index, classes in enumerate(estimator.classes_)
    ]  # fmt: skip
    graph.add("Concat", columns, label, axis=1)


def choose(graph, classes, indices):
    """The class of each index, in a form that servers recognise as the classes of a model."""
    classes = np.asarray(classes)
    classes = graph.constant(classes.tolist(), np.str_ if classes.dtype.kind in "OUS" else np.int64)
    return graph.add("ArrayFeatureExtractor", [classes, indices], op_domain="ai.onnx.ml", op_version=1)


def trees_of(estimator):
    return [tree.tree_ for tree in getattr(estimator, "estimators_", [estimator])]


def add_trees(graph, operator, trees, values):
    """The sum of the values [nodes, outputs, classes] over all trees, as float32 [rows, outputs x classes].

    Added up in float64 where the input is float64.
    """
    columns = graph.add("Cast", [operator.inputs[0].full_name], to=TensorProto.FLOAT)
    attributes, is_wide = attributes_of(trees, values), isinstance(operator.inputs[0].type, DoubleTensorType)
    thresholds, weights = attributes.pop("nodes_values"), attributes.pop("target_weights")
    if is_wide:
        columns = graph.add("Cast", [columns], to=TensorProto.DOUBLE)
        attributes |= {
            "nodes_values_as_tensor": numpy_helper.from_array(thresholds),
            "target_weights_as_tensor": numpy_helper.from_array(weights),
        }
    else:
        attributes |= {"nodes_values": below(thresholds), "target_weights": weights.astype(np.float32)}
    version = 3 if is_wide else 1
    return graph.add("TreeEnsembleRegressor", [columns], op_domain="ai.onnx.ml", op_version=version, **attributes)


def attributes_of(trees, values):
    """All trees, and the values of their leaves, as the lists that ONNX has for them, thresholds and weights as float64."""
    sizes = [tree.node_count for tree in trees]
    tree_ids, node_ids = np.repeat(np.arange(len(trees)), sizes), np.concatenate([np.arange(size) for size in sizes])
    left, right, feature, threshold = (
        np.concatenate([getattr(tree, name) for tree in trees])
        for name in ("children_left", "children_right", "feature", "threshold")
    )
    is_leaf = left == -1
    values = np.concatenate(values).reshape(len(left), -1)
    nodes, targets = np.nonzero(np.broadcast_to(is_leaf[:, None], values.shape))
    return {
        "n_targets": values.shape[1],
        "nodes_treeids": tree_ids.tolist(),
        "nodes_nodeids": node_ids.tolist(),
        "nodes_featureids": np.where(is_leaf, 0, feature).tolist(),
        "nodes_modes": np.where(is_leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_values": np.where(is_leaf, 0.0, threshold),
        "nodes_truenodeids": np.where(is_leaf, 0, left).tolist(),
        "nodes_falsenodeids": np.where(is_leaf, 0, right).tolist(),
        "nodes_missing_value_tracks_true": np.concatenate([missing_ways(tree) for tree in trees]).tolist(),
        "target_treeids": tree_ids[nodes].tolist(),
        "target_nodeids": node_ids[nodes].tolist(),
        "target_ids": targets.tolist(),
        "target_weights": values[nodes, targets],
    }


def shares_of(tree):
    """The values of a tree of a classifier [nodes, outputs, classes]. Before scikit-learn 1.3 these were counts."""
    sums = tree.value.sum(axis=2, keepdims=True)
    return tree.value / np.where(sums == 0, 1, sums) if sums.max() > 1 + 1e-6 else tree.value


def missing_ways(tree):
    """1 for each node whose missing values go left. Before scikit-learn 1.3 trees took none."""
    ways = getattr(tree, "missing_go_to_left", None)
    return np.zeros(tree.node_count, dtype=int) if ways is None else np.asarray(ways).astype(int)


def below(thresholds):
    """The largest float32 that is not above each float64: a float32 compares with both in the same way."""
    with np.errstate(over="ignore"):
        rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)


class Nodes:
    """Adds nodes and constants to what skl2onnx builds, and names what comes out of them."""

    def __init__(self, scope, container):
        self.scope, self.container = scope, container

    def add(self, operator, inputs, output=None, **attributes):
        output = output or self.scope.get_unique_variable_name(operator.lower())
        name = self.scope.get_unique_operator_name(operator)
        self.container.add_node(operator, inputs, output, name=name, **attributes)
        return output

    def constant(self, value, dtype):
        name = self.scope.get_unique_variable_name("constant")
        kind = {np.float32: TensorProto.FLOAT, np.int64: TensorProto.INT64, np.str_: TensorProto.STRING}[dtype]
        values = np.asarray(value).reshape(-1).tolist()
        values = [text.encode() for text in map(str, values)] if dtype is np.str_ else values
        self.container.add_initializer(name, kind, list(np.shape(value)), values)
        return name
