"""Answers of a model to rows, from the original and from its export. They are compared, and written as JSON."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from export.refusal import Refusal
from export.thresholds import Threshold, threshold_of


@dataclass
class Answers:
    """One answer for each row. `form` is the meaning of the labels and the numbers:

    - "probabilities" or "scores": a classifier
    - "score": one number beside a label
    - "clusters": a clusterer
    - "label": no number
    - "labels": several classifiers at once
    - "values": the rest
    """

    form: str
    labels: np.ndarray | None = None  # [rows], for "labels" [rows, classifiers]
    numbers: np.ndarray | None = None  # [rows, n], for "labels" also [rows, classifiers, n]
    classes: list = field(default_factory=list)  # what the columns of `numbers` stand for, where known
    numbers_name: str = "probabilities"  # of "labels": "probabilities" or "scores"
    threshold: Threshold | None = None  # what chooses the label of two classes

    def rows(self):
        """The answers as the server writes them."""
        return [self._row(index) for index in range(len(self))]

    def named(self, names):
        """The same with a name for each class, in their order."""
        return replace(self, labels=np.array(names)[np.searchsorted(self.classes, self.labels)], classes=list(names))

    def picked(self, rows):
        """The answers of some of the rows, by their positions."""
        labels, numbers = (None if part is None else part[rows] for part in (self.labels, self.numbers))
        return replace(self, labels=labels, numbers=numbers)

    def like(self, exported):
        """The same in the form of the export: of two classes it may, like scikit-learn, score the second only."""
        if self.form in ("probabilities", "scores", "clusters") and self.numbers.shape[1] == 1:
            # One class or cluster: the server takes its number for the score of the label.
            return Answers("score", self.labels, self.numbers)
        if self.form == "scores" and exported.form == "score":
            return Answers("score", self.labels, self.numbers[:, 1:])
        if self.form == "labels" and exported.numbers is None:
            return replace(self, numbers=None)
        return self

    def __len__(self):
        return len(self.labels if self.labels is not None else self.numbers)

    def _row(self, index):
        numbers = None if self.numbers is None else plain(self.numbers[index])
        if self.form == "values":
            return numbers[0] if len(numbers) == 1 else numbers
        label = plain(self.labels[index])
        if self.form in ("label", "labels"):
            return {"label": label} | ({} if numbers is None else {self.numbers_name: numbers})
        if self.form == "score":
            return {"label": label, "score": numbers[0]}
        if self.form == "clusters":
            return {"label": label, "scores": numbers}
        return {"label": label, self.form: class_map(self.classes, numbers) if self.classes else numbers}


def class_map(classes, numbers):
    return {str(plain(name)): number for name, number in zip(classes, numbers, strict=True)}


def plain(value):
    """A NumPy value or array as JSON knows it: what is not finite becomes null."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list):
        return [plain(element) for element in value]
    return None if value is pd.NA or (isinstance(value, float) and not np.isfinite(value)) else value


def ask_original(model, data):
    """The answers of a scikit-learn estimator, or of one that keeps to scikit-learn's ways."""
    if not hasattr(model, "predict"):
        return Answers("values", numbers=as_matrix(model.transform(data)))
    if hasattr(model, "predict_proba") or len(classes_of(model)):
        return ask_classifier(model, data)
    if hasattr(model, "decision_function"):
        return Answers("score", model.predict(data), as_matrix(model.decision_function(data)))
    if hasattr(model, "fit_predict") and hasattr(model, "transform"):
        return Answers("clusters", model.predict(data), model.transform(data))
    return Answers("values", numbers=as_matrix(model.predict(data)))


def ask_classifier(model, data):
    labels = np.asarray(model.predict(data))
    if labels.ndim == 2 and labels.shape[1] > 1:
        name = "probabilities" if hasattr(model, "predict_proba") else "scores"
        return Answers("labels", as_exported(labels), numbers_of_several(model, data), numbers_name=name)
    labels, classes = as_exported(labels.reshape(-1)), as_exported(classes_of(model)).tolist()
    if is_hard_vote(model):
        return Answers("label", labels)
    threshold = threshold_of(model)
    if hasattr(model, "predict_proba"):
        return Answers("probabilities", labels, np.asarray(model.predict_proba(data)), classes, threshold=threshold)
    scores = np.asarray(model.decision_function(data))
    # Of two classes scikit-learn gives the score of the second only, most exports give that of both.
    scores = np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores
    return Answers("scores", labels, scores, classes, threshold=threshold)


def numbers_of_several(model, data):
    """The numbers of several classifiers at once, or None where they have different numbers of classes."""
    ask = getattr(model, "predict_proba", None) or getattr(model, "decision_function", None)
    numbers = ask(data) if ask else None
    if isinstance(numbers, list):
        return np.stack(numbers, axis=1) if len({part.shape[1] for part in numbers}) == 1 else None
    return None if numbers is None else np.asarray(numbers)


def is_hard_vote(model):
    """Returns True if a classifier counts votes. It has neither probabilities nor scores."""
    return not hasattr(model, "predict_proba") and not hasattr(model, "decision_function")


def classes_of(model):
    classes = getattr(model, "classes_", None)
    return [] if classes is None else classes


def as_exported(labels):
    """Exports know no classes but strings and integers: False and True become 0 and 1, and 2.0 becomes 2."""
    labels = np.asarray(labels)
    return labels.astype(np.int64) if labels.dtype.kind in "bf" else labels


def as_matrix(values):
    values = np.asarray(values.todense() if hasattr(values, "todense") else values)
    return values.reshape(len(values), -1)


def from_onnx(outputs, like):
    """The outputs of an exported model in the form of the original's, whether probabilities leave as tensor or maps."""
    labels, columns = None, []
    for value in outputs:
        if isinstance(value, list) and isinstance(value[0], dict):
            columns.append(np.array([[row[key] for key in like.classes] for row in value]))
        elif isinstance(value, list):
            continue  # a sequence of tensors, the probabilities of several classifiers
        elif value.dtype.kind == "f":
            columns.append(value if like.form == "labels" else as_matrix(value))
        else:
            labels = value if like.form == "labels" else value.reshape(-1)
    if like.form == "labels":
        numbers = next((column for column in columns if np.shape(like.numbers) == column.shape), None)
        return replace(like, labels=labels, numbers=numbers)
    if like.form == "label":
        columns = []
    numbers = np.concatenate(columns, axis=1) if columns else None
    is_score = like.form in ("probabilities", "scores", "clusters") and numbers.shape[1] == 1
    if is_score:
        return Answers("score", labels if like.threshold is None else no_threshold(), numbers)
    labels = labels if like.threshold is None else like.threshold.labels(numbers, like.classes)
    return Answers(like.form, labels, numbers, like.classes, threshold=like.threshold)


def no_threshold():
    raise Refusal(
        "the export has one score for both classes, and the server compares a threshold with the number of a class: put "
        "CalibratedClassifierCV around the model, within the threshold classifier, and train it again"
    )
