"""Writes plain exports that answer otherwise than their originals, and exports the same models with the tool.

    python make_plain_exports.py <folder>

Writes the file of each as its converter makes it, in plain/<name>/1/model.onnx, and what tools/export_sklearn.py makes of
it, in tool/<name>. cases.json has rows with the answers of the original, and what the tool said: nothing, or why not.
"""

import contextlib
import io
import json
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer
from sklearn.svm import SVC, LinearSVC
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"
sys.path.insert(0, str(TOOLS))
import export_sklearn  # noqa: E402
from export.answers import ask_original  # noqa: E402
from parity.data import amount, amounts, by_counts, counted, gappy, positive, rows, three, train, two  # noqa: E402
from parity.exporters import CAT, LGB, XGB, on_strings, with_skl2onnx  # noqa: E402
from parity.rows import nine_digits, to_rows  # noqa: E402

OUT = Path(sys.argv[1])
FEW = {"n_estimators": 10, "max_depth": 3, "random_state": 0}
HIST = {"max_iter": 10, "max_depth": 3, "random_state": 0}
LEAVES = {**FEW, "num_leaves": 7, "verbose": -1, "n_jobs": 1}
SILENT = {"iterations": 10, "depth": 3, "random_seed": 0, "verbose": False, "allow_writing_files": False}
odd = np.random.default_rng(5)
cases = {}
# Values of the training that are not zero, but a fifth of them; the rows have zeros as well.
zeros = np.random.default_rng(6)
with_zeros = {
    "train": np.where(zeros.random(train.shape) < 0.2, 0, train).astype(np.float32),
    "rows": np.where(zeros.random(rows.shape) < 0.4, 0, rows).astype(np.float32),
}


def add(name, model, target, train=train, rows=rows, export=None):
    model.fit(train, target)
    folder = OUT / "plain" / name / "1"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes((export or with_skl2onnx())(model).SerializeToString())
    joblib.dump(model, OUT / f"{name}.pkl")
    columns = ["text"] if np.ndim(train) == 1 else ["a", "b", "c", "d"]
    pd.DataFrame(np.asarray(train).reshape(len(train), -1), columns=columns).to_csv(OUT / f"{name}.csv", index=False)
    predictions = [nine_digits(row) for row in ask_original(model, rows).rows()]
    examples = [{"input": i, "prediction": p} for i, p in zip(to_rows(rows, False), predictions, strict=True)]
    cases[name] = {"examples": examples, "refusal": export_with_tool(name)}


def export_with_tool(name):
    """What the tool says when it refuses; it writes its report to the streams of this process."""
    data, out = OUT / f"{name}.csv", OUT / "tool" / name
    sys.argv = ["export_sklearn.py", str(OUT / f"{name}.pkl"), "--data", str(data), "--out", str(out)]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            export_sklearn.main()
        except SystemExit as refusal:
            return str(refusal.code)
    return None


def add_sklearn():
    logistic = LogisticRegression()
    add("one-vs-rest-svc", OneVsRestClassifier(SVC()), three)
    add("one-vs-rest-linear-svc", OneVsRestClassifier(LinearSVC()), three)
    add("svc-two-classes", SVC(), two)
    add("isotonic", CalibratedClassifierCV(logistic, method="isotonic", cv=3), two)
    add("distance-classifier", KNeighborsClassifier(weights="distance"), three)
    add("distance-regressor", KNeighborsRegressor(weights="distance"), amount)
    add("gaussian-process", GaussianProcessRegressor(ConstantKernel() * RBF()), amount)
    add("max-normalizer", make_pipeline(Normalizer("max")), None)
    add("hist-categories", HistGradientBoostingClassifier(**HIST, categorical_features=[0]), by_counts, **counted)
    add("hist-poisson", HistGradientBoostingRegressor(**HIST, loss="poisson"), positive)
    add("missing-indicator", make_pipeline(SimpleImputer(add_indicator=True), logistic), three, **gappy)
    network = MLPRegressor(hidden_layer_sizes=(8,), max_iter=2000, random_state=0)
    add("network-two-targets", network, amounts)


def add_boosters():
    xgb, lgb, cat = XGB["export"], LGB["export"], CAT["export"]
    odds = 1 / (1 + np.exp(-amount))
    add("catboost-poisson", CatBoostRegressor(**SILENT, loss_function="Poisson"), positive, export=cat)
    tweedie = CatBoostRegressor(**SILENT, loss_function="Tweedie:variance_power=1.5")
    add("catboost-tweedie", tweedie, positive, export=cat)
    one_vs_all = CatBoostClassifier(**SILENT, loss_function="MultiClassOneVsAll")
    add("catboost-one-vs-all", one_vs_all, three, export=cat)
    add("xgboost-logistic", XGBRegressor(**FEW, objective="reg:logistic"), odds, export=xgb)
    add("xgboost-softmax", XGBClassifier(**FEW, objective="multi:softmax"), three, export=xgb)
    add("xgboost-forest", XGBRFClassifier(**FEW), three, export=xgb)
    add("lightgbm-one-vs-all", LGBMClassifier(**LEAVES, objective="multiclassova"), three, export=lgb)
    bagged = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}
    add("lightgbm-forest", LGBMRegressor(**LEAVES, **bagged), amount, export=lgb)
    add("lightgbm-linear-trees", LGBMRegressor(**LEAVES, linear_tree=True), amount, export=lgb)
    add("lightgbm-zeros", LGBMClassifier(**LEAVES, zero_as_missing=True), two, **with_zeros, export=lgb)
    add("lightgbm-sigmoid", LGBMClassifier(**LEAVES, sigmoid=2.0), two, export=lgb)


# Words and separators on which patterns, cases and spaces disagree.
WORDS = (
    "film story naïve café 한국 영화 Łódź a I x é 5 ２ x_y İstanbul \u212Aelvin STRASSE straße cafe\u0301 ½ Ⅷ 漢字 it's 10€ ΟΔΟΣ "
    "ΣΑΣ. zero\u200bwidth नमस्ते is bad lovely"
).split(" ")
SEPARATORS = [" "] * 8 + ["  ", ", ", "\n", "\u00a0", "\t", "—", "\x1c"]


def odd_texts(count):
    return ["".join(odd.choice(WORDS) + odd.choice(SEPARATORS) for _ in range(odd.integers(1, 6))) for _ in range(count)]


def add_texts():
    english = ["a wonderful story", "this is a bad film", "a lovely cast", "the plot is bad", "great film", "dull plot"]
    accented = ["naïve café society", "한국 영화 좋다", "Łódź is lovely", "the café is dull", "very naïve", "좋다 영화"]
    # No single characters between words: the server refuses these for a reason of their own.
    without_a = [text.replace("is a", "is the") for text in english]
    for name, vectorizer, texts, asked in [
        ("text", TfidfVectorizer(), accented, odd_texts(60)),
        ("text-pairs", TfidfVectorizer(ngram_range=(1, 2)), english, odd_texts(60)),
        ("text-word-class", CountVectorizer(token_pattern=r"\w+"), accented, odd_texts(60)),
        ("text-space-class", CountVectorizer(token_pattern=r"\S+"), accented, odd_texts(60)),
        ("text-characters", CountVectorizer(analyzer="char"), accented, odd_texts(60)),
        ("text-stop-words", CountVectorizer(ngram_range=(1, 2), stop_words=["is", "a", "the"]), without_a, []),
    ]:
        options = {id(vectorizer): {"locale": "C.UTF-8"}}
        model, known = make_pipeline(vectorizer, LogisticRegression()), np.array(texts * 10)
        target = np.array([1, 0, 1, 0, 1, 0] * 10)
        add(name, model, target, known, np.array(texts + asked), export=on_strings("text", 1, options=options))


warnings.filterwarnings("ignore")
add_sklearn()
add_boosters()
add_texts()
(OUT / "cases.json").write_text(json.dumps(cases))
