"""Tells trained estimators from those that were only made."""

from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from export.refusal import Refusal


def check_fitted(model, file):
    """Raises a Refusal where an estimator, or a step of a pipeline, was never trained."""
    for step in [each for _, each in model.steps] if isinstance(model, Pipeline) else [model]:
        if not is_fitted(step):
            remedy = "call its fit, and write it again"
            raise Refusal(f"{file} holds a {type(step).__name__} that was not trained: {remedy}")


def is_fitted(model):
    if isinstance(model, str) or model is None:
        return True
    if type(model).__module__.startswith("catboost."):
        return model.is_fitted()
    if isinstance(model, Pipeline):
        return all(is_fitted(step) for _, step in model.steps)
    try:
        check_is_fitted(model)
    except NotFittedError:
        return False
    except TypeError:  # it keeps to scikit-learn's ways in part
        return True
    return True
