"""Estimators that are made of others."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from parity.data import amount, names, three, two, zipmap

STUMP = {"max_depth": 4, "random_state": 0}


def add_to(add):
    logistic, stump = LogisticRegression(), DecisionTreeClassifier(**STUMP)
    both = [("logistic", logistic), ("tree", stump)]
    regressors = [("ridge", Ridge()), ("neighbours", KNeighborsRegressor())]
    voting = VotingClassifier(both, voting="soft", flatten_transform=False)
    flat = "The converter requires flatten_transform=False"
    add("meta", "bagging-classifier", BaggingClassifier(stump, 5, random_state=0), three, **zipmap)
    add("meta", "calibrated-classifier", CalibratedClassifierCV(stump, cv=3), three, **zipmap)
    add("meta", "voting-classifier", voting, names, **zipmap, note=flat)
    add("meta", "voting-regressor", VotingRegressor(regressors), amount)
    add("meta", "stacking-classifier", StackingClassifier(both, cv=3), three, **zipmap)
    add("meta", "one-vs-rest", OneVsRestClassifier(logistic), three, **zipmap)
    add_more(add, logistic, stump)


def add_more(add, logistic, stump):
    boosted = DecisionTreeRegressor(**STUMP)
    add("meta", "bagging-regressor", BaggingRegressor(boosted, 5, random_state=0), amount)
    add("meta", "stacking-regressor", StackingRegressor([("ridge", Ridge()), ("tree", boosted)], cv=3), amount)
    called = "CalibratedClassifierCV(LinearSVC)"
    add("meta", "calibrated-svc", CalibratedClassifierCV(LinearSVC(), cv=3), three, **zipmap, called=called)
    called = "OneVsRestClassifier(DecisionTreeClassifier)"
    add("meta", "one-vs-rest-trees", OneVsRestClassifier(stump), three, **zipmap, called=called)
    add("meta", "one-vs-one", OneVsOneClassifier(logistic), three, **zipmap)
    search = GridSearchCV(logistic, {"C": [0.1, 1]}, cv=3)
    add("meta", "grid-search", search, three, **zipmap)
    add("meta", "tuned-threshold", TunedThresholdClassifierCV(logistic, cv=3), two)
    union = FeatureUnion([("scaled", MinMaxScaler()), ("components", PCA(2))])
    add("meta", "feature-union", make_pipeline(union, logistic), names, **zipmap)
