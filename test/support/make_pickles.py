"""Trains a few models and pickles them beside samples of their data, for the test of the export: make_pickles.py <folder>"""

import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor, VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier

OUT = Path(sys.argv[1])
random = np.random.default_rng(7)
iris = load_iris(as_frame=True)


def write(name, model, data, target):
    model.fit(data, target)
    joblib.dump(model, OUT / f"{name}.pkl")
    data.assign(target=target).to_csv(OUT / f"{name}.csv", index=False)


write("pipeline", make_pipeline(StandardScaler(), LogisticRegression()), iris.data, iris.target)
write("forest", RandomForestRegressor(n_estimators=10, max_depth=4, random_state=7), iris.data, iris.data.sum(axis=1))
write("lightgbm", LGBMClassifier(n_estimators=5, verbose=-1), iris.data.rename(columns=lambda c: c.replace(" ", "_")), iris.target)
write("xgboost", XGBClassifier(n_estimators=5, max_depth=3), iris.data, iris.target)
write("catboost", CatBoostClassifier(iterations=5, depth=3, verbose=False, allow_writing_files=False), iris.data, iris.target)

table = pd.DataFrame(
    {
        "age": np.where(random.random(120) < 0.2, np.nan, random.integers(1, 80, 120)),
        "city": random.choice(["Rome", "Oslo", "Łódź"], 120),
        "visits": random.integers(0, 9, 120),
    }
)
columns = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "visits"]),
        ("words", OneHotEncoder(handle_unknown="ignore"), ["city"]),
    ]
)
write("table", make_pipeline(columns, LogisticRegression()), table, (table["visits"] > 4).astype(int))

words = pd.DataFrame({"text": ["good film", "bad film", "good music", "bad plot", "very good", "very bad"] * 10})
text = make_pipeline(TfidfVectorizer(token_pattern="[a-zA-Z]+"), LogisticRegression())
text.fit(words["text"], words["text"].str.contains("good").astype(int))
joblib.dump(text, OUT / "text.pkl")
words.assign(target=0).to_csv(OUT / "text.csv", index=False)


def pick(columns, *more):
    """A pipeline that imputes and scales some columns, and encodes one of strings, as lessons do."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    parts = [("numbers", numbers, list(columns)), ("words", words, list(more))]
    return ColumnTransformer([part for part in parts if part[2]])


many = 200
amounts = random.gamma(2, 20, many).round(2)
sexes = random.choice(["male", "female"], many)
target = (amounts > 40).astype(int)

# Columns named as nothing in ONNX may be, and as the outputs are.
odd = pd.DataFrame({"label": amounts, "x 1": amounts + 1, "a.b-c (£)": sexes, "probabilities": amounts * 2})
write("odd", make_pipeline(pick(["label", "x 1", "probabilities"], "a.b-c (£)"), LogisticRegression()), odd, target)

# Strings that CSV readers take for numbers or for nothing, and gaps among strings.
codes = pd.DataFrame({
    "zip": random.choice(["00501", "01234", "90210"], many),
    "deck": random.choice(["NA", "None", "B"], many),
    "port": pd.Series(sexes).mask(random.random(many) < 0.2),
})  # fmt: skip
is_coded = (codes["zip"] == "00501").astype(int)
write("codes", make_pipeline(pick([], "zip", "deck", "port"), LogisticRegression()), codes, is_coded)

# Whole numbers in the sample, others in the training; and integers that are encoded.
whole = pd.DataFrame({"age": amounts, "class": random.integers(1, 4, many)})
columns = ColumnTransformer([("age", StandardScaler(), ["age"]), ("class", OneHotEncoder(), ["class"])])
write("whole", make_pipeline(columns, LogisticRegression()), whole, target)
whole.assign(age=whole["age"].round().astype(int), target=target).to_csv(OUT / "whole.csv", index=False)

votes = VotingClassifier([("a", LogisticRegression()), ("b", RandomForestClassifier(5, random_state=0))])
plain = pd.DataFrame({"amount": amounts, "class": whole["class"]})
write("votes", votes, plain, np.where(target, "dear", "cheap"))
trees = CatBoostClassifier(iterations=5, depth=3, verbose=False, allow_writing_files=False)
write("booleans", trees, plain, target == 1)

categories = pd.DataFrame({"amount": amounts, "sex": pd.Series(sexes, dtype="category")})
write("categories", LGBMClassifier(n_estimators=5, verbose=-1), categories, target)
gaps = pd.DataFrame({"age": np.where(random.random(many) < 0.1, np.nan, amounts), "class": whole["class"]})
write("neighbours", make_pipeline(KNNImputer(), LogisticRegression()), gaps, target)
write("three", make_pipeline(StandardScaler(), LogisticRegression()), plain, whole["class"])
write("two", make_pipeline(StandardScaler(), LogisticRegression()), plain, target)
