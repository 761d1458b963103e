"""Turns an estimator into an ONNX model that says the same, and is compared with it before anyone relies on it."""

import copy
import json
import warnings
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from onnx import helper
from skl2onnx import to_onnx
from skl2onnx._supported_operators import get_model_alias
from skl2onnx.common._registration import get_converter
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC, NuSVC

from export import forests, isolated, repairs, rounding
from export.answers import Answers, Deviation, ask_original, compare, from_onnx
from export.attempts import attempts, input_types
from export.boosters import register_converter_of
from export.estimators import last_step, library_of, walk
from export.known_faults import find_fault
from export.refusal import Refusal, one_line
from export.sample import Sample
from export.selectors import without_selectors
from export.text_patterns import to_unicode

# What the converters of all libraries write, and ONNX Runtime has read since 1.17.
OPSETS = {"": 19, "ai.onnx.ml": 3}
MAX_IR = 9

forests.register()
rounding.register()


@dataclass
class Export:
    content: bytes
    session: onnxruntime.InferenceSession
    inputs: str  # what kind of numbers the model takes, in words
    expected: Answers
    got: Answers
    deviation: Deviation


def export(model, sample: Sample, tolerance) -> Export:
    """The first export that agrees with the original on the whole sample.

    Numbers enter as float32 if that is enough. Where rounding to it moves a row across a threshold, as float64; and
    where trees round what a step before them scaled, as float64 that is rounded just there.
    """
    try:
        original = ask_original(model, sample.for_original())
    except Exception as error:  # whatever a step makes of columns that are not what it was trained on
        raise Refusal(f"the model itself fails on the sample: {type(error).__name__}: {one_line(error)}") from None
    closest, first_error = None, None
    for attempt in attempts(sample):
        try:
            exported = convert(model, sample, attempt)
            session = onnxruntime.InferenceSession(exported.SerializeToString(), quiet())
            outputs = isolated.run(exported.SerializeToString(), sample.for_onnx(session))
            content = declare_outputs(exported, outputs)
            got = from_onnx(outputs, original)
        except isolated.Crash as crash:
            how = f"ONNX Runtime {onnxruntime.__version__} crashes on this model ({crash})"
            raise Refusal(f"{how}, and would take the server down: it is not written") from None
        except Exception as error:  # converters raise of every kind, and one attempt may do where another does not
            first_error = first_error or error
            continue
        expected = original.like(got)
        made = Export(content, session, attempt.words(), expected, got, compare(expected, got))
        if made.deviation.worst <= tolerance:
            return made
        if closest is None or made.deviation.worst < closest.deviation.worst:
            closest = made
    if closest is None:
        raise Refusal(f"the converter gave up: {type(first_error).__name__}: {one_line(first_error)}")
    raise Refusal(disagreement(closest, sample, tolerance))


def convert(model, sample, attempt):
    model = without_selectors(copy.deepcopy(model))
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


def declare_outputs(exported, outputs):
    """Converters may declare fewer columns, or rows, than come out; this declares what does."""
    for output, value in zip(exported.graph.output, outputs, strict=True):
        if isinstance(value, np.ndarray):
            shape = [None, *value.shape[1:]]
            output.CopyFrom(helper.make_tensor_value_info(output.name, output.type.tensor_type.elem_type, shape))
    return exported.SerializeToString()


def check_steps(model):
    """Refuses what cannot be converted, by the name of its step."""
    for step, inner in walk(without_selectors(copy.deepcopy(model))):
        where = f"step {step!r} ({type(inner).__module__}.{type(inner).__name__})"
        register_converter_of(inner)
        try:
            get_model_alias(type(inner))
        except RuntimeError:
            raise Refusal(f"there is no converter to ONNX for {where}") from None
        if fault := find_fault(inner):
            raise Refusal(f"the converter is at fault for {where}: {fault}")
        if isinstance(inner, FunctionTransformer) and inner.func is not None:
            function = getattr(inner.func, "__name__", "a function")
            raise Refusal(f"{where} calls {function}, and ONNX cannot call Python")
        if library_of(inner) == "lightgbm" and inner.booster_.pandas_categorical:
            remedy = "train it behind a ColumnTransformer that encodes them, with OrdinalEncoder or OneHotEncoder"
            raise Refusal(f"{where} has columns of categories, which do not export to ONNX: {remedy}")
        if library_of(inner) == "catboost" and inner.get_cat_feature_indices():
            raise Refusal(f"{where} has categorical features, which CatBoost does not export")


def prepare(model):
    """Readies a copy of the model for its converters, and finds the options that each of them needs."""
    options = {}
    for _, inner in walk(model):
        if isinstance(inner, VotingClassifier):
            inner.flatten_transform = False
        if isinstance(inner, SimpleImputer) and inner.statistics_.dtype == object:
            inner.missing_values = ""
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


def text_options(vectorizer):
    """Lower case needs a locale. en_US.UTF-8, the default, is missing from slim images; "C" is everywhere and does for
    words without accents."""
    is_ascii = all(word.isascii() for word in vectorizer.vocabulary_)
    options = {"locale": "C" if is_ascii else "C.UTF-8"}
    pattern = to_unicode(vectorizer.token_pattern) if vectorizer.analyzer == "word" else None
    return options | ({"tokenexp": pattern} if pattern else {})


def quiet():
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return options


def disagreement(made, sample, tolerance):
    row = made.deviation.row
    how = "another label" if np.isinf(made.deviation.worst) else f"{made.deviation.worst:.3g} off"
    lines = [
        f"the export disagrees with the original, worst in row {row} of {len(sample)}: {how}, {tolerance:g} allowed",
        f"  input     {json.dumps(sample.records([row])[0])}",
        f"  expected  {json.dumps(made.expected.rows()[row])}",
        f"  got       {json.dumps(made.got.rows()[row])}",
    ]
    return "\n".join(lines)
