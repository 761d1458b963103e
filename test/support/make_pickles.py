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
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
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
words.to_csv(OUT / "text.csv", index=False)
