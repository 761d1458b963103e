"""Writes models in the forms that people have them in, and loads and exports each as the tool does: make_formats.py <folder>

Writes <folder>/models/<name> for the server, and <folder>/cases.json: by name the refusal, or rows with what the library
that trained the model answers to them, without the export.
"""

import io
import json
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import joblib
import lightgbm
import numpy as np
import pandas as pd
import xgboost
from catboost import CatBoost, CatBoostClassifier, CatBoostRegressor
from foreign_files import foreign_files
from hard_pickles import old_pickles, write_user_code
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from export.convert import check_steps  # noqa: E402
from export.load import load  # noqa: E402
from export.package import choose_place, write_package  # noqa: E402
from export.publish import export_and_test, to_package  # noqa: E402
from export.refusal import Refusal  # noqa: E402
from export.sample import to_sample  # noqa: E402
from export.unwrap import to_convert  # noqa: E402

OUT, ROWS, TOLERANCE = Path(sys.argv[1]), 40, 1e-4
QUIET = {"verbose": False, "allow_writing_files": False, "iterations": 6, "depth": 3}
warnings.simplefilter("ignore")
random = np.random.default_rng(0)
cases = {}

table = pd.DataFrame(random.normal(size=(150, 3)), columns=["a", "b", "c d"])
amount = table["a"] * 2 - table["b"]
two, three = (amount > 0.5).astype(int), np.digitize(amount, [-1, 1])
several = np.stack([two, table["a"] > 0, table["c d"] > 0.3], axis=1).astype(int)
rows = table.head(ROWS)


def case(name, file, answer=None, **options):
    """Loads a file and exports it. `answer` is what its library says to some rows, as the server writes it."""
    output = io.StringIO()
    try:
        with redirect_stdout(output), redirect_stderr(io.StringIO()):
            model = load(OUT / file, **options)
            check_steps(model)
        sample = to_sample(table, to_convert(model))
        made = export_and_test(lambda phase: None, lambda made: None, model, sample, TOLERANCE)
        place = choose_place(OUT / "models" / name)
        content, examples = to_package(made, sample, TOLERANCE, place.out)
        write_package(place, made.content, content, examples)
        predictions = None if answer is None else answer(rows)
        cases[name] = {"rows": rows.to_dict("records"), "predictions": predictions, "output": output.getvalue()}
    except Refusal as refusal:
        cases[name] = {"refusal": str(refusal).replace(f"{OUT}/", "")}


def dump(name, value):
    joblib.dump(value, OUT / name)
    return name


def classes(probabilities, names=None):
    """Of each row the likeliest class with the probabilities of all."""
    names = list(names or range(probabilities.shape[1]))
    return [
        {"label": names[row.argmax()], "probabilities": {str(n): float(p) for n, p in zip(names, row, strict=True)}}
        for row in probabilities
    ]


def second(probabilities):
    """Of two classes the library answers the probability of the second."""
    return classes(np.stack([1 - probabilities, probabilities], axis=1))


def labels(probabilities):
    """Of several labels at once each is 1 above a half."""
    return [{"label": (row > 0.5).astype(int).tolist(), "probabilities": row.tolist()} for row in probabilities]


def numbers(values):
    return [float(value) for value in values]


def predicted(model, data=rows):
    """The label of the original itself, and its probabilities."""
    found = zip(model.predict(data).tolist(), classes(model.predict_proba(data), model.classes_.tolist()), strict=True)
    return [answer | {"label": label} for label, answer in found]


# Boosters of XGBoost.
for name, target, parameters, answer in (
    ("binary", two, {"objective": "binary:logistic"}, second),
    ("classes", three, {"objective": "multi:softprob", "num_class": 3}, classes),
    ("numbers", amount, {"objective": "reg:squarederror"}, numbers),
    ("labels", several, {"objective": "binary:logistic"}, labels),
):
    booster = xgboost.train({**parameters, "max_depth": 3}, xgboost.DMatrix(table, label=target), 6)
    booster.save_model(OUT / f"xgboost-{name}.json")
    native = lambda data, booster=booster, answer=answer: answer(booster.predict(xgboost.DMatrix(data)))
    case(f"xgboost-{name}", f"xgboost-{name}.json", native)
    if name == "binary":
        booster.save_model(OUT / "xgboost.ubj")
        case("xgboost-ubj", "xgboost.ubj", native)
        case("xgboost-pickle", dump("xgboost.pkl", booster), native)
early = xgboost.DMatrix(table, label=two)
booster = xgboost.train({"objective": "binary:logistic", "eta": 1.5}, early, 12, evals=[(xgboost.DMatrix(table, label=1 - two), "e")],
                        early_stopping_rounds=8, verbose_eval=False)  # fmt: skip
booster.save_model(OUT / "xgboost-early.json")
case("xgboost-early", "xgboost-early.json", lambda data: second(booster.predict(xgboost.DMatrix(data))))
parallel = xgboost.XGBClassifier(n_estimators=4, max_depth=3, num_parallel_tree=2, subsample=0.5).fit(table, several)
case("xgboost-parallel", dump("parallel.pkl", parallel), lambda data: labels(parallel.predict_proba(data)))

# Boosters of LightGBM.
for name, target, parameters, answer in (
    ("binary", two, {"objective": "binary"}, second),
    ("classes", three, {"objective": "multiclass", "num_class": 3}, classes),
    ("numbers", amount, {"objective": "regression"}, numbers),
):
    light = lightgbm.train({**parameters, "verbose": -1, "num_leaves": 7}, lightgbm.Dataset(table, target), 6)
    light.save_model(OUT / f"lightgbm-{name}.txt")
    native = lambda data, light=light, answer=answer: answer(light.predict(data))
    case(f"lightgbm-{name}", f"lightgbm-{name}.txt", native)
    if name == "binary":
        case("lightgbm-pickle", dump("lightgbm.pkl", light), native)

# Models of CatBoost.
for name, target, kind, answer in (
    ("classes", three, CatBoostClassifier(**QUIET), lambda model, data: classes(model.predict_proba(data))),
    ("numbers", amount, CatBoostRegressor(**QUIET), lambda model, data: numbers(model.predict(data))),
    ("labels", several, CatBoostClassifier(loss_function="MultiLogloss", **QUIET),
     lambda model, data: labels(model.predict_proba(data))),
):  # fmt: skip
    kind.fit(table, target)
    kind.save_model(str(OUT / f"catboost-{name}.cbm"))
    case(f"catboost-{name}", f"catboost-{name}.cbm", lambda data, kind=kind, answer=answer: answer(kind, data))
base = CatBoost({**QUIET, "loss_function": "Logloss"}).fit(table, two)
case("catboost-pickle", dump("catboost.pkl", base), lambda data: classes(base.predict(data, prediction_type="Probability")))

# What people pickle around an estimator.
pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(table, two)
scaler, last = pipeline.named_steps.values()
case("dict", dump("dict.pkl", {"model": pipeline, "columns": list(table), "v": 3}), lambda data: predicted(pipeline, data))
case("nested", dump("nested.pkl", ({"inner": [pipeline]}, "text")), lambda data: predicted(pipeline, data))
encoder = LabelEncoder().fit(["no", "yes"])
case("encoder", dump("encoder.pkl", {"model": pipeline, "le": encoder}), lambda data: predicted(pipeline, data))
parts = dump("parts.pkl", {"model": last, "scaler": scaler})
case("parts", parts)
case("steps", parts, lambda data: predicted(pipeline, data), steps=["scaler", "model"])
case("steps-unknown", parts, steps=["scaler", "modle"])
search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1]}, cv=2).fit(table, two)
case("search", dump("search.pkl", search), lambda data: predicted(search, data))

no_model = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1]}, cv=2, refit=False).fit(table, two)
case("search-alone", dump("search-alone.pkl", no_model))

# Thresholds.
names = np.array(["no", "yes"])[two]
for name, model, target in (
    ("fixed", FixedThresholdClassifier(LogisticRegression(), threshold=0.2), two),
    ("first", FixedThresholdClassifier(RandomForestClassifier(10, max_depth=3), threshold=0.3, pos_label="no"), names),
    ("tuned", TunedThresholdClassifierCV(pipeline, cv=3), two),
    ("last", make_pipeline(StandardScaler(), FixedThresholdClassifier(LogisticRegression(), threshold=0.9)), two),
):
    model.fit(table, target)
    case(f"threshold-{name}", dump(f"threshold-{name}.pkl", model), lambda data, model=model: predicted(model, data))
scores = FixedThresholdClassifier(LogisticRegression(), threshold=1, response_method="decision_function")
case("threshold-scores", dump("threshold-scores.pkl", scores.fit(table, two)))

try:
    from imblearn.over_sampling import SMOTE, RandomOverSampler
    from imblearn.pipeline import make_pipeline as make_sampled
except ImportError:
    pass
else:
    sampled = make_sampled(StandardScaler(), SMOTE(random_state=0), LogisticRegression()).fit(table, two)
    case("sampled", dump("sampled.pkl", sampled), lambda data: predicted(sampled, data))
    inner = make_sampled(RandomOverSampler(random_state=0), LogisticRegression())
    chosen = FixedThresholdClassifier(inner, threshold=0.3).fit(table, two)
    case("sampled-threshold", dump("sampled-threshold.pkl", chosen), lambda data: predicted(chosen, data))
    case("sampler", dump("sampler.pkl", make_sampled(RandomOverSampler())))

# Code of the user's: in a module, and in the program that wrote the pickle.
code = write_user_code(OUT, pipeline)
case("module", "Notes.pkl")
case("module-given", "Notes.pkl", lambda data: predicted(pipeline, data), code=[code])
case("main", "Card.pkl")
case("main-fails", "Card.pkl", code=[code / "bare.py"])
case("main-given", "Card.pkl", lambda data: predicted(pipeline, data), code=[code / "train.py"])
case("code-missing", "Card.pkl", code=[code / "none.py"])

# What holds no trained model.
for name, value in {
    "frame": table, "array": table.to_numpy(), "text": "model", "nothing": {}, "only-encoder": {"le": encoder},
    "class": LogisticRegression, "untrained": LogisticRegression(), "untrained-step": make_pipeline(StandardScaler(), last),
}.items():  # fmt: skip
    case(name, dump(f"{name}.pkl", value))
for name, file in {**old_pickles(OUT, pipeline), **foreign_files(OUT, table, light)}.items():
    case(name, file)
case("missing", "nothing-here.pkl")

(OUT / "cases.json").write_text(json.dumps(cases))
