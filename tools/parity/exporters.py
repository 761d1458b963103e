"""The exporters of the suite, each with the options that a model needs."""

import tempfile

import numpy as np
import onnx
import onnxmltools
from onnxmltools.convert.common.data_types import FloatTensorType as BoosterInput
from skl2onnx import to_onnx
from skl2onnx.common._topology import Variable
from skl2onnx.common.data_types import StringTensorType
from skl2onnx.common.utils import _unique_index

from parity.data import rows

def restart_names():
    """Makes the file of a model independent of the models before it: skl2onnx numbers the names that it makes up."""
    _unique_index["subgraph"] = 0
    Variable._UNIQUE_NUMBER_ = 0


FOUR_COLUMNS = BoosterInput([None, 4])


def with_skl2onnx(sample=None, **named):
    """skl2onnx with other arguments than by default, for the types of the given sample."""
    sample = rows[:1].astype(np.float32) if sample is None else sample
    return lambda model: to_onnx(model, sample, **named)


def with_options(**options):
    return with_skl2onnx(options=options)


def on_strings(name, width, **named):
    """One input of strings, of so many columns."""
    return lambda model: to_onnx(model, initial_types=[(name, StringTensorType([None, width]))], **named)


def through_onnxmltools(convert):
    return {"exporter": "onnxmltools", "export": lambda model: convert(model, initial_types=[("input", FOUR_COLUMNS)])}


def save_catboost(model):
    with tempfile.TemporaryDirectory() as folder:
        model.save_model(f"{folder}/model.onnx", format="onnx")
        return onnx.load(f"{folder}/model.onnx")


XGB = {"library": "xgboost", **through_onnxmltools(onnxmltools.convert_xgboost)}
LGB = {"library": "lightgbm", **through_onnxmltools(onnxmltools.convert_lightgbm)}
CAT = {"library": "catboost", "exporter": "catboost", "export": save_catboost}
