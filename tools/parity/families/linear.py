"""Linear models and discriminant analysis."""

from skl2onnx import to_onnx
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    GammaRegressor,
    HuberRegressor,
    Lasso,
    LassoLars,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    OrthogonalMatchingPursuit,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    RANSACRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
    TheilSenRegressor,
    TweedieRegressor,
)

from parity.data import ROWS, amount, names, positive, random, three, two, zipmap
from parity.exporters import with_options


def as_columns(answers):
    probabilities = [{f"i{name}": p for name, p in row["probabilities"].items()} for row in answers.rows()]
    return [{"output_label": row["label"], **p} for row, p in zip(answers.rows(), probabilities, strict=True)]


def add_to(add):
    add_logistic(add)
    add_older_regressors(add)
    add_other_classifiers(add)
    add_regressors(add)


def add_logistic(add):
    logistic = LogisticRegression()
    add("linear", "logistic-ints", logistic, three, **zipmap)
    add("linear", "logistic-strings", logistic, names, **zipmap)
    add("linear", "logistic-two-classes", logistic, two, **zipmap)
    note = "The classes False and True are exported as 0 and 1"
    add("linear", "logistic-bools", logistic, two == 1, **zipmap, note=note)
    add("linear", "logistic-no-zipmap", logistic, names, options="zipmap=False", export=with_options(zipmap=False))
    add(
        "linear", "logistic-columns", logistic, two, wire=as_columns,
        options="zipmap='columns'", export=with_options(zipmap="columns"),
    )  # fmt: skip


def add_older_regressors(add):
    add("linear", "linear-regression", LinearRegression(), amount)
    doubles = random.normal(size=(ROWS, 4))
    add(
        "linear", "linear-regression-float64", LinearRegression(), amount, rows=doubles,
        options="a float64 input", export=lambda model: to_onnx(model, doubles[:1]), tolerance=1e-8,
    )  # fmt: skip
    add("linear", "ridge", Ridge(), amount)
    add("linear", "poisson-regressor", PoissonRegressor(), positive)


def add_other_classifiers(add):
    add("linear", "ridge-classifier", RidgeClassifier(), three)
    add("linear", "perceptron", Perceptron(random_state=0), three, **zipmap)
    hinge, log_loss = (SGDClassifier(loss=loss, random_state=0) for loss in ("hinge", "log_loss"))
    add("linear", "sgd-hinge", hinge, three, **zipmap)
    add("linear", "sgd-log-loss", log_loss, three, **zipmap, called="SGDClassifier(loss='log_loss')")
    add("linear", "logistic-cv", LogisticRegressionCV(cv=3), three, **zipmap)
    add("linear", "linear-discriminant-analysis", LinearDiscriminantAnalysis(), three, **zipmap)


def add_regressors(add):
    add("linear", "elastic-net", ElasticNet(0.1), amount)
    add("linear", "lasso", Lasso(0.1), amount)
    add("linear", "lasso-lars", LassoLars(0.01), amount)
    add("linear", "bayesian-ridge", BayesianRidge(), amount)
    add("linear", "ard-regression", ARDRegression(), amount)
    add("linear", "huber-regressor", HuberRegressor(), amount)
    add("linear", "theil-sen-regressor", TheilSenRegressor(random_state=0), amount)
    add("linear", "ransac-regressor", RANSACRegressor(random_state=0), amount)
    add("linear", "orthogonal-matching-pursuit", OrthogonalMatchingPursuit(), amount)
    add("linear", "quantile-regressor", QuantileRegressor(alpha=0.01), amount)
    add("linear", "sgd-regressor", SGDRegressor(random_state=0), amount)
    add("linear", "gamma-regressor", GammaRegressor(), positive)
    add("linear", "tweedie-regressor", TweedieRegressor(power=1.5, link="log"), positive)
