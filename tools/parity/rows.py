"""Rows of a data set as ONNX Runtime takes them, and as JSON."""

import numpy as np
import pandas as pd

TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}


def to_inputs(session, rows):
    inputs = session.get_inputs()
    if len(inputs) > 1:
        return {i.name: rows[[i.name]].to_numpy().astype(TYPES.get(i.type, object)) for i in inputs}
    return {inputs[0].name: np.asarray(rows).reshape(len(rows), -1).astype(TYPES.get(inputs[0].type, object))}


def to_rows(rows, as_double):
    """Records of a table with one input a column, arrays of everything else."""
    if isinstance(rows, pd.DataFrame) and rows.shape[1] > 2:
        columns = [[to_json(value, as_double) for value in rows[name].tolist()] for name in rows]
        return [dict(zip(rows.columns, row, strict=True)) for row in zip(*columns, strict=True)]
    return [[to_json(value, as_double) for value in row] for row in np.asarray(rows).reshape(len(rows), -1).tolist()]


def to_json(value, as_double):
    """A float32 with as many digits as it takes to tell it from the next one; a gap as null."""
    if isinstance(value, float):
        return None if np.isnan(value) else value if as_double else float(str(np.float32(value)))
    return value


def nine_digits(value):
    if isinstance(value, dict):
        return {key: nine_digits(element) for key, element in value.items()}
    if isinstance(value, list):
        return [nine_digits(element) for element in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value
