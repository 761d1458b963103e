"""Reads what people have: a pickle, or the file of a boosting library. Says of any other file how it becomes ONNX."""

import sys

from export.containers import pick_estimator
from export.fitted import check_fitted
from export.formats import check_kind, recognise
from export.native_files import NAMES, read_booster
from export.native_models import as_estimator
from export.pickles import read_pickle
from export.thresholds import threshold_of
from export.unwrap import to_convert, without_search

WARNING = "may run any code while it is read: export only files that you made (the server reads no pickles)"


def load(file, steps=None, code=()):
    """Reads one trained estimator, as it answered where it was trained. Raises a Refusal.

    `steps` names the members of a dict or tuple to take, in the order of a pipeline. `code` lists files and folders of
    Python code that a pickle needs.
    """
    kind = recognise(file)
    if kind in NAMES:
        return as_estimator(read_booster(kind, file))
    check_kind(kind, file)
    print(f"warning: {file} {WARNING}", file=sys.stderr)
    model = without_search(as_estimator(pick_estimator(read_pickle(file, code), file, steps)))
    check_fitted(to_convert(model), file)
    threshold_of(model)
    return model
