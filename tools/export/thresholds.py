"""The threshold from which on a classifier of two classes answers one of them."""

from dataclasses import dataclass, replace

import numpy as np

from export.refusal import Refusal

KINDS = ("FixedThresholdClassifier", "TunedThresholdClassifierCV")


@dataclass
class Threshold:
    """The label is `label` where its number is at least `value`, and else the other one."""

    label: object
    value: float

    def apply(self, answers):
        """The same answers with the labels that the server chooses, which compares in the precision of the numbers.

        The numbers are [rows, 2] in the order of the classes, or scores [rows, 1] of the second one.
        """
        numbers, [first, second] = answers.numbers, answers.classes
        column = [first, second].index(self.label)
        own = numbers[:, column] if numbers.shape[1] == 2 else numbers[:, 0] * (1 if column == 1 else -1)
        other = first if column == 1 else second
        labels = np.where(own >= numbers.dtype.type(self.value), self.label, other)
        return replace(answers, labels=labels)

    def setting(self, names):
        """What model.json says of it, where `names` are those of the classes."""
        return {"label": names, "atLeast": self.value}


def is_threshold(model):
    return type(model).__name__ in KINDS


def threshold_of(model, inner):
    """The threshold of one of scikit-learn's classifiers that choose one. Raises a Refusal."""
    has_probabilities = hasattr(inner, "predict_proba")
    if model.response_method == "decision_function" and has_probabilities:
        raise Refusal(
            f"the threshold of {type(model).__name__} is one of scores, and its model is exported with probabilities: "
            "train it with response_method='predict_proba'"
        )
    classes = list(inner.classes_)
    label = classes[1] if positive(model) is None else positive(model)
    value = getattr(model, "best_threshold_", getattr(model, "threshold", "auto"))
    value = (0.5 if has_probabilities else 0.0) if value == "auto" else float(value)
    return Threshold(label.item() if hasattr(label, "item") else label, value)


def positive(model):
    scorer = getattr(model, "_curve_scorer", None)
    return model.pos_label if scorer is None else scorer._get_pos_label()
