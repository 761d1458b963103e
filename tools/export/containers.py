"""Finds the estimator in what people pickle around it: dicts, lists and tuples."""

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelBinarizer, LabelEncoder

from export.native_models import as_estimator, is_booster
from export.refusal import Refusal

DEPTH = 3
# The most names in a message.
MOST_NAMES = 10


def pick_estimator(content, file, steps=None):
    """The one estimator in `content`, or the pipeline of the members that `steps` names. Raises a Refusal."""
    if is_estimator(content):
        if steps:
            raise Refusal(f"{file} holds one {type(content).__name__} and no dict of several: leave out --steps")
        return content
    found = dict(members(content))
    if steps:
        return combine(found, file, steps)
    models = {name: each for name, each in found.items() if not is_of_target(each)}
    if len(models) == 1:
        [(name, model)] = models.items()
        report(file, name, model, found)
        return model
    if not models:
        raise Refusal(f"{file} holds {describe(content)} and no trained model: {no_model_remedy(content)}")
    listed = ", ".join(f"{name} ({type(each).__name__})" for name, each in list(models.items())[:MOST_NAMES])
    names = ",".join(in_order(models))
    one = last(models)
    raise Refusal(
        f"{file} holds several estimators: {listed}. Name those that a row passes through, in their order, such as "
        f"--steps {names}; or one alone, such as --steps {one}"
    )


def combine(found, file, steps):
    if unknown := [name for name in steps if name not in found]:
        known = ", ".join(found) or "none"
        raise Refusal(f"{file} has no estimator named {unknown[0]} for --steps; it has {known}")
    if len(steps) == 1:
        return found[steps[0]]
    return Pipeline([(name, as_estimator(found[name])) for name in steps])


def report(file, name, model, found):
    print(f"{file}: exports the member {name} ({type(model).__name__})")
    for other, each in found.items():
        classes = getattr(each, "classes_", None)
        if each is not model and classes is not None:
            labels = ",".join(map(str, classes[:MOST_NAMES]))
            print(f"  {other} is left out; if it encoded the target, name the classes with --labels {labels}")


def members(content, path="", depth=0):
    """Every estimator within, with the keys and positions that lead to it, joined by dots."""
    if is_estimator(content):
        yield path, content
    elif depth < DEPTH and isinstance(content, (dict, list, tuple)):
        pairs = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in pairs:
            yield from members(value, f"{path}.{key}" if path else str(key), depth + 1)


def is_estimator(content):
    if isinstance(content, type):
        return False
    return is_booster(content) or isinstance(content, BaseEstimator) or hasattr(content, "predict")


def is_of_target(estimator):
    """An encoder of the target is no step of the model."""
    return isinstance(estimator, (LabelEncoder, LabelBinarizer))


def in_order(models):
    """The transformers first, as pipelines have them."""
    return sorted(models, key=lambda name: hasattr(models[name], "predict") or is_booster(models[name]))


def last(models):
    return in_order(models)[-1]


def describe(content):
    kind = type(content)
    if isinstance(content, type):
        return f"the class {content.__name__} itself"
    if kind.__module__.split(".")[0] == "pandas":
        return f"a pandas {kind.__name__}"
    if kind.__module__.split(".")[0] == "numpy":
        return f"a NumPy {kind.__name__}"
    if kind.__module__.split(".")[0] == "torch":
        return f"a {kind.__name__} of PyTorch"
    if isinstance(content, dict):
        keys = ", ".join(map(str, list(content)[:MOST_NAMES]))
        return f"a dict of {keys}" if keys else "an empty dict"
    return f"a {kind.__module__}.{kind.__name__}" if kind.__module__ != "builtins" else f"a {kind.__name__}"


def no_model_remedy(content):
    library = type(content).__module__.split(".")[0]
    if library == "pandas":
        start = "write the trained model with joblib.dump; a table is for --data, as CSV"
        return f"{start}. If the table itself is the model, build a graph from it as examples/recommender/build.py does"
    if library in ("torch", "keras", "tensorflow"):
        return "export it where it is built, with torch.onnx.export, or model.export of Keras"
    return 'write the trained model itself, with joblib.dump(model, "model.pkl")'
