"""Walks through an estimator: pipelines, column transformers and ensembles hold other estimators."""

from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.tree import BaseDecisionTree


def walk(model, name="model"):
    """Every estimator within, outermost first, with the name of the step that holds it."""
    yield name, model
    for step, inner in parts(model):
        if hasattr(inner, "get_params"):
            yield from walk(inner, step if name == "model" else f"{name} > {step}")


def parts(model):
    if isinstance(model, Pipeline):
        return list(model.steps)
    if isinstance(model, ColumnTransformer):
        return [(step, inner) for step, inner, _ in model.transformers_]
    if isinstance(model, FeatureUnion):
        return list(model.transformer_list)
    # Fitted members: the trees of a forest are skipped, and other ensembles may hold anything.
    fitted = getattr(model, "estimators_", None)
    fitted = fitted if isinstance(fitted, list) else []
    fitted = fitted + [each.estimator for each in getattr(model, "calibrated_classifiers_", [])]
    fitted += [model.final_estimator_] if hasattr(model, "final_estimator_") else []
    return [(type(each).__name__, each) for each in fitted if not isinstance(each, BaseDecisionTree)]


def last_step(model):
    return last_step(model.steps[-1][1]) if isinstance(model, Pipeline) else model


def first_step(model):
    return first_step(model.steps[0][1]) if isinstance(model, Pipeline) else model


def has_columns(model):
    """Returns True if a step picks columns of a table by name."""
    return bool(column_names(model)) and any(isinstance(inner, ColumnTransformer) for _, inner in walk(model))


# Every column, whatever its name.
ALL = "all"


def string_columns(model):
    """The columns that the model knows as strings: ALL, or a set of names."""
    if reads_text(model) or (not has_columns(model) and is_fitted_on(first_step(model), "OSUT")):
        return ALL
    return chosen_columns(model, "OSUT")


def integer_columns(model):
    """The columns that an encoder took integers from."""
    return chosen_columns(model, "iu")


def chosen_columns(model, kinds):
    """The columns that reach a step of a ColumnTransformer that learned values of some kinds of dtypes from them."""
    return {
        name
        for _, outer in walk(model)
        if isinstance(outer, ColumnTransformer)
        for _, inner, columns in outer.transformers_
        for name, position in named_columns(outer, columns)
        if any(is_fitted_on(each, kinds, position) for _, each in walk(inner))
    }


def named_columns(transformer, columns):
    """The names of what a ColumnTransformer hands to one step, with their positions there."""
    columns = [columns] if isinstance(columns, (str, int)) else columns
    names = getattr(transformer, "feature_names_in_", None)
    if names is None:
        return []
    columns = names[columns] if isinstance(columns, slice) else columns
    return [(str(c if isinstance(c, str) else names[c]), position) for position, c in enumerate(columns)]


def is_fitted_on(estimator, kinds, position=None):
    """Returns True if an estimator learned values of these dtypes, from the column at a position or from any column."""
    if isinstance(estimator, CountVectorizer):
        return "O" in kinds
    learned = getattr(estimator, "categories_", None)
    if learned is None:
        learned = [estimator.statistics_] if "O" in kinds and fills_strings(estimator) else []
    learned = learned if position is None or position >= len(learned) else [learned[position]]
    return any(values.dtype.kind in kinds for values in learned)


def fills_strings(estimator):
    """Returns True if an estimator is an imputer of strings."""
    return any(isinstance(value, str) for value in getattr(estimator, "statistics_", []))


def reads_text(model):
    """Returns True if the model takes one string for each row, as vectorizers do, and no table."""
    return isinstance(first_step(model), CountVectorizer)


def knows_none(model):
    """Returns True if None is a category of the training. A gap of CSV is NaN then, which is another category."""
    found = (getattr(each, "categories_", ()) for _, each in walk(model) if library_of(each) == "sklearn")
    return any(value is None for categories in found for values in categories for value in values)


def library_of(estimator):
    return type(estimator).__module__.split(".")[0]


def column_names(model):
    """The columns that the model was fitted on, or nothing when it was fitted on a bare array."""
    first = first_step(model)
    attribute = "feature_names_" if library_of(first) == "catboost" else "feature_names_in_"
    try:
        names = [str(name) for name in getattr(first, attribute)]
    except AttributeError:
        return []
    # The names that LightGBM and CatBoost give to the columns of an array.
    made_up = ([f"Column_{i}" for i in range(len(names))], [str(i) for i in range(len(names))])
    return [] if names in made_up else names


def column_count(model):
    """How many columns the model takes, or None where it does not say."""
    if reads_text(model):
        return 1
    if library_of(first_step(model)) == "catboost":
        return len(first_step(model).feature_names_)
    return getattr(model, "n_features_in_", None)
