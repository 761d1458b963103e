"""Takes off an estimator what is for its training alone: searches, samplers, and the choice of a threshold."""

from sklearn.pipeline import Pipeline

from export.refusal import Refusal
from export.thresholds import is_threshold, trained


def without_search(model):
    """A search holds the model that it found, a frozen estimator the one that it keeps."""
    if hasattr(model, "best_estimator_"):
        return without_search(model.best_estimator_)
    # RFECV has results as well, and is no search: it keeps its columns.
    if hasattr(model, "cv_results_") and hasattr(model, "refit"):
        raise Refusal(f"the {type(model).__name__} kept no model: train it with refit=True, and write it again")
    return without_search(model.estimator) if type(model).__name__ == "FrozenEstimator" else model


def to_convert(model):
    """Returns the part of a model that is converted, without search, samplers and threshold. Raises a Refusal if nothing is left."""
    model = without_search(model)
    if is_threshold(model):
        inner = without_search(trained(model))
        if is_threshold(inner):
            raise Refusal("a threshold classifier holds another one: write the inner one alone with joblib.dump")
        return to_convert(inner)
    return convertible(model) if isinstance(model, Pipeline) else model


def convertible(pipeline):
    """The steps without samplers, which choose the rows of the training and pass every later row on."""
    kept = [(name, to_convert(step)) for name, step in pipeline.steps if not hasattr(step, "fit_resample")]
    if not kept:
        raise Refusal("the pipeline has samplers and no model: add the model as its last step, and train it again")
    is_same = type(pipeline) is Pipeline and all(a[1] is b[1] for a, b in zip(kept, pipeline.steps, strict=False))
    return pipeline if is_same and len(kept) == len(pipeline.steps) else Pipeline(kept)
