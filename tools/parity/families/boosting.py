"""Boosted trees of four libraries."""

from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from xgboost import XGBClassifier, XGBRegressor, XGBRFRegressor

from parity.data import amount, gappy, names, positive, three, two, yes_no, zipmap
from parity.exporters import CAT, LGB, XGB

BOOSTED = {"n_estimators": 10, "max_depth": 3, "random_state": 0}
HIST = {"max_iter": 10, "max_depth": 3, "random_state": 0}
QUIET = {**BOOSTED, "num_leaves": 7, "verbose": -1, "n_jobs": 1}
SILENT = {"iterations": 10, "depth": 3, "random_seed": 0, "verbose": False, "allow_writing_files": False}


def add_to(add):
    add_sklearn(add)
    add_xgboost(add)
    add_lightgbm(add)
    add_catboost(add)


def add_sklearn(add):
    add("boosting", "gradient-boosting-classifier", GradientBoostingClassifier(**BOOSTED), three, **zipmap)
    add("boosting", "gradient-boosting-regressor", GradientBoostingRegressor(**BOOSTED), amount)
    hist = HistGradientBoostingClassifier(**HIST)
    add("boosting", "hist-gradient-boosting-classifier", hist, three, **gappy, **zipmap)
    add("boosting", "hist-gradient-boosting-regressor", HistGradientBoostingRegressor(**HIST), amount, **gappy)
    ada = AdaBoostClassifier(n_estimators=10, random_state=0)
    add("boosting", "ada-boost-classifier", ada, three, **zipmap)
    add("boosting", "gradient-boosting-two-classes", GradientBoostingClassifier(**BOOSTED), two, **zipmap)
    huber = GradientBoostingRegressor(**BOOSTED, loss="huber")
    add("boosting", "gradient-boosting-huber", huber, amount, called="GradientBoostingRegressor(loss='huber')")
    add("boosting", "hist-gradient-boosting-two-classes", hist, two, **gappy, **zipmap)
    quantile = HistGradientBoostingRegressor(**HIST, loss="quantile", quantile=0.9)
    called = "HistGradientBoostingRegressor(loss='quantile')"
    add("boosting", "hist-gradient-boosting-quantile", quantile, amount, **gappy, called=called)
    add("boosting", "ada-boost-regressor", AdaBoostRegressor(n_estimators=10, random_state=0), amount)


def add_xgboost(add):
    add("boosting", "xgboost-classifier", XGBClassifier(**BOOSTED), three, **gappy, **XGB)
    add("boosting", "xgboost-two-classes", XGBClassifier(**BOOSTED), two, **gappy, **XGB)
    add("boosting", "xgboost-regressor", XGBRegressor(**BOOSTED), amount, **gappy, **XGB)
    add("boosting", "xgboost-forest", XGBRFRegressor(**BOOSTED), amount, **gappy, **XGB)
    poisson = XGBRegressor(**BOOSTED, objective="count:poisson")
    called = "XGBRegressor(objective='count:poisson')"
    add("boosting", "xgboost-poisson", poisson, positive, **gappy, **XGB, called=called)


def add_lightgbm(add):
    add("boosting", "lightgbm-classifier", LGBMClassifier(**QUIET), names, **gappy, **LGB, **zipmap)
    add("boosting", "lightgbm-two-classes", LGBMClassifier(**QUIET), two, **gappy, **LGB, **zipmap)
    add("boosting", "lightgbm-regressor", LGBMRegressor(**QUIET), amount, **gappy, **LGB)
    dart = LGBMClassifier(**QUIET, boosting_type="dart")
    called = "LGBMClassifier(boosting_type='dart')"
    add("boosting", "lightgbm-dart", dart, yes_no, **gappy, **LGB, **zipmap, called=called)
    poisson = LGBMRegressor(**QUIET, objective="poisson")
    called = "LGBMRegressor(objective='poisson')"
    add("boosting", "lightgbm-poisson", poisson, positive, **gappy, **LGB, called=called)


def add_catboost(add):
    add("boosting", "catboost-classifier", CatBoostClassifier(**SILENT), names, **CAT, **zipmap)
    add("boosting", "catboost-two-classes", CatBoostClassifier(**SILENT), two, **CAT, **zipmap)
    add("boosting", "catboost-regressor", CatBoostRegressor(**SILENT), amount, **CAT)
    absolute = CatBoostRegressor(**SILENT, loss_function="MAE")
    called = "CatBoostRegressor(loss_function='MAE')"
    add("boosting", "catboost-absolute-error", absolute, amount, **gappy, **CAT, called=called)
