"""Estimators whose converter writes another model, with the remedy for each.

The comparison on the sample finds most of them. They are also refused by name. A sample may lack the rows that
show the fault, and the name of the fault says more than a deviation.
"""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import Normalizer
from sklearn.svm import SVC, NuSVC

from export.booster_faults import BOOSTERS
from export.estimators import library_of


def find_fault(estimator):
    """Returns the fault of the converter for this estimator, with a remedy, or nothing."""
    for is_at_fault, text in (*SKLEARN, *BOOSTERS.get(library_of(estimator), ())):
        if is_at_fault(estimator):
            return text
    return None


def votes_by_margin(model):
    """A one-vs-rest classifier that compares decision functions, where the converter compares probabilities."""
    if not isinstance(model, OneVsRestClassifier):
        return False
    inner = model.estimators_[0]
    return isinstance(inner, (SVC, NuSVC)) or not hasattr(inner, "predict_proba")


def has_categories(model):
    is_hist = isinstance(model, (HistGradientBoostingClassifier, HistGradientBoostingRegressor))
    return is_hist and getattr(model, "is_categorical_", None) is not None and any(model.is_categorical_)


def weighs_by_distance(model):
    return isinstance(model, (KNeighborsClassifier, KNeighborsRegressor)) and model.weights != "uniform"


def marks_missing(model):
    return isinstance(model, SimpleImputer) and model.add_indicator and len(model.indicator_.features_) > 0


def drops_words_of_pairs(model):
    return isinstance(model, CountVectorizer) and model.get_stop_words() is not None and model.ngram_range[1] > 1


SKLEARN = (
    (votes_by_margin, "skl2onnx divides the decision functions by their sum, and over SVC it picks another class: "
     "use SVC or LinearSVC directly, or LogisticRegression within it"),
    (has_categories, "skl2onnx takes the categories for numbers: encode them in a ColumnTransformer before it, with "
     "OneHotEncoder"),
    (lambda model: isinstance(model, HistGradientBoostingRegressor) and model.loss in ("poisson", "gamma"),
     "skl2onnx leaves out the exponential of its loss: use XGBRegressor(objective='count:poisson') or "
     "LGBMRegressor(objective='poisson' or 'gamma')"),
    (weighs_by_distance, "skl2onnx weighs all neighbours alike: use weights='uniform'"),
    (marks_missing, "skl2onnx leaves out the indicators of missing values: use SimpleImputer(add_indicator=False), and "
     "add a column that says whether the value was there to the table"),
    (lambda model: isinstance(model, CalibratedClassifierCV) and model.method == "isotonic",
     "skl2onnx takes the nearest point of the isotonic curve and does not interpolate: use method='sigmoid'"),
    (lambda model: isinstance(model, Normalizer) and model.norm == "max",
     "ONNX divides by the largest value and not by the largest magnitude: use norm='l2' or 'l1'"),
    (lambda model: isinstance(model, MLPRegressor) and model.n_outputs_ > 1,
     "skl2onnx writes the targets of a row as rows of their own: train one MLPRegressor for each target, with "
     "MultiOutputRegressor"),
    (drops_words_of_pairs, "skl2onnx does not drop stop words, so other words are next to each other: use "
     "stop_words=None, or ngram_range=(1, 1)"),
)  # fmt: skip

