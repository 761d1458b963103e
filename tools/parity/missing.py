"""Answers of the original to rows with missing values, or the fact that it raises an error."""

import numpy as np
import pandas as pd

# Rows in which each feature is blanked in turn. One row may reach no node that asks for the feature.
ROWS_PER_FEATURE = 3


def blanked(rows):
    """Single rows, each with one feature missing; the last one with all of them missing."""
    width = 1 if np.ndim(rows) == 1 else rows.shape[1]
    for column in range(width):
        for row in range(ROWS_PER_FEATURE):
            yield blank(rows, row, [column])
    yield blank(rows, 0, list(range(width)))


def blank(rows, row, columns):
    if isinstance(rows, pd.DataFrame):
        return with_gaps(rows, row, columns)
    one = np.asarray(rows)[row : row + 1].copy()
    one = one.astype(float if one.dtype.kind in "iuf" else object)
    one.reshape(1, -1)[0, columns] = None
    return one


def with_gaps(table, row, columns):
    """A column of integers becomes one of floats: pandas knows no missing integer of NumPy."""
    one = table.iloc[row : row + 1].copy()
    for name in one.columns[columns]:
        kind = one[name].dtype.kind
        one[name] = pd.Series([np.nan], index=one.index, dtype=float if kind in "iuf" else one[name].dtype)
    return one


def record(ask, rows, to_row, to_prediction):
    """One case a row: the answer, or the name of the error."""
    cases = []
    for one in blanked(rows):
        try:
            told = {"prediction": to_prediction(ask(one))}
        except Exception as error:  # libraries raise of every kind
            told = {"raises": type(error).__name__}
        cases.append({"input": to_row(one)} | told)
    return cases
