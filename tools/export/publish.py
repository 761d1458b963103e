"""The way of a model from an estimator and a sample to a folder that the server reads."""

import sys
from importlib.metadata import version

import numpy as np

from export import isolated
from export.gaps import REFUSE, find_missing
from export.isolated import SECONDS
from export.package import describe, read_description, to_examples, write_package
from export.refusal import Refusal
from export.runtime import Session
from export.trial import Export, export
from export.unseen import find_closed, known_values

EXAMPLES = 5


def export_apart(model, sample, tolerance, seconds=SECONDS) -> Export:
    """Exports in a process of its own, which has so many seconds. Raises a Refusal."""
    try:
        return isolated.call(export_and_test, model, sample, tolerance, seconds=seconds)
    except isolated.Stopped as stopped:
        if stopped.kept is not None:
            note = f"note: the export {stopped.reason}, while {stopped.phase}: such values are refused"
            print(note, file=sys.stderr)
            return stopped.kept
        raise Refusal(in_words(stopped)) from None


def export_and_test(report, keep, model, sample, tolerance):
    """Runs in the child. It keeps the export before it tries unusual values, because they may end the process."""
    made = export(model, sample, tolerance, report)
    made.missing, made.closed = dict.fromkeys(sample.table, REFUSE), known_values(model, sample)
    keep(made)
    session = Session(made.content)
    made.closed = find_closed(model, sample, session, tolerance, report)
    made.missing = find_missing(model, sample, session, tolerance, report)
    return made


def in_words(stopped):
    if stopped.is_late:
        more = "Allow more with --deadline, or export a smaller model, such as one with fewer trees"
        return f"the export {stopped.reason}, while {stopped.phase}. {more}"
    if "ONNX Runtime" in stopped.phase:
        how = f"ONNX Runtime {version('onnxruntime')} {stopped.reason} on this model, and would take the server down"
        return f"{how}: it is not written. Try another estimator for the step that it does not bear, such as an imputer"
    return f"the export {stopped.reason}, while {stopped.phase}. Try other versions of the libraries, or a smaller model"


def to_package(made, sample, tolerance, out, *, labels=None, description=None, about=None):
    """The contents of model.json and examples.json. `about` adds units and descriptions to features, by name."""
    expected = made.expected
    if labels:
        if expected.classes != list(range(len(labels))):
            classes = expected.classes or "no classes that can be named"
            names = f"--labels names the classes 0 to {len(labels) - 1}, but the model has {classes}"
            raise Refusal(f"{names}: give a name for each of the classes 0, 1, 2, …, or leave --labels out")
    names = labels or names_there(out, expected.classes)
    expected = expected.named(names) if names else expected
    features = [
        with_more(closed(feature, made), (about or {}).get(feature["name"], {}), made.missing[feature["name"]])
        for feature in sample.features(made.inputs)
    ]
    threshold = expected.threshold and expected.threshold.setting(expected.classes)
    content = describe(out, features, expected.classes, description, outputs=outputs_of(made), threshold=threshold)
    gaps = refused_gaps(made, sample)
    rows = np.flatnonzero(~gaps.any(axis=1))[:EXAMPLES].tolist()
    if not rows:
        names = ", ".join(gaps.columns[gaps.any()])
        raise Refusal(f"every row of the sample lacks a value that the export needs ({names}): give a row without gaps")
    return content, to_examples(sample.records(rows), expected.picked(rows).rows(), tolerance)


def names_there(out, classes):
    """The names that the model.json of an earlier version has for classes that are numbers in the file."""
    labels = (read_description(out / "model.json") or {}).get("labels", [])
    is_named = all(isinstance(name, str) for name in labels) and all(isinstance(each, int) for each in classes)
    return labels if is_named and len(labels) == len(classes) else []


def refused_gaps(made, sample):
    """Where the sample has no value for a feature that may not be missing."""
    return sample.table[[name for name in sample.table if made.missing[name] == REFUSE]].isna()


def outputs_of(made):
    """The outputs to answer, where their meaning is not plain from their types."""
    expected, names = made.expected, [port.name for port in made.outputs]
    # A vote answers its label alone, whatever other numbers the export has.
    if expected.form == "label" or (expected.form == "labels" and expected.numbers is None):
        return [{"tensor": names[0], "name": "label"}]
    if expected.form != "labels":
        return None
    return [{"tensor": names[0], "name": "label"}, {"tensor": names[1], "name": expected.numbers_name}]


def closed(feature, made):
    """A feature that has nothing but some values, where the original refuses others."""
    if feature["name"] not in made.closed:
        return feature
    kept = {key: value for key, value in feature.items() if key not in ("minimum", "maximum", "values", "example")}
    kept |= {"values": [str(value) for value in made.closed[feature["name"]]], "outOfRange": "refuse"}
    return kept | ({"example": feature["example"]} if "example" in feature else {})


def with_more(feature, words, missing):
    """People read the words first, and the example last."""
    name, kind, *rest = feature.items()
    example = [pair for pair in rest if pair[0] == "example"]
    return dict([name, kind, *words.items(), *rest[: len(rest) - len(example)], ("missing", missing), *example])


def export_package(model, sample, place, *, tolerance=1e-4, seconds=SECONDS, check=None, **words):
    """Exports, compares, and writes. `words` are the keywords of `to_package`.

    `check` is called with what is about to be written, and may refuse. Returns what was made and the files.
    """
    made = export_apart(model, sample, tolerance, seconds)
    content, examples = to_package(made, sample, tolerance, place.out, **words)
    if check:
        check(made, sample, content, examples)
    return made, write_package(place, made.content, content, examples)
