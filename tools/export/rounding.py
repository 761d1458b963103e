"""Ensembles of trees behind a step that computes in float64, such as a scaler.

A row that lies next to a threshold may cross it where the step computes in float32 instead. So numbers stay float64
up to the trees. Most libraries round there to float32, and their exports do the same. LightGBM and
HistGradientBoosting compare in float64, and so do their exports. All of them answer float32, since the operator of ONNX
does.
"""

import copy
from contextlib import contextmanager
from functools import partial

import numpy as np
from onnx import TensorProto, numpy_helper
from skl2onnx.common import tree_ensemble
from skl2onnx.common._registration import get_converter, register_converter
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, guess_proto_type
from skl2onnx.operator_converters import gradient_boosting, isolation_forest, random_forest
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import BaseDecisionTree

from export.forests import missing_ways

ROUNDING = ("GradientBoostingClassifier", "GradientBoostingRegressor", "IsolationForest", "AdaBoostClassifier")
WIDE = {
    "HistGradientBoostingClassifier": random_forest.convert_sklearn_random_forest_classifier,
    "HistGradientBoostingRegressor": random_forest.convert_sklearn_random_forest_regressor_converter,
}
NUMBERS = ("nodes_values", "class_weights", "target_weights", "base_values", "nodes_hitrates")
add_tree, find_threshold = tree_ensemble.add_tree_to_attribute_pairs, tree_ensemble.sklearn_threshold


def register():
    replacements = {name: on_float32(get_converter(f"Sklearn{name}")) for name in ROUNDING}
    # Below version 3 the operator of trees has no float64, and the converter rounds to float32.
    replacements |= {name: on_float64(partial(convert, op_version=3)) for name, convert in WIDE.items()}
    for name, converter in replacements.items():
        options = get_converter(f"Sklearn{name}").get_allowed_options() or None
        register_converter(f"Sklearn{name}", converter, overwrite=True, options=options)
    tree_ensemble.sklearn_threshold = threshold_with_infinity
    for module in (gradient_boosting, isolation_forest, random_forest):
        module.add_tree_to_attribute_pairs = add_tree_with_gaps


def on_float32(convert):
    """A converter that hands another one a float32 input, and takes float32 answers from it."""

    def convert_on_float32(scope, operator, container):
        if not isinstance(operator.inputs[0].type, DoubleTensorType) or not is_of_trees(operator.raw_operator):
            return convert(scope, operator, container)
        rounded = scope.declare_local_variable("rounded", FloatTensorType(operator.inputs[0].type.shape))
        add_cast(scope, container, operator.inputs[0], rounded, TensorProto.FLOAT)
        with float32_answers(scope, operator, container) as inner:
            inner.inputs = [rounded]
            convert(scope, inner, container)

    return convert_on_float32


def is_of_trees(estimator):
    """AdaBoost takes estimators of any kind."""
    parts = estimator.estimators_ if isinstance(estimator, AdaBoostClassifier) else []
    return all(isinstance(part, BaseDecisionTree) for part in parts)


def on_float64(convert):
    """A converter whose trees keep float64 thresholds and weights where the input is float64."""

    def convert_on_float64(scope, operator, container):
        if not isinstance(operator.inputs[0].type, DoubleTensorType):
            return convert(scope, operator, container)
        with float32_answers(scope, operator, container) as inner, wide_trees(container):
            convert(scope, inner, container)

    return convert_on_float64


@contextmanager
def float32_answers(scope, operator, container):
    """The operator with float32 outputs, which are cast to what was declared."""
    inner, kinds = copy.copy(operator), [type(output.type) for output in operator.outputs]
    narrow = [FloatTensorType if kind is DoubleTensorType else kind for kind in kinds]
    inner.outputs = [
        scope.declare_local_variable("narrow", kind(output.type.shape))
        for kind, output in zip(narrow, operator.outputs, strict=True)
    ]
    yield inner
    for source, target in zip(inner.outputs, operator.outputs, strict=True):
        add_cast(scope, container, source, target, guess_proto_type(target.type))


@contextmanager
def wide_trees(container):
    """Writes trees with tensors of float64, which converters write as float32."""
    add_node = container.add_node

    def add_wide(operator, *rest, **attributes):
        if operator.startswith("TreeEnsemble"):
            wide = {name: attributes.pop(name) for name in NUMBERS if name in attributes}
            wide = {name: np.asarray(values, dtype=np.float64).ravel() for name, values in wide.items()}
            attributes |= {f"{name}_as_tensor": numpy_helper.from_array(values) for name, values in wide.items()}
            attributes["op_version"] = 3
        return add_node(operator, *rest, **attributes)

    container.add_node = add_wide
    try:
        yield
    finally:
        container.add_node = add_node


def add_cast(scope, container, source, target, kind):
    name = scope.get_unique_operator_name("Cast")
    container.add_node("Cast", source.full_name, target.full_name, to=kind, name=name)


def threshold_with_infinity(threshold, dtype, mode):
    """skl2onnx searches without end for the neighbour of an infinite threshold, which parts gaps from values."""
    return find_threshold(threshold, dtype, mode) if np.isfinite(threshold) else threshold


def add_tree_with_gaps(attributes, is_classifier, tree, *rest, **named):
    """skl2onnx forgets which way missing values go."""
    ways = attributes["nodes_missing_value_tracks_true"]
    start = len(ways)
    add_tree(attributes, is_classifier, tree, *rest, **named)
    ways[start:] = missing_ways(tree).tolist()
