"""Exports a trained model to ONNX, with a description and examples, for the server to serve.

    pip install -r tools/requirements-export.txt
    python tools/export_sklearn.py model.pkl --data sample.csv --target survived --out models/titanic

Takes estimators and pipelines of scikit-learn, with steps of XGBoost, LightGBM and CatBoost, from a pickle or joblib
file, and the files of these three libraries. Compares the export with the original on every row of the sample, and writes
nothing unless they agree. Finds out which features may be missing.
"""

import argparse
from functools import partial
from pathlib import Path

from export.environment import check_environment, unexpected
from export.isolated import SECONDS
from export.package import choose_place
from export.refusal import Refusal
from export.serve_check import find_server, serve_check


def main():
    options = parse_arguments()
    try:
        run(options)
    except Refusal as refusal:
        raise SystemExit(f"error: {refusal}") from None
    except KeyboardInterrupt:
        raise SystemExit("stopped: nothing was written") from None
    except Exception as error:  # nobody is helped by a traceback
        raise SystemExit(f"error: {unexpected(error)}") from None


def run(options):
    check_options(options)
    place = choose_place(options.out, options.version, options.force)
    # These take seconds to import, and what is wrong with the command is said before.
    check_environment()
    from export.convert import check_steps
    from export.load import load
    from export.publish import export_package
    from export.report import print_report
    from export.sample import read_sample
    from export.unwrap import to_convert

    model = load(options.model, options.steps, options.code)
    check_steps(model)
    sample = read_sample(options.data, to_convert(model), options.target)
    made, written = export_package(
        model, sample, place, tolerance=options.tolerance, seconds=options.deadline, labels=options.labels,
        description=options.description, check=partial(serve_check, tolerance=options.tolerance) if options.serve_check else None,
    )  # fmt: skip
    print_report(made, sample, place, written, is_served=options.serve_check)


def check_options(options):
    if not 0 <= options.tolerance <= 1:
        raise Refusal(f"--tolerance is {options.tolerance:g}, and the server compares within 0 to 1: choose another")
    if not options.deadline > 0:
        raise Refusal(f"--deadline is {options.deadline:g}: give the seconds that the export may take")
    if options.serve_check:
        find_server()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path, help="a pickle, or a file of XGBoost, LightGBM or CatBoost")
    parser.add_argument("--data", type=Path, required=True, help="a CSV file with a header: rows to compare on")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write, such as models/titanic")
    parser.add_argument("--target", help="a column of the CSV file that is no feature")
    parser.add_argument("--version", type=version, default=1, help='the version to write (1), or "next" for a new one')
    parser.add_argument("--force", action="store_true", help="replace a version that is there already")
    parser.add_argument("--deadline", type=float, default=SECONDS, help=f"seconds the export may take ({SECONDS})")
    parser.add_argument("--serve-check", action="store_true", help="serve it, and ask for every row of the sample")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="largest |a - b| / max(1, |b|) allowed (1e-4)")
    parser.add_argument("--labels", type=names, help="names for classes 0,1,2,…: died,survived")
    parser.add_argument("--steps", type=names, help="members of a pickled dict, in the order of a pipeline")
    parser.add_argument("--code", type=Path, action="append", default=[], help="Python code that the pickle needs")
    parser.add_argument("--description", help="one sentence on what the model predicts")
    return parser.parse_args()


def names(text):
    return text.split(",")


def version(text):
    if text != "next" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f'{text!r} is no version: give a whole number, or "next"')
    return text if text == "next" else int(text)


if __name__ == "__main__":
    main()
