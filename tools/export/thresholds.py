"""The threshold from which on a classifier of two classes answers one of them."""

from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline

from export.refusal import Refusal

KINDS = ("FixedThresholdClassifier", "TunedThresholdClassifierCV")


@dataclass
class Threshold:
    """The class at `position` is answered where its number is at least `value`, and else the other one."""

    position: int
    value: float

    def labels(self, numbers, classes):
        """The labels [rows] that the server chooses for numbers [rows, 2]. It compares in the type of the numbers."""
        own = numbers[:, self.position] >= numbers.dtype.type(self.value)
        return np.where(own, classes[self.position], classes[1 - self.position])

    def setting(self, classes):
        """Returns the value of "threshold" in model.json."""
        return self.value if self.position == 1 else {"label": classes[0], "atLeast": self.value}


def is_threshold(model):
    return type(model).__name__ in KINDS


def threshold_of(model):
    """The threshold of a classifier of scikit-learn, or of the last step of a pipeline; None where it has none.

    Raises a Refusal where the export could not keep to it.
    """
    if isinstance(model, Pipeline):
        return threshold_of(model.steps[-1][1])
    if not is_threshold(model):
        return None
    inner = trained(model)
    has_probabilities = hasattr(inner, "predict_proba")
    if model.response_method == "decision_function" and has_probabilities:
        raise Refusal(
            f"the threshold of {type(model).__name__} is one of scores, and its model is exported with probabilities: "
            "train it with response_method='predict_proba'"
        )
    value = getattr(model, "best_threshold_", getattr(model, "threshold", "auto"))
    value = (0.5 if has_probabilities else 0.0) if value == "auto" else float(value)
    label = positive(model)
    return Threshold(1 if label is None else list(inner.classes_).index(label), value)


def trained(model):
    return getattr(model, "estimator_", model.estimator)


def positive(model):
    """The class that a threshold is for; None where it is the second one."""
    scorer = getattr(model, "_curve_scorer", None)
    return model.pos_label if scorer is None else scorer._get_pos_label()
