"""Takes off an estimator what is for its training alone: searches, samplers, and the choice of a threshold."""

from sklearn.pipeline import Pipeline

from export.refusal import Refusal
from export.thresholds import is_threshold, threshold_of


def unwrap(model):
    """What is left to convert, and the threshold that chooses its label, or None. Raises a Refusal."""
    if hasattr(model, "best_estimator_"):
        return unwrap(model.best_estimator_)
    if type(model).__name__ == "FrozenEstimator":
        return unwrap(model.estimator)
    if is_threshold(model):
        inner, nested = unwrap(getattr(model, "estimator_", model.estimator))
        if nested is not None:
            raise Refusal("a threshold classifier holds another one: write the inner one alone with joblib.dump")
        return inner, threshold_of(model, inner)
    return unwrap_pipeline(model) if isinstance(model, Pipeline) else (model, None)


def unwrap_pipeline(pipeline):
    """The steps without samplers, which choose the rows of the training and pass every later row on."""
    kept = [(name, *unwrap(step)) for name, step in pipeline.steps if not hasattr(step, "fit_resample")]
    if not kept:
        raise Refusal("the pipeline has samplers and no model: add the model as its last step, and train it again")
    is_same = len(kept) == len(pipeline.steps) and all(
        inner is step for (_, inner, _), (_, step) in zip(kept, pipeline.steps, strict=True)
    )
    if is_same and type(pipeline) is Pipeline:
        return pipeline, None
    return Pipeline([(name, inner) for name, inner, _ in kept]), kept[-1][2]
