"""Finds an export that says the same as the original, on every row of a sample."""

from dataclasses import dataclass, field

import numpy as np

from export.answers import Answers, ask_original, from_onnx
from export.comparison import Deviation, compare
from export.attempts import attempts
from export.convert import check_steps, convert
from export.disagreement import explain
from export.refusal import Refusal, one_line
from export.runtime import Port, Session
from export.sample import Sample
from export.shapes import mend_outputs

# Rows that are computed alone besides, as the server does.
FIRST_ROWS, MOST_ROWS = 20, 100
# Kernels add up in another order for one row than for many.
ROUNDING = 1e-5


@dataclass
class Export:
    content: bytes
    inputs: list[Port]
    outputs: list[Port]
    words: str  # what kind of numbers the model takes
    expected: Answers
    got: Answers
    deviation: Deviation
    missing: dict = field(default_factory=dict)  # by feature, as model.json has it
    closed: dict = field(default_factory=dict)  # the only values that a feature may have, where the original refuses others


def export(model, sample: Sample, tolerance, report=lambda phase: None) -> Export:
    """The first export that agrees with the original on the whole sample.

    Numbers enter as float32 if that is enough, and as float64 where rounding to it moves a row across a threshold.
    `report` is called with what goes on. Raises a Refusal.
    """
    # Besides, this registers converters.
    check_steps(model)
    report("asking the original")
    try:
        original = ask_original(model, sample.for_original())
    except Exception as error:  # whatever a step makes of columns that are not what it was trained on
        raise Refusal(
            f"the model itself fails on the sample: {type(error).__name__}: {one_line(error)}. "
            "Give a sample with the columns, and the kinds of values, that it was trained on"
        ) from None
    closest, refusal, first_error = None, None, None
    for attempt in attempts(sample):
        try:
            made = try_out(model, sample, attempt, original, tolerance, report)
        except Refusal as stopped:
            refusal = refusal or stopped
            continue
        except Exception as error:  # converters raise of every kind, and one attempt may do where another does not
            first_error = first_error or error
            continue
        if made.deviation.worst <= tolerance:
            return made
        if closest is None or made.deviation.worst < closest.deviation.worst:
            closest = made
    if closest is not None:
        raise Refusal(explain(closest, model, sample, tolerance))
    raise refusal or Refusal(
        f"the converter is at fault: it fails with {type(first_error).__name__}: {one_line(first_error).rstrip('. ')}. "
        "Try other options or another estimator for that step, or a newer skl2onnx"
    )


def try_out(model, sample, attempt, original, tolerance, report):
    report(f"converting, {attempt.words()}")
    exported = convert(model, sample, attempt)
    report("computing the sample with ONNX Runtime")
    inputs = sample.for_onnx(Session(exported.SerializeToString()).inputs)
    mend_outputs(exported, inputs)
    content = exported.SerializeToString()
    session = Session(content)
    outputs = session.run(inputs)
    got = from_onnx(outputs, original)
    report("computing rows of the sample alone with ONNX Runtime")
    check_alone(session, inputs, outputs, tolerance)
    expected = original.like(got)
    deviation = compare(expected, got)
    return Export(content, session.inputs, session.outputs, attempt.words(), expected, got, deviation)


def check_alone(session, inputs, outputs, tolerance):
    """Computes some rows alone: the server does, kernels may crash on that, and answers must not depend on other rows."""
    for row in rows_alone(inputs):
        alone = session.run({name: column[row : row + 1] for name, column in inputs.items()})
        for port, value, among in zip(session.outputs, alone, outputs, strict=True):
            if not is_close(value, among[row : row + 1], max(tolerance, ROUNDING)):
                raise Refusal(
                    f"the converter is at fault: output {port.name} of row {row} is another one when the row is computed "
                    "alone than among the others. Try another estimator for the last step, or a newer skl2onnx"
                )


def is_close(value, other, tolerance):
    if value.dtype.kind != "f":
        return np.array_equal(value, other)
    return np.allclose(value, other, rtol=tolerance, atol=tolerance, equal_nan=True)


def rows_alone(inputs):
    """The first rows, and one for each pattern of missing values."""
    gaps = [np.isnan(values) for values in inputs.values() if values.dtype.kind == "f"]
    patterns = np.unique(np.concatenate(gaps, axis=1), axis=0, return_index=True)[1].tolist() if gaps else []
    count = len(next(iter(inputs.values())))
    return sorted({*range(min(count, FIRST_ROWS)), *patterns[:MOST_ROWS]})
