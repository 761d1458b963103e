"""Trains models that are hard to export, and exports each as the tool does: make_exports.py <folder>

Writes <folder>/models/<name> for the server, and <folder>/cases.json: by name the refusal, or rows with what the original
answers, some of them without the values that may be missing.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn import (
    calibration,
    discriminant_analysis,
    ensemble,
    feature_selection,
    linear_model,
    mixture,
    multiclass,
    multioutput,
    neighbors,
    neural_network,
    tree,
)
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from xgboost import XGBClassifier

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from export.answers import ask_original  # noqa: E402
from export.package import choose_place, write_package  # noqa: E402
from export.publish import export_and_test, to_package  # noqa: E402
from export.refusal import Refusal  # noqa: E402
from export.sample import to_sample  # noqa: E402

OUT, ROWS, TOLERANCE = Path(sys.argv[1]), 40, 1e-4
random = np.random.default_rng(0)
cases = {}

numbers = pd.DataFrame(random.normal(size=(150, 4)), columns=["a", "b", "c", "d"])
gappy = numbers.mask(random.random(numbers.shape) < 0.15)
amount = numbers["a"] * 2 - numbers["b"] + numbers["c"] / 2
two, three = (amount > 0.5).astype(int), np.digitize(amount, [-1, 1])
several = np.stack([two, numbers["a"] > 0, numbers["b"] + numbers["d"] > 0.3], axis=1).astype(int)
logistic = linear_model.LogisticRegression()


def add(name, model, target, data=numbers):
    warnings.simplefilter("ignore")
    model.fit(data, target)
    sample = to_sample(data, model)
    try:
        made = export_and_test(lambda phase: None, lambda made: None, model, sample, TOLERANCE)
        place = choose_place(OUT / "models" / name)
        write_package(place, made.content, *to_package(made, sample, TOLERANCE, place.out))
    except Refusal as refusal:
        cases[name] = {"refusal": str(refusal)}
        return
    whole = sample.picked(list(range(ROWS)))
    may_miss = np.array([made.missing[column] != "refuse" for column in whole.table])
    rows, predictions = [], []
    for masks in (np.zeros(whole.table.shape, dtype=bool), (random.random(whole.table.shape) < 0.3) & may_miss):
        asked = whole.without(masks)
        rows += with_nulls(asked.records(range(ROWS)), masks)
        predictions += ask_original(model, asked.for_original()).like(made.got).rows()
    cases[name] = {"rows": rows, "predictions": predictions, "missing": made.missing}


def with_nulls(records, masks):
    """Strings that are missing too: the tool writes them as empty ones."""
    return [
        {name: None if is_gap else value for (name, value), is_gap in zip(record.items(), gaps.tolist(), strict=True)}
        for record, gaps in zip(records, masks, strict=True)
    ]


def add_several():
    """Several classifiers at once."""
    few = {"n_estimators": 5, "random_state": 0}
    words = np.array(["no", "yes"])[several]
    add("several-neighbours", neighbors.KNeighborsClassifier(), several)
    add("several-tree", tree.DecisionTreeClassifier(max_depth=4, random_state=0), several)
    add("several-forest", ensemble.RandomForestClassifier(**few), several)
    add("several-forest-gaps", ensemble.RandomForestClassifier(**few), several, gappy)
    add("several-forest-words", ensemble.RandomForestClassifier(**few), words)
    add("several-extra-trees", ensemble.ExtraTreesClassifier(**few), several)
    add("several-network", neural_network.MLPClassifier((8,), max_iter=2000, random_state=0), several)
    add("several-logistic", multioutput.MultiOutputClassifier(logistic), several)
    add("several-uneven", multioutput.MultiOutputClassifier(logistic), np.stack([two, three], axis=1))
    add("several-one-vs-rest", multiclass.OneVsRestClassifier(logistic), several)
    add("several-ridge", linear_model.RidgeClassifier(), several)
    add("several-chain", multioutput.ClassifierChain(logistic), several)


def add_shapes():
    add("quadratic", discriminant_analysis.QuadraticDiscriminantAnalysis(), three)
    words = np.array(["low", "middle", "high"])[three]
    add("quadratic-words", discriminant_analysis.QuadraticDiscriminantAnalysis(), words)
    add("discriminant-two", discriminant_analysis.LinearDiscriminantAnalysis(), two)
    add("one-component", mixture.GaussianMixture(1, random_state=0), None)
    add("one-class", ensemble.RandomForestClassifier(5, random_state=0), two * 0 + 7)
    add("logistic", logistic, three)
    add("radius", neighbors.RadiusNeighborsClassifier(radius=0.5, outlier_label=0), three)


def add_gaps():
    """Trees that were trained with missing values, and without."""
    few = {"n_estimators": 10, "random_state": 0}
    add("gaps-tree", tree.DecisionTreeClassifier(max_depth=5, random_state=0), three, gappy)
    add("gaps-tree-regressor", tree.DecisionTreeRegressor(max_depth=5, random_state=0), amount, gappy)
    add("gaps-forest", ensemble.RandomForestClassifier(**few), three, gappy)
    add("gaps-extra-trees", ensemble.ExtraTreesRegressor(**few), amount, gappy)
    add("gaps-isolation", ensemble.IsolationForest(**few), None, gappy)
    add("gaps-bagging", ensemble.BaggingClassifier(tree.DecisionTreeClassifier(), **few), three, gappy)
    add("no-gaps-forest", ensemble.RandomForestClassifier(**few), three)
    # A split on nothing but a missing value has an infinite threshold.
    is_missing = gappy["a"].isna().astype(int)
    add("infinite-tree", tree.DecisionTreeClassifier(max_depth=3, random_state=0), is_missing, gappy)
    add("infinite-extra-trees", ensemble.ExtraTreesRegressor(**few), is_missing.astype(float), gappy)
    one = ColumnTransformer([("filled", SimpleImputer(), ["a"]), ("whole", "passthrough", ["b", "c", "d"])])
    add("gaps-in-one", make_pipeline(one, logistic), three, gappy.assign(**numbers[["b", "c", "d"]]))
    add("gaps-constant", make_pipeline(SimpleImputer(strategy="constant", fill_value=-1), logistic), three, gappy)
    # A missing string is a category of its own for an encoder that saw one.
    words = numbers[["a"]].assign(port=pd.Series(random.choice(["C", "Q", "S"], 150)).mask(random.random(150) < 0.2))
    encoded = ColumnTransformer([("port", OneHotEncoder(handle_unknown="ignore"), ["port"])], remainder="passthrough")
    add("gaps-category", make_pipeline(encoded, logistic), words["port"].isna(), words)


def add_closed():
    """Encoders that refuse values that they did not see in training."""
    table = pd.DataFrame({"port": random.choice(["C", "Q", "S"], 150), "deck": random.integers(1, 4, 150)})
    for name, encoder in (("closed-codes", OrdinalEncoder()), ("closed-columns", OneHotEncoder())):
        columns = ColumnTransformer([("words", encoder, ["port"]), ("numbers", OneHotEncoder(), ["deck"])])
        add(name, make_pipeline(columns, tree.DecisionTreeClassifier(max_depth=3)), table["port"] == "Q", table)
    open_to_all = OneHotEncoder(handle_unknown="ignore")
    add("open-columns", make_pipeline(open_to_all, logistic), table["port"] == "Q", table[["port"]])


def add_selectors():
    few = {"n_estimators": 5, "random_state": 0}
    select = feature_selection
    add("rfe", select.RFE(logistic, n_features_to_select=2), three)
    add("rfe-last", make_pipeline(StandardScaler(), select.RFE(ensemble.RandomForestClassifier(**few))), three)
    add("rfe-first", make_pipeline(select.RFECV(logistic), ensemble.RandomForestClassifier(**few)), three)
    add("best-first-column", make_pipeline(select.SelectKBest(k=1), logistic), numbers["a"] > 0)
    add("sequential", make_pipeline(select.SequentialFeatureSelector(logistic), logistic), three)


def add_tables():
    """Trees behind a ColumnTransformer that scales: rows next to a threshold, ties, and many seeds."""
    for seed in range(3):
        of = np.random.default_rng(seed)
        table = pd.DataFrame({
            "age": of.gamma(5, 6, 300).round(1), "fare": (4 + of.gamma(3, 10, 300)).round(2),
            "sex": of.choice(["female", "male"], 300), "port": of.choice(["C", "Q", "S"], 300),
        })  # fmt: skip
        odds = 2.6 * (table["sex"] == "female") - 0.03 * (table["age"] - 30) + 0.02 * table["fare"] - 1
        survived = (of.random(300) < 1 / (1 + np.exp(-odds))).astype(int)
        add(f"table-forest-{seed}", behind(ensemble.RandomForestClassifier(20, random_state=seed)), survived, table)
    forest = ensemble.RandomForestClassifier(20, random_state=0)
    votes = ensemble.VotingClassifier([("forest", forest), ("linear", logistic)], voting="soft")
    add("table-voting", behind(votes), survived, table)
    add("table-stacking", behind(ensemble.StackingClassifier([("forest", forest)], logistic)), survived, table)
    add("table-calibrated", behind(calibration.CalibratedClassifierCV(forest, cv=3)), survived, table)
    add("table-boosting", behind(ensemble.GradientBoostingClassifier(n_estimators=20)), survived, table)
    add("table-histograms", behind(ensemble.HistGradientBoostingClassifier(max_iter=20)), survived, table)
    add("table-xgboost", behind(XGBClassifier(n_estimators=20)), survived, table)
    add("table-lightgbm", behind(LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1)), survived, table)
    silent = {"verbose": False, "allow_writing_files": False, "thread_count": 1}
    add("table-catboost", behind(CatBoostClassifier(iterations=20, **silent)), survived, table)


def behind(last):
    words = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("n", StandardScaler(), ["age", "fare"]), ("w", words, ["sex", "port"])])
    return make_pipeline(columns, last)


for add_some in (add_several, add_shapes, add_gaps, add_closed, add_selectors, add_tables):
    add_some()
(OUT / "cases.json").write_text(json.dumps(cases))
