"""Finds the features whose values must be among those of the training.

The original refuses other values, or the export answers them differently. Encoders with `handle_unknown="error"` do.
"""

import warnings

from sklearn.compose import ColumnTransformer

from export.answers import ask_original, from_onnx
from export.comparison import distances
from export.estimators import named_columns, walk

ROWS = 10
UNSEEN = "☃ not seen in training"


def known_values(model, sample):
    """The values that the training had, by feature: of strings, and of integers that an encoder learned."""
    if sample.text:
        return {}
    names = [name for name in sample.table if sample.feature_type(name) in ("string", "integer")]
    values = {name: values_of(model, sample, name) for name in names}
    return {name: known for name, known in values.items() if known}


def find_closed(model, sample, session, tolerance, report=lambda phase: None):
    """Those of the known values beside which no other may be sent, by feature."""
    report("trying the sample with unseen values, on ONNX Runtime too")
    known = known_values(model, sample)
    return {n: known[n] for n in known if not takes_unseen(model, sample, session, (n, known[n]), tolerance)}


def values_of(model, sample, name):
    for encoder, position in reached(model, sample, name):
        known = getattr(encoder, "categories_", [])
        if position < len(known):
            return [value for value in known[position].tolist() if isinstance(value, (str, int))]
    return sorted(sample.table[name].dropna().unique().tolist()) if sample.feature_type(name) == "string" else []


def reached(model, sample, name):
    """The steps that a feature may reach, with its position there."""
    if not sample.per_column:
        return [(inner, list(sample.table).index(name)) for _, inner in walk(model)]
    return [
        (inner, position)
        for _, outer in walk(model)
        if isinstance(outer, ColumnTransformer)
        for _, step, columns in outer.transformers_
        for column, position in named_columns(outer, columns)
        if column == name
        for _, inner in walk(step)
    ]


def takes_unseen(model, sample, session, feature, tolerance):
    """Returns True if the original accepts a value that it never saw, and the export answers the same."""
    name, known = feature
    unseen = UNSEEN if isinstance(known[0], str) else max(known) + 1
    rows = sample.picked(list(range(min(ROWS, len(sample)))))
    rows = rows.with_values(name, unseen)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            original = ask_original(model, rows.for_original())
        got = from_onnx(session.run(rows.for_onnx(session.inputs)), original)
    except Exception:  # encoders refuse what they do not know, each with an error of its own
        return False
    return bool((distances(original.like(got), got) <= tolerance).all())
