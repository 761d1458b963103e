"""The ways in which an export is tried: what types its inputs have."""

from dataclasses import dataclass

from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)


@dataclass
class Attempt:
    """How to export: the type of numbers and of integers."""

    numbers: type
    integers: type

    def words(self):
        return "float64 input" if self.numbers is DoubleTensorType else "float32 input"


def attempts(sample):
    is_plain = not sample.per_column or all(kind == "number" for kind in map(sample.feature_type, sample.table))
    for numbers in (FloatTensorType, DoubleTensorType):
        for integers in (numbers,) if is_plain else (Int64TensorType, numbers):
            yield Attempt(numbers, integers)


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
