"""Exports a trained model to ONNX, with a description and examples, for the server to serve.

    pip install -r tools/requirements-export.txt
    python tools/export_sklearn.py model.pkl --data sample.csv --target survived --out models/titanic

Takes estimators and pipelines of scikit-learn, with steps of XGBoost, LightGBM and CatBoost, from a pickle or joblib
file. Compares the export with the original on every row of the sample, and writes nothing unless they agree.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path

import joblib
from export.convert import check_steps, export
from export.package import check_same, describe, write_package
from export.refusal import Refusal, one_line
from export.sample import read_sample
from sklearn.exceptions import InconsistentVersionWarning

EXAMPLES = 5


def main():
    options = parse_arguments()
    try:
        if not 0 <= options.tolerance <= 1:
            raise Refusal(f"--tolerance is {options.tolerance:g}, and the server compares within 0 to 1")
        model = load(options.model)
        check_steps(model)
        sample = read_sample(options.data, model, options.target)
        print_report(*export_package(
            model, sample, options.out, version=options.version, tolerance=options.tolerance,
            labels=options.labels, description=options.description,
        ))  # fmt: skip
    except Refusal as refusal:
        raise SystemExit(f"error: {refusal}") from None


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path, help="a pickle or joblib file")
    parser.add_argument("--data", type=Path, required=True, help="a CSV file with a header: rows to compare on")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write, such as models/titanic")
    parser.add_argument("--target", help="a column of the CSV file that is no feature")
    parser.add_argument("--version", type=int, default=1, help="the version to write (1)")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="largest |a - b| / max(1, |b|) allowed (1e-4)")
    parser.add_argument("--labels", type=lambda text: text.split(","), help="names for classes 0,1,2,…: died,survived")
    parser.add_argument("--description", help="one sentence on what the model predicts")
    return parser.parse_args()


def load(file):
    """Unpickles a model, which runs whatever code the file holds."""
    warning = "may run any code while it is read: export only files that you made (the server reads no pickles)"
    print(f"warning: {file} {warning}", file=sys.stderr)
    if not file.is_file():
        raise Refusal(f"there is no file {file}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", InconsistentVersionWarning)
            model = joblib.load(file)
    except InconsistentVersionWarning as warning:
        here, there = warning.current_sklearn_version, warning.original_sklearn_version
        remedy = f"pip install scikit-learn=={there}, or train again"
        raise Refusal(f"{file} was written by scikit-learn {there}, this is {here}: {remedy}") from None
    except ModuleNotFoundError as error:
        raise Refusal(f"{file} needs the module {error.name!r}, which is not installed here") from None
    except Exception as error:  # unpickling fails in as many ways as there are libraries
        reason = f"{type(error).__name__}: {one_line(error)}"
        raise Refusal(f"{file} is no pickle that these versions of the libraries can read ({reason})") from None
    # A search holds the model that it found.
    model = getattr(model, "best_estimator_", model)
    if not hasattr(model, "predict") and not hasattr(model, "transform"):
        raise Refusal(f"{file} holds no estimator but a {type(model).__name__}")
    return model


def export_package(model, sample, out, *, version=1, tolerance=1e-4, labels=None, description=None, about=None):
    """Exports, compares, and writes. `about` adds units and descriptions to what the sample says of the features.

    Returns what was made, the sample and the files that were written.
    """
    made = export(model, sample, tolerance)
    expected = made.expected
    if labels:
        if expected.classes != list(range(len(labels))):
            raise Refusal(f"--labels names the classes 0 to {len(labels) - 1}, but the model has {expected.classes}")
        expected = expected.named(labels)
    features = [with_more(feature, (about or {}).get(feature["name"], {})) for feature in sample.features(made.session)]
    # A vote answers its label alone, whatever other numbers the export has.
    outputs = [{"tensor": made.session.get_outputs()[0].name, "name": "label"}] if expected.form == "label" else None
    content = describe(out, features, expected.classes, description, outputs)
    check_same(out, content)
    count = min(EXAMPLES, len(sample))
    rows, predictions = sample.records(range(count)), expected.rows()[:count]
    return made, sample, write_package(out, version, made.content, content, rows, predictions, tolerance)


def with_more(feature, more):
    """People read the words first, and the example last."""
    name, kind, *rest = feature.items()
    return dict([name, kind, *more.items(), *rest])


def print_report(made, sample, written):
    print(f"{len(sample)} rows agree, worst deviation {made.deviation.worst:.1e} ({made.inputs})")
    for file in written:
        print(f"wrote {file} ({file.stat().st_size} bytes)")
    models = written[0].parent.parent.parent
    record = json.dumps({"instances": sample.records([0])}, ensure_ascii=False).replace("'", "'\\''")
    print(f"\nnode dist/main.js --model-dir {models}")
    name = written[0].parent.parent.name
    print(f"curl localhost:8000/models/{name}/predict -H 'content-type: application/json' -d '{record}'")


if __name__ == "__main__":
    main()
