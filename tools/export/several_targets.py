"""Converters for models of XGBoost and CatBoost with several targets, which their own converters get wrong.

Such a model has one sum of leaves a target. A classifier of several labels at once answers for each the probability of
1, and 1 where that is above a half.
"""

import json

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType

from export.estimators import library_of
from export.forests import Nodes

CATBOOST_LOSSES = ("MultiLogloss", "MultiCrossEntropy", "MultiRMSE")
# Objectives of XGBoost whose answer is the sum of leaves itself.
IDENTITY = ("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror")


def targets_of(model):
    """How many targets a model has."""
    if library_of(model) == "xgboost":
        return int(learner_of(model)["learner_model_param"]["num_target"])
    if library_of(model) == "catboost" and loss_of(model) in CATBOOST_LOSSES:
        return int(np.shape(model.predict(np.zeros((1, len(model.feature_names_)))))[1])
    return 1


def learner_of(model):
    return json.loads(model.get_booster().save_config())["learner"]


def loss_of(model):
    return str(model.get_all_params().get("loss_function", "")).split(":")[0]


def declare_outputs(operator):
    """The shapes of what a model with several targets answers."""
    shape = [operator.inputs[0].get_first_dimension(), targets_of(operator.raw_operator)]
    if len(operator.outputs) == 2:
        operator.outputs[0].set_type(Int64TensorType(shape))
    operator.outputs[-1].set_type(FloatTensorType(shape))


def convert_targets(scope, operator, container, attributes):
    """Adds the trees with `attributes`, and what makes labels of their sums."""
    graph = Nodes(scope, container)
    inputs, outputs = [operator.inputs[0].full_name], [output.full_name for output in operator.outputs]
    domain = {"op_domain": "ai.onnx.ml", "op_version": 1}
    if len(outputs) == 1:
        graph.add("TreeEnsembleRegressor", inputs, outputs[0], **domain, **attributes)
        return
    label, probabilities = outputs
    sums = graph.add("TreeEnsembleRegressor", inputs, **domain, **attributes)
    graph.add("Sigmoid", [sums], probabilities)
    is_one = graph.add("Greater", [probabilities, graph.constant([0.5], np.float32)])
    graph.add("Cast", [is_one], label, to=TensorProto.INT64)


def xgboost_attributes(model):
    """The trees of a model of XGBoost, as many as it answers with. Its feature names are to be unset before."""
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import XGBConverter

    booster, targets, learner = model.get_booster(), targets_of(model), learner_of(model)
    best = booster.attr("best_iteration")
    booster = booster if best is None else booster[: int(best) + 1]
    trees = XGBConverter._process_categorical_features(
        [json.loads(tree) for tree in booster.get_dump(dump_format="json")]
    )
    attributes = XGBConverter._get_default_tree_attribute_pairs(is_classifier=False)
    XGBConverter.fill_tree_attributes(trees, attributes, [1] * len(trees), is_classifier=False)
    target_of = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["tree_info"]
    attributes["target_ids"] = [target_of[tree] for tree in attributes["target_treeids"]]
    scores = np.resize(np.float64(json.loads(learner["learner_model_param"]["base_score"])), targets)
    base = scores if learner["objective"]["name"] in IDENTITY else np.log(scores / (1 - scores))
    return attributes | {"n_targets": targets, "base_values": base.astype(np.float32).tolist()}


def catboost_attributes(attributes, targets):
    """Turns the classifier that CatBoost wrote into trees with one target for each class."""
    left_out = ("classlabels_int64s", "classlabels_strings", "post_transform")
    renamed = {name.replace("class_", "target_"): value for name, value in attributes.items() if name not in left_out}
    return renamed | {"n_targets": targets}
