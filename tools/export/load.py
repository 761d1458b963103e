"""Reads what people have: a pickle, or the file of a boosting library. Says of any other file how it becomes ONNX."""

import sys
from dataclasses import dataclass

from export.containers import pick_estimator
from export.fitted import check_fitted
from export.formats import check_kind, recognise
from export.native_files import NAMES, read_booster
from export.native_models import as_estimator
from export.pickles import read_pickle
from export.thresholds import Threshold
from export.unwrap import unwrap

WARNING = "may run any code while it is read: export only files that you made (the server reads no pickles)"


@dataclass
class Loaded:
    """An estimator to convert, and what chooses its label where that is not the estimator itself."""

    model: object
    threshold: Threshold | None = None


def load(file, steps=None, code=()) -> Loaded:
    """Reads one estimator. Raises a Refusal.

    `steps` names the members of a dict or tuple to take, in the order of a pipeline. `code` lists files and folders of
    Python code that a pickle needs.
    """
    kind = recognise(file)
    if kind in NAMES:
        return Loaded(as_estimator(read_booster(kind, file)))
    check_kind(kind, file)
    print(f"warning: {file} {WARNING}", file=sys.stderr)
    content = pick_estimator(read_pickle(file, code), file, steps)
    model, threshold = unwrap(as_estimator(content))
    check_fitted(model, file)
    return Loaded(model, threshold)
