"""Makes the models under test/fixtures/parity/: small ones of many kinds, written as each exporter does by default.

    pip install -r tools/requirements-fixtures.txt
    python tools/make_parity_models.py

Writes <name>/1/model.onnx and <name>/1/examples.json for each: 50 rows, and what the library that trained it answers.
Writes index.json, which lists all, and missing.json: what that library answers, or that it raises an error, where one
feature or all of them are missing. Refuses a model for which ONNX Runtime in Python disagrees with that library.
"""

import warnings
from pathlib import Path

import onnxruntime
from parity.families import (
    boosting,
    ensembles,
    linear,
    multioutput,
    neighbours,
    networks,
    tables,
    texts,
    transformers,
    trees,
    unsupervised,
    vectors,
)
from parity.suite import Suite

OUT = Path(__file__).resolve().parent.parent / "test/fixtures/parity"
# In the order of docs/models.md. Some of them draw from the generator of the data, so the order is part of the data.
FAMILIES = [
    linear, vectors, neighbours, trees, boosting, networks, ensembles, unsupervised, transformers, multioutput,
    tables, texts,
]  # fmt: skip


def main():
    warnings.filterwarnings("ignore")
    onnxruntime.set_default_logger_severity(3)
    suite = Suite(OUT)
    for family in FAMILIES:
        family.add_to(suite.add)
    suite.close()
    size = sum(file.stat().st_size for file in OUT.rglob("*.*") if file.is_file())
    print(f"{len(suite.index)} models, {size} bytes")


if __name__ == "__main__":
    main()
