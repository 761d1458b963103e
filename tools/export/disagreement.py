"""Says in which row an export disagrees with the original, and which feature that comes from."""

import json

import numpy as np

from export.answers import ask_original
from export.comparison import distances


def explain(made, model, sample, tolerance):
    """The row where `made` is furthest off, and what to do about it."""
    row = made.deviation.row
    how = "another label" if np.isinf(made.deviation.worst) else f"{made.deviation.worst:.3g} off"
    record = sample.records([row])[0]
    lines = [
        f"the export disagrees with the original, worst in row {row} of {len(sample)}: {how}, {tolerance:g} allowed",
        f"  input     {json.dumps(record, ensure_ascii=False)}",
        f"  expected  {json.dumps(made.expected.rows()[row], ensure_ascii=False)}",
        f"  got       {json.dumps(made.got.rows()[row], ensure_ascii=False)}",
    ]
    return "\n".join([*lines, remedy(model, sample, row, tolerance)])


def remedy(model, sample, row, tolerance):
    if gaps := [name for name in sample.table if sample.table[name].isna().iloc[row]]:
        return (
            f"The row has no value for {listed(gaps)}, and the converter does not treat that as the model does. "
            "Put an imputer in front and train again, or leave rows with gaps out of --data: the server then refuses them"
        )
    if at := [name for name in numeric(sample) if jumps(model, sample, row, name, tolerance)]:
        return (
            f"The answer of the original jumps right at this value of {listed(at)}: it is a threshold of a tree, and "
            f"the export rounds otherwise. Round {listed(at)} to fewer digits before training, or leave the row out"
        )
    return (
        "The converter is at fault: it computes this model otherwise. "
        f"Try another estimator for the last step, a newer skl2onnx, or --tolerance above {tolerance:g} if that will do"
    )


def numeric(sample):
    return [] if sample.text else [name for name in sample.table if sample.feature_type(name) == "number"]


def jumps(model, sample, row, name, tolerance):
    """Returns True if the original answers differently for the next float32 below or above a value."""
    value = np.float32(sample.table[name].iloc[row])
    around = [float(np.nextafter(value, np.float32(to))) for to in (-np.inf, np.inf)]
    rows = sample.picked([row] * 3).with_values(name, [sample.table[name].iloc[row], *around])
    try:
        answers = ask_original(model, rows.for_original())
    except Exception:  # it may refuse values that it never saw
        return False
    return bool((distances(answers.picked([0, 0, 0]), answers) > max(tolerance, 1e-5)).any())


def listed(names):
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
