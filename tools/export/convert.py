"""Turns an estimator into an ONNX model, with the options that its converters need."""

import copy
import json
import warnings

import numpy as np
import onnx
from skl2onnx import to_onnx
from skl2onnx._supported_operators import get_model_alias
from skl2onnx.common._registration import get_converter
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.svm import SVC, NuSVC

from export import forests, repairs, rounding
from export.attempts import input_types
from export.boosters import register_converter_of
from export.estimators import fills_strings, last_step, library_of, walk
from export.known_faults import find_fault
from export.refusal import Refusal
from export.selectors import without_selectors
from export.text_patterns import to_unicode
from export.unwrap import to_convert

# All converters can write these versions, and ONNX Runtime reads them since 1.17.
OPSETS = {"": 19, "ai.onnx.ml": 3}
MAX_IR = 9

forests.register()
rounding.register()


def convert(model, sample, attempt):
    model = without_selectors(copy.deepcopy(to_convert(model)))
    options = prepare(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = to_onnx(model, initial_types=input_types(sample, attempt), options=options, target_opset=OPSETS)
    repairs.make_repeatable(exported, "model")
    exported.ir_version = min(exported.ir_version, MAX_IR)
    names = exported.metadata_props.add()
    names.key, names.value = "feature_names", json.dumps(list(sample.table))
    onnx.checker.check_model(exported)
    return exported


def check_steps(model):
    """Refuses what cannot be converted, by the name of its step."""
    for step, inner in walk(without_selectors(copy.deepcopy(to_convert(model)))):
        where = f"step {step!r} ({type(inner).__module__}.{type(inner).__name__})"
        register_converter_of(inner)
        try:
            get_model_alias(type(inner))
        except RuntimeError:
            next_step = "train with another estimator there, or compute the step before you send the rows"
            raise Refusal(f"there is no converter to ONNX for {where}: {next_step}") from None
        if fault := find_fault(inner):
            raise Refusal(f"the converter is at fault for {where}: {fault}")
        if isinstance(inner, FunctionTransformer) and inner.func is not None:
            function = getattr(inner.func, "__name__", "a function")
            remedy = "use a transformer of scikit-learn, or compute the step before you send the rows"
            raise Refusal(f"{where} calls {function}, and ONNX cannot call Python: {remedy}")
        if library_of(inner) == "lightgbm" and inner.booster_.pandas_categorical:
            remedy = "train it behind a ColumnTransformer that encodes them, with OrdinalEncoder or OneHotEncoder"
            raise Refusal(f"{where} has columns of categories, which do not export to ONNX: {remedy}")
        if library_of(inner) == "catboost" and inner.get_cat_feature_indices():
            remedy = "train it behind a ColumnTransformer that encodes them, with OrdinalEncoder or OneHotEncoder"
            raise Refusal(f"{where} has categorical features, which CatBoost does not export: {remedy}")


def prepare(model):
    """Readies a copy of the model for its converters, and finds the options that each of them needs."""
    options = {}
    for _, inner in walk(model):
        if isinstance(inner, VotingClassifier):
            inner.flatten_transform = False
        if isinstance(inner, SimpleImputer):
            prepare_imputer(inner)
        if isinstance(inner, OneHotEncoder):
            inner.categories_ = [with_empty_string(categories) for categories in inner.categories_]
        if isinstance(inner, CountVectorizer):
            options[id(inner)] = text_options(inner)
    last = last_step(model)
    allowed = get_converter(get_model_alias(type(last))).get_allowed_options() or {}
    # Where nothing is said, a pipeline asks for the default even of those that do not know the option.
    options[id(last)] = {"zipmap": False} if "zipmap" in allowed else {}
    # Otherwise each of two classes gets the score of the other.
    if isinstance(last, (SVC, NuSVC)) and not hasattr(last, "predict_proba"):
        options[id(last)]["raw_scores"] = True
    return options


def prepare_imputer(imputer):
    """A missing string reaches the export as an empty one. A constant number is an object among the statistics."""
    if fills_strings(imputer):
        imputer.missing_values = ""
    else:
        imputer.statistics_ = imputer.statistics_.astype(np.float64)


def with_empty_string(categories):
    """scikit-learn takes a missing string for a category of its own, and puts it last."""
    if categories.dtype.kind != "O" or len(categories) < 2 or categories[-1] == categories[-1]:
        return categories
    return np.array([*categories[:-1], ""], dtype=object)


def text_options(vectorizer):
    """Lower case needs a locale. en_US.UTF-8, the default, is missing from slim images; "C" is everywhere and does for
    words without accents."""
    is_ascii = all(word.isascii() for word in vectorizer.vocabulary_)
    options = {"locale": "C" if is_ascii else "C.UTF-8"}
    pattern = to_unicode(vectorizer.token_pattern) if vectorizer.analyzer == "word" else None
    return options | ({"tokenexp": pattern} if pattern else {})
