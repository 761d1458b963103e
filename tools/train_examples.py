"""Trains the models under examples/ and exports them, with scikit-learn's own answers as examples.

    pip install -r tools/requirements-fixtures.txt
    python tools/train_examples.py

Refuses to write a model for which ONNX Runtime disagrees with scikit-learn.
"""

import shutil
import tempfile
import warnings
from pathlib import Path

import joblib
import numpy as np
import onnx
import onnxruntime
import pandas as pd
from export.answers import ask_original, from_onnx
from export.comparison import compare
from export.load import load
from export.package import ROOT, choose_place, describe, to_examples, write_package
from export.publish import export_package
from export.repairs import make_repeatable
from export.report import print_report
from export.sample import read_sample
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_digits
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

OUT = ROOT / "examples"
TOLERANCE = 1e-5


def through_the_tool(name, model, table, target, **words):
    """Writes a pickle and a CSV file, and exports them as tools/export_sklearn.py does."""
    shutil.rmtree(OUT / name, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        pickle, data = Path(folder) / "model.pkl", Path(folder) / "sample.csv"
        joblib.dump(model, pickle)
        table.to_csv(data, index=False)
        model = load(pickle)
        sample = read_sample(data, model, target)
        place = choose_place(OUT / name)
        made, written = export_package(model, sample, place, tolerance=TOLERANCE, **words)
        print_report(made, sample, place, written)


def diabetes():
    """A regression on a table of numbers."""
    data = load_diabetes(as_frame=True, scaled=False)
    about = {
        "age": {"unit": "years"},
        "sex": {"description": "1 or 2, as the data has it"},
        "bmi": {"unit": "kg/m²", "description": "body mass index"},
        "blood_pressure": {"unit": "mm Hg", "description": "average blood pressure"},
        "cholesterol": {"unit": "mg/dl", "description": "total serum cholesterol"},
        "ldl": {"unit": "mg/dl", "description": "low-density lipoproteins"},
        "hdl": {"unit": "mg/dl", "description": "high-density lipoproteins"},
        "cholesterol_ratio": {"description": "total cholesterol divided by high-density lipoproteins"},
        "log_triglycerides": {"description": "logarithm of the serum triglycerides level"},
        "glucose": {"unit": "mg/dl", "description": "blood sugar level"},
    }
    table = data.data.set_axis(list(about), axis=1)
    model = GradientBoostingRegressor(n_estimators=60, max_depth=3, learning_rate=0.08, subsample=0.7, random_state=0)
    model.fit(table, data.target)
    description = "Predicts how far diabetes has progressed one year later, as a score from 25 to 346."
    through_the_tool("diabetes", model, table.assign(progression=data.target), "progression", description=description,
                     about=about)  # fmt: skip


def titanic():
    """A classifier of a table of numbers and strings, one input a column. The passengers are made up."""
    random, count = np.random.default_rng(3), 800
    pclass = random.choice([1, 2, 3], count, p=[0.25, 0.2, 0.55])
    table = pd.DataFrame({
        "pclass": pclass,
        "sex": random.choice(["female", "male"], count, p=[0.35, 0.65]),
        "age": np.where(random.random(count) < 0.2, np.nan, random.gamma(5, 6, count).round().clip(1, 80)),
        "sibsp": random.choice([0, 1, 2, 3], count, p=[0.68, 0.22, 0.06, 0.04]),
        "parch": random.choice([0, 1, 2], count, p=[0.76, 0.14, 0.1]),
        "fare": (4 + random.gamma(3, 1, count) * np.array([0, 28, 8, 4.5])[pclass]).round(2),
        "embarked": random.choice(["C", "Q", "S"], count, p=[0.19, 0.09, 0.72]),
    })  # fmt: skip
    table["embarked"] = table["embarked"].mask(random.random(count) < 0.02)
    odds = 2.6 * (table["sex"] == "female") - 1.0 * (pclass - 2) - 0.03 * (table["age"].fillna(30) - 30)
    odds += 0.4 * (table["embarked"] == "C") - 0.3 * table["sibsp"] - 1.2
    survived = (random.random(count) < 1 / (1 + np.exp(-odds))).astype(int)
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    encoded = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = ColumnTransformer([
        ("numbers", scaled, ["age", "sibsp", "parch", "fare"]),
        ("class", OneHotEncoder(handle_unknown="ignore"), ["pclass"]),
        ("words", encoded, ["sex", "embarked"]),
    ])  # fmt: skip
    model = make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(table, survived)
    about = {
        "pclass": {"description": "class of the ticket: 1, 2 or 3"},
        "age": {"unit": "years", "description": "null where it is not known"},
        "sibsp": {"description": "siblings and spouses aboard"},
        "parch": {"description": "parents and children aboard"},
        "fare": {"unit": "£"},
        "embarked": {"description": "port: C Cherbourg, Q Queenstown, S Southampton; null where it is not known"},
    }
    description = "Tells whether a passenger survived. Trained on made-up passengers: a lesson, not history."
    through_the_tool("titanic", model, table.assign(survived=survived), "survived", labels=["died", "survived"],
                     description=description, about=about)  # fmt: skip


def reviews():
    """A classifier of sentences."""
    random = np.random.default_rng(5)
    things = ["film", "plot", "cast", "ending", "music", "acting", "story", "dialogue", "camera work", "pace"]
    words = {
        "positive": ["wonderful", "great", "moving", "brilliant", "funny", "charming", "clever", "beautiful"],
        "negative": ["awful", "boring", "dull", "confused", "predictable", "lifeless", "clumsy", "tedious"],
    }
    frames = {
        "positive": [
            "The {a} was {x} and the {b} even more {y}.", "I loved the {a}, {x} from start to finish!",
            "A {x} {a} with a {y} {b}. Go and see it.", "What a {x} {a}! I would watch it again.",
            "Not a weak moment: {x} {a}, {y} {b}.", "You won't regret it, the {a} is {x}.",
        ],
        "negative": [
            "The {a} was {x} and the {b} even more {y}.", "I hated the {a}, {x} from start to finish!",
            "A {x} {a} with a {y} {b}. Stay away.", "What a {x} {a}! I want my money back.",
            "Not a good moment: {x} {a}, {y} {b}.", "Don't waste 2 hours, the {a} is {x}.",
        ],
    }  # fmt: skip
    rows = []
    for label in random.choice(["positive", "negative"], 400):
        (a, b), (x, y) = random.choice(things, 2, replace=False), random.choice(words[label], 2, replace=False)
        rows.append((str(random.choice(frames[label])).format(a=a, b=b, x=x, y=y), label))
    table = pd.DataFrame(rows, columns=["text", "label"])
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(C=10, max_iter=1000))
    model.fit(table["text"], table["label"])
    about = {"text": {"description": "the review, in English"}}
    description = "Tells whether a film review is kind. Trained on a few hundred made-up sentences."
    through_the_tool("reviews", model, table, "label", description=description, about=about)


def digits():
    """A classifier of images: one input [rows, 1, 8, 8]."""
    data = load_digits()
    model = make_pipeline(StandardScaler(), MLPClassifier((32,), max_iter=500, random_state=0))
    model.fit(data.data, data.target)
    exported = to_onnx(model, data.data[:1].astype(np.float32), options={"zipmap": False}, target_opset=19)
    put_images_in_front(exported.graph)
    make_repeatable(exported, "digits")
    exported.ir_version = 9
    onnx.checker.check_model(exported, full_check=True)
    content = exported.SerializeToString()

    images = data.images[:, np.newaxis]
    session = onnxruntime.InferenceSession(content)
    expected = ask_original(model, data.data)
    deviation = compare(expected, from_onnx(session.run(None, {"image": images.astype(np.float32)}), expected))
    if not deviation.worst <= TOLERANCE:
        raise SystemExit(f"digits: the export disagrees with scikit-learn, image {deviation.row} {deviation.worst} off")
    description = "Reads a handwritten digit: 8 x 8 pixels from 0 (paper) to 16 (ink)."
    shutil.rmtree(OUT / "digits", ignore_errors=True)
    content_of_description = describe(OUT / "digits", labels=expected.classes, description=description)
    # Pixels are whole numbers.
    rows = images[:5].astype(int).tolist()
    examples = to_examples(rows, expected.rows()[:5], TOLERANCE)
    written = write_package(choose_place(OUT / "digits"), content, content_of_description, examples)
    print(f"{len(images)} images agree, worst deviation {deviation.worst:.1e}")
    for file in written:
        print(f"wrote {file} ({file.stat().st_size} bytes)")


def put_images_in_front(graph):
    """The pixels of an image become the columns that the model was trained on."""
    columns = graph.input.pop()
    graph.input.append(helper.make_tensor_value_info("image", TensorProto.FLOAT, [None, 1, 8, 8]))
    graph.initializer.append(numpy_helper.from_array(np.array([-1, 64]), "columns"))
    graph.node.insert(0, helper.make_node("Reshape", ["image", "columns"], [columns.name]))


warnings.filterwarnings("ignore")
for train in (diabetes, titanic, reviews, digits):
    print(f"== {train.__name__}")
    train()
