"""Converters for the estimators of XGBoost, LightGBM and CatBoost, which may stand in a scikit-learn pipeline."""

import json
import tempfile
from pathlib import Path

import onnx
from onnx import helper
from skl2onnx import update_registered_converter
from skl2onnx._supported_operators import sklearn_classifier_list
from skl2onnx.common.shape_calculator import (
    calculate_linear_classifier_output_shapes,
    calculate_linear_regressor_output_shapes,
)

from export.estimators import library_of
from export.rounding import on_float32, on_float64
from export.several_targets import catboost_attributes, convert_targets, declare_outputs, targets_of, xgboost_attributes

CLASSIFIER_OPTIONS = {"nocl": [True, False], "zipmap": [True, False, "columns"]}


def register_converter_of(estimator):
    """Makes skl2onnx know the class of an estimator, if it is one of a boosting library."""
    library, kind = library_of(estimator), type(estimator)
    if library not in CONVERTERS:
        return
    is_classifier = hasattr(estimator, "predict_proba")
    if is_classifier and kind not in sklearn_classifier_list:
        sklearn_classifier_list.append(kind)
    update_registered_converter(
        kind,
        f"{library}{kind.__name__}",
        calculate_output_shapes,
        CONVERTERS[library],
        options=CLASSIFIER_OPTIONS if is_classifier else {"split": None},
    )


def calculate_output_shapes(operator):
    if targets_of(operator.raw_operator) > 1:
        declare_outputs(operator)
    elif len(operator.outputs) == 2:
        calculate_linear_classifier_output_shapes(operator)
    else:
        calculate_linear_regressor_output_shapes(operator)


def convert_xgboost(scope, operator, container):
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost as convert

    # The converter wants the columns numbered.
    operator.raw_operator.get_booster().feature_names = None
    if targets_of(operator.raw_operator) > 1:
        return convert_targets(scope, operator, container, xgboost_attributes(operator.raw_operator))
    convert(scope, operator, container)


def convert_lightgbm(scope, operator, container):
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm as convert

    convert(scope, operator, container)


def convert_catboost(scope, operator, container):
    """Takes the ensemble of trees out of CatBoost's own export, and puts it behind what the pipeline hands on."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        with_integer_classes(operator.raw_operator).save_model(str(file), format="onnx")
        node = onnx.load(file).graph.node[0]
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    if (targets := targets_of(operator.raw_operator)) > 1:
        return convert_targets(scope, operator, container, catboost_attributes(attributes, targets))
    container.add_node(
        node.op_type,
        operator.inputs[0].full_name,
        [output.full_name for output in operator.outputs],
        op_domain=node.domain,
        op_version=3,
        name=scope.get_unique_operator_name(node.op_type),
        **attributes,
    )


def with_integer_classes(model):
    """CatBoost exports no classes False and True; they become 0 and 1, as elsewhere."""
    if getattr(getattr(model, "classes_", None), "dtype", None) != bool:
        return model
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.json"
        model.save_model(str(file), format="json")
        content = json.loads(file.read_text())
        classes = content["model_info"]["class_params"]
        classes |= {"class_label_type": "Integer", "class_names": [int(name) for name in classes["class_names"]]}
        file.write_text(json.dumps(content))
        return type(model)().load_model(str(file), format="json")


CONVERTERS = {
    "xgboost": on_float32(convert_xgboost),
    "lightgbm": on_float64(convert_lightgbm),
    "catboost": on_float32(convert_catboost),
}
