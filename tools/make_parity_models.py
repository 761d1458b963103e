"""Makes the models under test/fixtures/parity/: small ones of many kinds, written as each exporter does by default,
with the answers of the library that trained them for 50 rows.

    pip install -r tools/requirements-export.txt
    python tools/make_parity_models.py

Writes <name>/1/model.onnx and <name>/1/examples.json for each, and index.json, which lists all.
Refuses a model for which ONNX Runtime in Python disagrees with the library that trained it.
"""

import json
import shutil
import tempfile
import warnings
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import onnx
import onnxmltools
import onnxruntime
import pandas as pd
import xgboost
from export.answers import Answers, ask_original, compare, from_onnx
from export.repairs import make_repeatable
from onnxmltools.convert.common.data_types import FloatTensorType as BoosterInput
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn import (
    calibration,
    cluster,
    compose,
    decomposition,
    ensemble,
    feature_extraction,
    impute,
    linear_model,
    mixture,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)

OUT = Path(__file__).resolve().parent.parent / "test/fixtures/parity"
ROWS = 50
TOLERANCE = 1e-5
# What ONNX Runtime 1.30 reads.
MAX_IR, MAX_OPSETS = 11, {"": 24, "ai.onnx.ml": 5, "com.microsoft": 1}

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(3)
random = np.random.default_rng(7)
shutil.rmtree(OUT, ignore_errors=True)
index = []


def as_float32(values):
    """What a float32 input holds of these numbers, so that the original and the export are asked the same."""
    return values.astype(np.float32).astype(np.float64)


train, rows = random.normal(size=(300, 4)), as_float32(random.normal(size=(ROWS, 4)))
gaps_train, gaps = (np.where(random.random(x.shape) < 0.1, np.nan, x) for x in (train, rows))
counts_train, counts = (random.integers(0, 6, size=(n, 4)) for n in (300, ROWS))

amount = train @ [2, -1, 0.5, 0] + np.sin(3 * train[:, 0])
amounts = np.stack([amount, train @ [0, 1, 1, -2]], axis=1)
two = (amount > 0.3).astype(np.int64)
three = np.digitize(amount, [-1, 1])
yes_no = np.array(["no", "yes"])[two]
names = np.array(["low", "middle", "high"])[three]
by_counts = np.digitize(counts_train @ [1, 1, -1, -1], [-2, 2])


def add(family, name, estimator, target=None, train=train, rows=rows, *, called=None, options="default",
        library="scikit-learn", exporter="skl2onnx", export=None, wire=Answers.rows, tolerance=TOLERANCE,
        note=None):  # fmt: skip
    """Trains, exports, compares, and writes one model.

    `export` makes the ONNX file where skl2onnx's default does not; `wire` says how the server writes the answers.
    """
    estimator.fit(train, target)
    model = export(estimator) if export else to_onnx(estimator, rows[:1].astype(np.float32))
    make_repeatable(model, name)
    model.ir_version = min(model.ir_version, MAX_IR)
    for opset in model.opset_import:
        if opset.version > MAX_OPSETS[opset.domain]:
            raise SystemExit(f"{name}: opset {opset.version} of {opset.domain or 'ai.onnx'} is too new")
    content = model.SerializeToString()
    session = onnxruntime.InferenceSession(content)

    original = ask_original(estimator, rows)
    got = from_onnx(session.run(None, to_inputs(session, rows)), original)
    expected = original.like(got)
    deviation = compare(expected, got)
    outputs = ", ".join(f"{o.name} {o.type} {o.shape}" for o in session.get_outputs())
    print(f"{name:33} {deviation.worst:7.1e} {len(content):6} bytes  {outputs}")
    if not deviation.worst <= tolerance:
        at = deviation.row
        raise SystemExit(f"{name}: row {at} is {expected.rows()[at]}, but the export says {got.rows()[at]}")

    predictions = [nine_digits(prediction) for prediction in wire(expected)]
    as_double = session.get_inputs()[0].type == "tensor(double)"
    examples = [{"input": i, "prediction": p} for i, p in zip(to_rows(rows, as_double), predictions, strict=True)]
    folder = OUT / name / "1"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(content)
    lines = ",\n".join(json.dumps(example) for example in examples)
    (folder / "examples.json").write_text(f'{{"tolerance": {tolerance}, "examples": [\n{lines}\n]}}\n')

    steps = " + ".join(type(step).__name__ for _, step in getattr(estimator, "steps", [("", estimator)]))
    entry = {"name": name, "family": family, "estimator": called or steps, "library": library, "exporter": exporter}
    entry |= {"options": options, "classes": classes_in_words(estimator), "rows": ROWS, "tolerance": tolerance}
    index.append(entry | ({"note": note} if note else {}))


def classes_in_words(estimator):
    """How many classes a classifier tells apart, and what they are: the same estimator exports them in several ways."""
    classes = getattr(estimator, "classes_", None)
    if classes is None or len(classes) == 0:
        return ""
    if isinstance(classes, list):
        return " and ".join(map(str, map(len, classes)))
    kinds = {"i": "integers", "b": "booleans", "f": "floats"}
    return f"{len(classes)} {kinds.get(classes.dtype.kind, 'strings')}"


def to_inputs(session, rows):
    types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}
    inputs = session.get_inputs()
    if len(inputs) > 1:
        return {i.name: rows[[i.name]].to_numpy().astype(types.get(i.type, object)) for i in inputs}
    return {inputs[0].name: np.asarray(rows).reshape(len(rows), -1).astype(types.get(inputs[0].type, object))}


def to_rows(rows, as_double):
    """Records of a table with one input a column, arrays of everything else."""
    if isinstance(rows, pd.DataFrame) and rows.shape[1] > 2:
        columns = [[to_json(value, as_double) for value in rows[name].tolist()] for name in rows]
        return [dict(zip(rows.columns, row, strict=True)) for row in zip(*columns, strict=True)]
    return [[to_json(value, as_double) for value in row] for row in np.asarray(rows).reshape(len(rows), -1).tolist()]


def to_json(value, as_double):
    """A float32 with as many digits as it takes to tell it from the next one; a gap as null."""
    if isinstance(value, float):
        return None if np.isnan(value) else value if as_double else float(str(np.float32(value)))
    return value


def nine_digits(value):
    if isinstance(value, dict):
        return {key: nine_digits(element) for key, element in value.items()}
    if isinstance(value, list):
        return [nine_digits(element) for element in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def with_options(**options):
    return lambda model: to_onnx(model, rows[:1].astype(np.float32), options=options)


zipmap = {"options": "default (ZipMap)"}

logistic = linear_model.LogisticRegression()
add("linear", "logistic-ints", logistic, three, **zipmap)
add("linear", "logistic-strings", logistic, names, **zipmap)
add("linear", "logistic-two-classes", logistic, two, **zipmap)
add("linear", "logistic-bools", logistic, two == 1, **zipmap, note="the classes False and True are exported as 0 and 1")
add("linear", "logistic-no-zipmap", logistic, names, options="zipmap=False", export=with_options(zipmap=False))


def as_columns(answers):
    probabilities = [{f"i{name}": p for name, p in row["probabilities"].items()} for row in answers.rows()]
    return [{"output_label": row["label"], **p} for row, p in zip(answers.rows(), probabilities, strict=True)]


add(
    "linear", "logistic-columns", logistic, two, wire=as_columns,
    options="zipmap='columns'", export=with_options(zipmap="columns"),
)  # fmt: skip
add("linear", "linear-regression", linear_model.LinearRegression(), amount)
add(
    "linear", "linear-regression-float64", linear_model.LinearRegression(), amount, rows=random.normal(size=(ROWS, 4)),
    options="a float64 input", export=lambda model: to_onnx(model, rows[:1]), tolerance=1e-8,
)  # fmt: skip
add("linear", "ridge", linear_model.Ridge(), amount)
add("linear", "poisson-regressor", linear_model.PoissonRegressor(), np.exp(amount / 4))
add("linear", "ridge-classifier", linear_model.RidgeClassifier(), three)
add("linear", "perceptron", linear_model.Perceptron(random_state=0), three, **zipmap)
hinge, log_loss = (linear_model.SGDClassifier(loss=loss, random_state=0) for loss in ("hinge", "log_loss"))
add("linear", "sgd-hinge", hinge, three, **zipmap)
add("linear", "sgd-log-loss", log_loss, three, **zipmap, called="SGDClassifier(loss='log_loss')")

add("svm", "linear-svc", svm.LinearSVC(random_state=0), three)
one_score = "one score a row, that of the second class"
add("svm", "linear-svc-two-classes", svm.LinearSVC(random_state=0), two, note=one_score)
add("svm", "svc", svm.SVC(), three, **zipmap)
add(
    "svm", "svc-two-classes", svm.SVC(), yes_no, options="raw_scores=True", export=with_options(raw_scores=True),
    note="skl2onnx's default gives each of two classes the score of the other",
)  # fmt: skip
add(
    "svm", "svc-probability", svm.SVC(probability=True, random_state=0), three, **zipmap, called="SVC(probability=True)"
)
add("svm", "svr", svm.SVR(), amount)

add("bayes", "gaussian-nb", naive_bayes.GaussianNB(), three, **zipmap)
add("bayes", "multinomial-nb", naive_bayes.MultinomialNB(), by_counts, counts_train, counts, **zipmap)
add(
    "bayes", "bernoulli-nb", naive_bayes.BernoulliNB(binarize=2.0), by_counts, counts_train, counts,
    options="an int64 input, ZipMap", export=lambda model: to_onnx(model, counts[:1]),
)  # fmt: skip

add("neighbours", "k-neighbors-classifier", neighbors.KNeighborsClassifier(), names, **zipmap)
add("neighbours", "k-neighbors-regressor", neighbors.KNeighborsRegressor(), amount)

stump = tree.DecisionTreeClassifier(max_depth=4, random_state=0)
add("tree", "decision-tree-classifier", stump, three, **zipmap)
add("tree", "decision-tree-regressor", tree.DecisionTreeRegressor(max_depth=4, random_state=0), amount)

few = {"n_estimators": 10, "max_depth": 4, "random_state": 0}
forest = ensemble.RandomForestClassifier(**few)
add("forest", "random-forest-classifier", forest, 10 * (three + 1), **zipmap)
add("forest", "random-forest-regressor", ensemble.RandomForestRegressor(**few), amount)
add("forest", "extra-trees-classifier", ensemble.ExtraTreesClassifier(**few), names, **zipmap)
add("forest", "extra-trees-regressor", ensemble.ExtraTreesRegressor(**few), amount)
add("forest", "scaled-forest", pipeline.make_pipeline(preprocessing.StandardScaler(), forest), names, **zipmap)

boosted = {"n_estimators": 10, "max_depth": 3, "random_state": 0}
hist = {"max_iter": 10, "max_depth": 3, "random_state": 0}
gappy = {"train": gaps_train, "rows": gaps}
add("boosting", "gradient-boosting-classifier", ensemble.GradientBoostingClassifier(**boosted), three, **zipmap)
add("boosting", "gradient-boosting-regressor", ensemble.GradientBoostingRegressor(**boosted), amount)
hist_classifier = ensemble.HistGradientBoostingClassifier(**hist)
add("boosting", "hist-gradient-boosting-classifier", hist_classifier, three, **gappy, **zipmap)
add("boosting", "hist-gradient-boosting-regressor", ensemble.HistGradientBoostingRegressor(**hist), amount, **gappy)
add("boosting", "ada-boost-classifier", ensemble.AdaBoostClassifier(n_estimators=10, random_state=0), three, **zipmap)


def through_onnxmltools(convert):
    return {"exporter": "onnxmltools", "export": lambda model: convert(model, initial_types=[("input", four_columns)])}


def save_catboost(model):
    with tempfile.TemporaryDirectory() as folder:
        model.save_model(f"{folder}/model.onnx", format="onnx")
        return onnx.load(f"{folder}/model.onnx")


four_columns = BoosterInput([None, 4])
xgb = {"library": "xgboost", **through_onnxmltools(onnxmltools.convert_xgboost)}
lgb = {"library": "lightgbm", **through_onnxmltools(onnxmltools.convert_lightgbm)}
cat = {"library": "catboost", "exporter": "catboost", "export": save_catboost}
quiet = {**boosted, "num_leaves": 7, "verbose": -1, "n_jobs": 1}
silent = {"iterations": 10, "depth": 3, "random_seed": 0, "verbose": False, "allow_writing_files": False}
add("boosting", "xgboost-classifier", xgboost.XGBClassifier(**boosted), three, **gappy, **xgb)
add("boosting", "xgboost-two-classes", xgboost.XGBClassifier(**boosted), two, **gappy, **xgb)
add("boosting", "xgboost-regressor", xgboost.XGBRegressor(**boosted), amount, **gappy, **xgb)
add("boosting", "lightgbm-classifier", lightgbm.LGBMClassifier(**quiet), names, **gappy, **lgb, **zipmap)
add("boosting", "lightgbm-two-classes", lightgbm.LGBMClassifier(**quiet), two, **gappy, **lgb, **zipmap)
add("boosting", "lightgbm-regressor", lightgbm.LGBMRegressor(**quiet), amount, **gappy, **lgb)
add("boosting", "catboost-classifier", catboost.CatBoostClassifier(**silent), names, **cat, **zipmap)
add("boosting", "catboost-two-classes", catboost.CatBoostClassifier(**silent), two, **cat, **zipmap)
add("boosting", "catboost-regressor", catboost.CatBoostRegressor(**silent), amount, **cat)

layers = {"hidden_layer_sizes": (8,), "max_iter": 2000, "random_state": 0}
add("network", "mlp-classifier", neural_network.MLPClassifier(**layers), three, **zipmap)
add("network", "mlp-regressor", neural_network.MLPRegressor(**layers), amount)

both = [("logistic", logistic), ("tree", stump)]
voting = ensemble.VotingClassifier(both, voting="soft", flatten_transform=False)
regressors = [("ridge", linear_model.Ridge()), ("neighbours", neighbors.KNeighborsRegressor())]
add("meta", "bagging-classifier", ensemble.BaggingClassifier(stump, 5, random_state=0), three, **zipmap)
add("meta", "calibrated-classifier", calibration.CalibratedClassifierCV(stump, cv=3), three, **zipmap)
add("meta", "voting-classifier", voting, names, **zipmap, note="flatten_transform=False, which skl2onnx insists on")
add("meta", "voting-regressor", ensemble.VotingRegressor(regressors), amount)
add("meta", "stacking-classifier", ensemble.StackingClassifier(both, cv=3), three, **zipmap)
add("meta", "one-vs-rest", multiclass.OneVsRestClassifier(logistic), three, **zipmap)

ml3 = {"": 21, "ai.onnx.ml": 3}
add(
    "outliers", "isolation-forest", ensemble.IsolationForest(n_estimators=10, max_samples=32, random_state=0),
    options=f"target_opset={ml3}", export=lambda model: to_onnx(model, train[:1].astype(np.float32), target_opset=ml3),
)  # fmt: skip
add("outliers", "one-class-svm", svm.OneClassSVM(nu=0.2))
add("outliers", "local-outlier-factor", neighbors.LocalOutlierFactor(novelty=True), train=train[:100])

add("clusters", "k-means", cluster.KMeans(4, n_init=3, random_state=0))
add("clusters", "mini-batch-k-means", cluster.MiniBatchKMeans(4, n_init=3, random_state=0))
add("clusters", "gaussian-mixture", mixture.GaussianMixture(3, random_state=0))

add("transformers", "pca", pipeline.make_pipeline(preprocessing.StandardScaler(), decomposition.PCA(2)))
add("transformers", "standard-scaler", pipeline.make_pipeline(preprocessing.StandardScaler()))
add(
    "transformers", "polynomial-features",
    pipeline.make_pipeline(preprocessing.PolynomialFeatures(2), linear_model.Ridge()), amount,
)  # fmt: skip

add(
    "multi-output", "multi-output-classifier", multioutput.MultiOutputClassifier(logistic), np.stack([two, three], 1),
    note="the labels alone: the probabilities leave the model as a sequence of tensors",
)  # fmt: skip
boosted_regressors = multioutput.MultiOutputRegressor(ensemble.GradientBoostingRegressor(**boosted))
add("multi-output", "multi-output-regressor", boosted_regressors, amounts)
add("multi-output", "ridge-two-targets", linear_model.Ridge(), amounts)
add(
    "multi-output", "forest-two-targets", ensemble.RandomForestRegressor(**few), amounts,
    note="the file declares one number a row; two come out",
)  # fmt: skip


def people(count):
    return pd.DataFrame({
        "age": np.where(random.random(count) < 0.1, np.nan, random.integers(1, 80, count)),
        "fare": as_float32(random.gamma(2, 15, count)),
        "visits": random.integers(0, 9, count),
        "sex": random.choice(["female", "male"], count),
        "port": random.choice(["Cherbourg", "Queenstown", "Southampton"], count),
    })  # fmt: skip


def export_table(model):
    types = {"f": FloatTensorType, "i": Int64TensorType}
    columns = [(name, types.get(passengers[name].dtype.kind, StringTensorType)([None, 1])) for name in passengers]
    return to_onnx(model, initial_types=columns)


def prepared(last):
    """Imputed and scaled numbers beside one-hot encoded strings, for one last step."""
    scaled = pipeline.make_pipeline(impute.SimpleImputer(strategy="median"), preprocessing.StandardScaler())
    encoded = preprocessing.OneHotEncoder(handle_unknown="ignore")
    columns = compose.ColumnTransformer([
        ("numbers", scaled, ["age", "fare"]), ("counts", "passthrough", ["visits"]), ("words", encoded, ["sex", "port"])
    ])  # fmt: skip
    return pipeline.make_pipeline(columns, last)


known, passengers = people(300), people(ROWS)
survived = np.where((known["sex"] == "female") & (known["fare"] > 20) | (known["age"] < 20), "yes", "no")
cost = known["visits"] + known["fare"] / 10
table = {"train": known, "rows": passengers, "export": export_table}
per_column = "one input a column"
add("table", "table-classifier", prepared(logistic), survived, **table, options=f"{per_column}, ZipMap")
add(
    "table",
    "table-regressor",
    prepared(ensemble.GradientBoostingRegressor(**boosted)),
    cost,
    **table,
    options=per_column,
)
add(
    "table", "table-of-strings", pipeline.make_pipeline(preprocessing.OrdinalEncoder(), stump), survived,
    known[["sex", "port"]].to_numpy(), passengers[["sex", "port"]].to_numpy(), **zipmap,
    export=lambda model: to_onnx(model, initial_types=[("X", StringTensorType([None, 2]))]),
)  # fmt: skip

adjectives = {"yes": ["wonderful", "lovely", "great", "touching"], "no": ["dull", "awful", "slow", "confused"]}


def sentences(labels):
    things = random.choice(["film", "story", "cast", "ending"], (len(labels), 2))
    words = [random.choice(adjectives[label], 2) for label in labels]
    return np.array([f"A {w[0]} {t[0]}, and the {t[1]} is {w[1]}!" for w, t in zip(words, things, strict=True)])


text_options = {"locale": "C", "tokenexp": r"[\pL\pN_][\pL\pN_]+"}
vectorizer = feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2))
add(
    "table", "text-classifier", pipeline.make_pipeline(vectorizer, logistic), yes_no, sentences(yes_no),
    sentences(yes_no[:ROWS]), options="locale='C', tokenexp for Unicode, ZipMap",
    export=lambda model: to_onnx(
        model, initial_types=[("text", StringTensorType([None, 1]))], options={id(vectorizer): text_options}
    ),
    note="by default it asks for the locale en_US.UTF-8, which slim images lack",
)  # fmt: skip

entries = ",\n".join(json.dumps(entry) for entry in index)
(OUT / "index.json").write_text(f"[\n{entries}\n]\n")
print(f"{len(index)} models, {sum(file.stat().st_size for file in OUT.rglob('*.*') if file.is_file())} bytes")
