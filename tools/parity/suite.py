"""Trains, exports, compares and writes the models of the suite, one after the other."""

import json
import shutil

import numpy as np
import onnxruntime
from export.answers import Answers, ask_original, from_onnx
from export.comparison import compare
from export.repairs import make_repeatable
from skl2onnx import to_onnx

from parity import missing
from parity.data import ROWS, rows, train
from parity.exporters import restart_names
from parity.rows import nine_digits, to_inputs, to_rows

TOLERANCE = 1e-5
# The newest versions that ONNX Runtime 1.30 reads.
MAX_IR, MAX_OPSETS = 11, {"": 24, "ai.onnx.ml": 5, "com.microsoft": 1}
MAX_BYTES = 100_000


class Suite:
    """A folder of models, and what index.json and missing.json say of them."""

    def __init__(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        self.folder, self.index, self.missing = folder, [], {}

    def add(self, family, name, estimator, target=None, train=train, rows=rows, *, called=None, options="default",
            library="scikit-learn", exporter="skl2onnx", export=None, wire=Answers.rows, tolerance=TOLERANCE,
            note=None):  # fmt: skip
        """Trains, exports, compares, and writes one model.

        `export` makes the ONNX file where skl2onnx's default does not; `wire` says how the server writes the answers.
        """
        if name in self.missing:
            raise SystemExit(f"two models are named {name}")
        estimator.fit(train, target)
        restart_names()
        content = to_bytes(export(estimator) if export else to_onnx(estimator, rows[:1].astype(np.float32)), name)
        session = onnxruntime.InferenceSession(content)
        original = ask_original(estimator, rows)
        got = from_onnx(session.run(None, to_inputs(session, rows)), original)
        expected = original.like(got)
        check(name, expected, got, tolerance)

        as_double = session.get_inputs()[0].type == "tensor(double)"
        predictions = [nine_digits(prediction) for prediction in wire(expected)]
        examples = [{"input": i, "prediction": p} for i, p in zip(to_rows(rows, as_double), predictions, strict=True)]
        self.write(name, content, examples, tolerance)
        self.missing[name] = missing.record(
            lambda one: ask_original(estimator, one).like(got), rows,
            lambda one: to_rows(one, as_double)[0], lambda answers: nine_digits(wire(answers)[0]),
        )  # fmt: skip
        entry = {"name": name, "family": family, "estimator": called or steps_in_words(estimator), "library": library}
        entry |= {"exporter": exporter, "options": options, "classes": classes_in_words(estimator), "rows": ROWS}
        self.index.append(entry | {"tolerance": tolerance} | ({"note": note} if note else {}))

    def write(self, name, content, examples, tolerance):
        folder = self.folder / name / "1"
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(content)
        lines = ",\n".join(json.dumps(example) for example in examples)
        (folder / "examples.json").write_text(f'{{"tolerance": {tolerance}, "examples": [\n{lines}\n]}}\n')

    def close(self):
        """Writes what is said of all models together."""
        entries = ",\n".join(json.dumps(entry) for entry in self.index)
        (self.folder / "index.json").write_text(f"[\n{entries}\n]\n")
        cases = {name: ",\n".join(json.dumps(case) for case in cases) for name, cases in self.missing.items()}
        models = ",\n".join(f"{json.dumps(name)}: [\n{lines}\n]" for name, lines in cases.items())
        (self.folder / "missing.json").write_text(f"{{\n{models}\n}}\n")


def to_bytes(model, name):
    """The file of a model, if the server's runtime reads it and it is small."""
    make_repeatable(model, name)
    model.ir_version = min(model.ir_version, MAX_IR)
    for opset in model.opset_import:
        if opset.version > MAX_OPSETS[opset.domain]:
            raise SystemExit(f"{name}: opset {opset.version} of {opset.domain or 'ai.onnx'} is too new")
    content = model.SerializeToString()
    if len(content) > MAX_BYTES:
        raise SystemExit(f"{name}: {len(content)} bytes are too many for a fixture")
    return content


def check(name, expected, got, tolerance):
    deviation = compare(expected, got)
    print(f"{name:40} {deviation.worst:7.1e}", flush=True)
    if not deviation.worst <= tolerance:
        at = deviation.row
        raise SystemExit(f"{name}: row {at} is {expected.rows()[at]}, but the export says {got.rows()[at]}")


def steps_in_words(estimator):
    return " + ".join(type(step).__name__ for _, step in getattr(estimator, "steps", [("", estimator)]))


def classes_in_words(estimator):
    """How many classes a classifier tells apart, and what they are: the same estimator exports them in several ways."""
    classes = getattr(estimator, "classes_", None)
    if classes is None or len(classes) == 0:
        return ""
    if isinstance(classes, list):
        return " and ".join(map(str, map(len, classes)))
    kinds = {"i": "integers", "b": "booleans", "f": "floats"}
    return f"{len(classes)} {kinds.get(classes.dtype.kind, 'strings')}"
