"""Feature selectors of every kind: what is left of each is the columns that it keeps."""

import numpy as np
from onnx import TensorProto
from skl2onnx import update_registered_converter
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectorMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from export.estimators import walk
from export.refusal import Refusal


class Selection(TransformerMixin, BaseEstimator):
    """Keeps some of the columns; stands for a fitted selector while it is converted."""

    def __init__(self, kept, n_features_in_):
        self.kept, self.n_features_in_ = kept, n_features_in_

    def fit(self, _data, _target=None):
        return self

    def transform(self, data):
        return data[:, self.kept]


def without_selectors(model):
    """A fitted model with plain choices of columns for its selectors. Changes the model that it is given.

    A selector that predicts, as RFE does, becomes the choice and the model behind it.
    """
    for _, inner in walk(model):
        if isinstance(inner, Pipeline):
            *before, (name, last) = inner.steps
            inner.steps = [(step, chosen(each)) for step, each in before] + [(name, predicting(last))]
        elif isinstance(inner, ColumnTransformer):
            inner.transformers_ = [(step, chosen(each), columns) for step, each, columns in inner.transformers_]
        elif isinstance(inner, FeatureUnion):
            inner.transformer_list = [(step, chosen(each)) for step, each in inner.transformer_list]
    return predicting(model)


def predicting(selector):
    if not isinstance(selector, SelectorMixin) or not hasattr(selector, "predict"):
        return chosen(selector)
    return Pipeline([("select", chosen(selector)), ("predict", without_selectors(selector.estimator_))])


def chosen(selector):
    if isinstance(selector, LinearDiscriminantAnalysis) and len(selector.classes_) == 2:
        return as_logistic(selector)
    if not isinstance(selector, SelectorMixin):
        return selector
    kept = np.flatnonzero(selector.get_support())
    if len(kept) == 0:
        raise Refusal(f"{type(selector).__name__} keeps no column: there is nothing left to export")
    return Selection(kept, len(selector.get_support()))


def as_logistic(analysis):
    """Of two classes skl2onnx gives the probabilities of the analysis wrongly, and those of its logistic twin rightly."""
    twin = LogisticRegression()
    for name in ("classes_", "coef_", "intercept_", "n_features_in_"):
        setattr(twin, name, getattr(analysis, name))
    return twin


def keep_shape(operator):
    columns, kept = operator.inputs[0], operator.raw_operator.kept
    operator.outputs[0].type = type(columns.type)([columns.get_first_dimension(), len(kept)])


def convert_selection(scope, operator, container):
    kept, index = operator.raw_operator.kept, scope.get_unique_variable_name("kept")
    container.add_initializer(index, TensorProto.INT64, [len(kept)], kept.tolist())
    names = operator.inputs[0].full_name, operator.outputs[0].full_name
    container.add_node("Gather", [names[0], index], names[1], axis=1, name=scope.get_unique_operator_name("Gather"))


update_registered_converter(Selection, "ExportSelection", keep_shape, convert_selection)
