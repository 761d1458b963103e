"""Models with several targets."""

import numpy as np
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, MultiTaskLasso, Ridge
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor

from parity.data import amounts, three, two
from parity.families.boosting import BOOSTED
from parity.families.trees import FEW

FAMILY = "multi-output"


def add_to(add):
    add(
        FAMILY, "multi-output-classifier", MultiOutputClassifier(LogisticRegression()), np.stack([two, three], 1),
        note="Only the labels are served, because the probabilities are a sequence of tensors",
    )  # fmt: skip
    add(FAMILY, "multi-output-regressor", MultiOutputRegressor(GradientBoostingRegressor(**BOOSTED)), amounts)
    add(FAMILY, "ridge-two-targets", Ridge(), amounts)
    add(
        FAMILY, "forest-two-targets", RandomForestRegressor(**FEW), amounts,
        note="The file declares one number for each row, and the model computes two",
    )  # fmt: skip
    add(FAMILY, "multi-task-lasso", MultiTaskLasso(0.1), amounts)
    add(FAMILY, "pls-regression", PLSRegression(2), amounts)
