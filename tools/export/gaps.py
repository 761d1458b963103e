"""Finds which features of a model may be missing: where the original takes a gap, and the export answers the same."""

import warnings

import numpy as np

from export.answers import ask_original, from_onnx
from export.comparison import distances

# Rows that each feature is blanked in, and the rows of all features together.
ROWS, MOST_ROWS = 40, 10_000
# Cells that are computed at once. Of many features that are refused together, a few are tried by themselves.
MOST_CELLS, MANY, FEW = 1_000_000, 16, 5
NAN, EMPTY, REFUSE = "nan", "", "refuse"


def find_missing(model, sample, session, tolerance, report=lambda phase: None):
    """Returns "missing" of each feature for model.json: "nan", "" for a string, or "refuse".

    Blanks one feature at a time, then all that may be missing, in rows of the sample.
    """
    if sample.text:
        # A text is compared as it is. It may be empty where the sample has such texts.
        return {name: EMPTY if sample.table[name].isna().any() else REFUSE for name in sample.table}
    report("trying the sample with missing values")
    trial = Trial(model, sample, session, tolerance)
    open_to_gaps = trial.accepted_in_parts([name for name in sample.table if trial.can_be_blank(name)])
    if len(open_to_gaps) > 1 and not trial.takes_together(open_to_gaps):
        open_to_gaps = []
    return {
        name: (EMPTY if sample.feature_type(name) == "string" else NAN) if name in open_to_gaps else REFUSE
        for name in sample.table
    }


class Trial:
    def __init__(self, model, sample, session, tolerance):
        self.model, self.session, self.tolerance = model, session, tolerance
        count = int(np.clip(MOST_ROWS // sample.table.shape[1], 4, ROWS))
        self.rows = sample.picked(np.unique(np.linspace(0, len(sample) - 1, count).astype(int)).tolist())
        self.types = dict(zip(sample.table, (port.type for port in session.inputs), strict=False))
        self.kind = session.inputs[0].type

    def can_be_blank(self, name):
        """Integers and booleans have no value that means missing."""
        return (self.types[name] if self.rows.per_column else self.kind) not in ("tensor(int64)", "tensor(bool)")

    def accepted_in_parts(self, names):
        """Those that may be missing. A wide table is tried in parts."""
        size = max(1, MOST_CELLS // (len(self.rows) * self.rows.table.shape[1]))
        parts = [names[start : start + size] for start in range(0, len(names), size)]
        return [name for part in parts for name in self.accepted(part)]

    def accepted(self, names):
        """Those that may be missing. All are tried at once, and in halves where the original refuses.

        Where the original refuses many, and some of them one by one, it refuses all: most take no gaps at all.
        """
        if not names:
            return []
        masks = np.zeros((len(names), len(self.rows), self.rows.table.shape[1]), dtype=bool)
        for index, name in enumerate(names):
            masks[index, :, self.rows.table.columns.get_loc(name)] = True
        apart = self.distances(masks.reshape(-1, masks.shape[2]))
        if apart is not None:
            agree = (apart.reshape(len(names), -1) <= self.tolerance).all(axis=1)
            return [name for name, is_same in zip(names, agree, strict=True) if is_same]
        if len(names) > MANY and not any(self.accepted([name]) for name in names[:: len(names) // FEW]):
            return []
        half = len(names) // 2
        return self.accepted(names[:half]) + self.accepted(names[half:]) if half else []

    def takes_together(self, names):
        """Returns True if several may be missing in one row: all of them, and any half."""
        width, columns = self.rows.table.shape[1], self.rows.table.columns.get_indexer(names)
        masks = np.zeros((2 * len(self.rows), width), dtype=bool)
        masks[: len(self.rows), columns] = True
        some = np.random.default_rng(0).random((len(self.rows), len(columns))) < 0.5
        masks[len(self.rows) :, columns] = some
        apart = self.distances(masks)
        return apart is not None and bool((apart <= self.tolerance).all())

    def distances(self, masks):
        """How far the export is off, for the rows again and again, without what is masked [rows, features].

        None where the original or the export refuses them.
        """
        rows = self.rows.picked(np.resize(np.arange(len(self.rows)), len(masks)).tolist())
        rows = rows.without(masks)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                original = ask_original(self.model, rows.for_original())
            got = from_onnx(self.session.run(rows.for_onnx(self.session.inputs)), original)
        except Exception:  # every library refuses gaps with an error of its own
            return None
        apart = distances(original.like(got), got)
        return apart if is_transformer(self.model) else np.where(has_nan(original), np.inf, apart)


def is_transformer(model):
    """Transformers may return missing values. For a model that predicts, NaN is no answer."""
    return not hasattr(model, "predict")


def has_nan(answers):
    """Which rows of the answers have a NaN, [rows]."""
    if answers.numbers is None:
        return np.zeros(len(answers), dtype=bool)
    return np.isnan(answers.numbers.astype(np.float64)).reshape(len(answers), -1).any(axis=1)
