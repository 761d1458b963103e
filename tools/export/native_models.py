"""Gives the boosters of XGBoost, LightGBM and CatBoost the form of estimators of scikit-learn, trees unchanged."""

import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from export.refusal import Refusal, one_line

XGBOOST_CLASSES = ("binary:logistic", "binary:hinge", "multi:softprob", "multi:softmax")
CATBOOST_CLASSES = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll", "MultiLogloss", "MultiCrossEntropy")


def library_and_kind(model):
    return type(model).__module__.split(".")[0], type(model).__name__


def is_booster(model):
    return library_and_kind(model) in BOOSTERS


def as_estimator(model):
    """A booster as an estimator of its library; anything else as it is. Raises a Refusal."""
    convert = BOOSTERS.get(library_and_kind(model))
    if convert is None:
        return model
    try:
        return convert(model)
    except Refusal:
        raise
    except Exception as error:  # each library has errors of its own, such as for files that are broken
        library = library_and_kind(model)[0]
        remedy = "write it again with save_model, or install the version that wrote it"
        raise Refusal(f"the booster of {library} cannot be used here ({one_line(error)}): {remedy}") from None


def from_xgboost(booster):
    """A booster saved by an estimator stops at its best iteration; one that was trained as such uses all its trees."""
    from xgboost import XGBClassifier, XGBRegressor

    learner = json.loads(booster.save_config())["learner"]
    objective = learner["objective"]["name"]
    is_of_estimator = booster.attr("scikit_learn") is not None
    estimator = (XGBClassifier if objective in XGBOOST_CLASSES else XGBRegressor)()
    # The names of the estimators may differ, as that of a ranker.
    booster = booster.copy()
    booster.set_attr(scikit_learn=None, **({} if is_of_estimator else {"best_iteration": None, "best_score": None}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.load_model(booster.save_raw("ubj"))
    if objective in XGBOOST_CLASSES and not hasattr(estimator, "classes_"):
        # Before 2.0 only fit set these.
        estimator.n_classes_ = max(2, int(learner["learner_model_param"]["num_class"]))
        estimator.classes_ = np.arange(estimator.n_classes_)
    return estimator


def from_lightgbm(booster):
    """A fit on made-up rows gives the estimator all but its trees."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    head = dict(line.partition("=")[::2] for line in booster.model_to_string().split("\nTree=")[0].split("\n"))
    objective, classes = head.get("objective", "").split(" ")[0], max(2, int(head["num_class"]))
    is_classifier = objective in ("binary", "multiclass", "multiclassova", "cross_entropy")
    columns = booster.feature_name()
    rows = pd.DataFrame(np.zeros((2 * classes, len(columns))), columns=columns)
    kind = LGBMClassifier if is_classifier and objective != "cross_entropy" else LGBMRegressor
    estimator = kind(n_estimators=1, verbose=-1).fit(rows, np.arange(2 * classes) % classes)
    estimator._Booster = booster
    return estimator


def from_catboost(model):
    """CatBoost's own class answers raw numbers; that of its file's loss answers what the loss is for."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    if not model.is_fitted():
        raise Refusal("the model of CatBoost was not trained: call its fit, and write it again")
    loss = str(model.get_all_params().get("loss_function", "")).split(":")[0]
    estimator = (CatBoostClassifier if loss in CATBOOST_CLASSES else CatBoostRegressor)()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.cbm"
        model.save_model(str(file))
        return estimator.load_model(str(file))


BOOSTERS = {
    ("xgboost", "Booster"): from_xgboost,
    ("lightgbm", "Booster"): from_lightgbm,
    ("catboost", "CatBoost"): from_catboost,
}
