"""The ways in which an export is tried: what types its inputs have, and where numbers are rounded."""

from dataclasses import dataclass

import numpy as np
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn.pipeline import Pipeline

from export.estimators import last_step


@dataclass
class Attempt:
    """How to export: the type of numbers and of integers, and what to round to before the last step."""

    numbers: type
    integers: type
    rounded: tuple = ()

    def words(self):
        inputs = "float64 input" if self.numbers is DoubleTensorType else "float32 input"
        return f"{inputs}, rounded before the last step" if self.rounded else inputs


def attempts(model, sample):
    plans = [(FloatTensorType, ()), (DoubleTensorType, ())]
    if casts := rounding(model):
        plans.append((DoubleTensorType, casts))
    is_plain = not sample.per_column or all(kind == "number" for kind in map(sample.feature_type, sample.table))
    for numbers, casts in plans:
        for integers in (numbers,) if is_plain else (Int64TensorType, numbers):
            yield Attempt(numbers, integers, casts)


def rounding(model):
    """What an ensemble of trees rounds its columns to, if steps before it compute with more digits."""
    library = type(last_step(model)).__module__
    if not isinstance(model, Pipeline) or len(model.steps) < 2:
        return ()
    if library.startswith(("sklearn.tree", "sklearn.ensemble._forest", "sklearn.ensemble._gb")):
        return (np.float32, np.float64)
    return (np.float32,) if library.startswith(("xgboost", "catboost")) else ()


def input_types(sample, attempt):
    numbers, integers = attempt.numbers, attempt.integers
    if sample.text:
        return [(sample.table.columns[0], StringTensorType([None, 1]))]
    kinds = {"string": StringTensorType, "integer": integers, "boolean": BooleanTensorType, "number": numbers}
    if integers is numbers:
        kinds["boolean"] = numbers
    if sample.per_column:
        return [(name, kinds[sample.feature_type(name)]([None, 1])) for name in sample.table]
    is_text = sample.feature_type(sample.table.columns[0]) == "string"
    return [("X", (StringTensorType if is_text else numbers)([None, sample.table.shape[1]]))]
