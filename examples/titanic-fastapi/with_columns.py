"""Puts what pd.get_dummies did in front of the forest, as a step that can be exported. Nothing is trained again.

    python with_columns.py model.joblib pipeline.joblib
"""

import sys

import joblib
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

NUMBERS = ["pclass", "age", "sibsp", "parch", "fare"]
CHOICES = {"sex": ["female", "male"], "embarked": ["C", "Q", "S"]}


def with_columns(forest):
    """The forest as a pipeline that takes the columns of a passenger."""
    # An unknown value becomes zeros, as the old service's reindex has it.
    encoder = OneHotEncoder(categories=list(CHOICES.values()), handle_unknown="ignore")
    steps = [("numbers", "passthrough", NUMBERS), ("choices", encoder, list(CHOICES))]
    columns = ColumnTransformer(steps, sparse_threshold=0, verbose_feature_names_out=False)
    row = dict.fromkeys(NUMBERS, 0.0) | {name: values[0] for name, values in CHOICES.items()}
    columns.fit(pd.DataFrame([row]))
    made, trained = list(columns.get_feature_names_out()), list(forest.feature_names_in_)
    if made != trained:
        raise SystemExit(f"the forest was trained on {trained}, and these columns are {made}")
    return Pipeline([("columns", columns), ("forest", forest)])


if __name__ == "__main__":
    _, source, target = sys.argv
    joblib.dump(with_columns(joblib.load(source)), target)
