"""Tables with columns of numbers, integers and strings."""

import numpy as np
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from parity.data import ROWS, as_float32, random, zipmap
from parity.exporters import on_strings
from parity.families.boosting import BOOSTED
from parity.families.trees import FEW, ONE

PER_COLUMN = "one input a column"


def people(count):
    return pd.DataFrame({
        "age": np.where(random.random(count) < 0.1, np.nan, random.integers(1, 80, count)),
        "fare": as_float32(random.gamma(2, 15, count)),
        "visits": random.integers(0, 9, count),
        "sex": random.choice(["female", "male"], count),
        "port": random.choice(["Cherbourg", "Queenstown", "Southampton"], count),
    })  # fmt: skip


def prepared(last, *scalers):
    """Imputed and scaled numbers beside one-hot encoded strings, for one last step."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), *scalers)
    encoded = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([
        ("numbers", numbers, ["age", "fare"]), ("counts", "passthrough", ["visits"]), ("words", encoded, ["sex", "port"])
    ])  # fmt: skip
    return make_pipeline(columns, last)


def per_column(table):
    """One input for each column of a table, of its own type."""
    types = {"f": FloatTensorType, "i": Int64TensorType}
    columns = [(name, types.get(table[name].dtype.kind, StringTensorType)([None, 1])) for name in table]
    return lambda model: to_onnx(model, initial_types=columns)


def add_to(add):
    known, passengers = people(300), people(ROWS)
    survived = np.where((known["sex"] == "female") & (known["fare"] > 20) | (known["age"] < 20), "yes", "no")
    cost = known["visits"] + known["fare"] / 10
    table = {"train": known, "rows": passengers, "export": per_column(passengers)}
    classified = {**table, "options": f"{PER_COLUMN}, ZipMap"}
    logistic = prepared(LogisticRegression(), StandardScaler())
    boosted = prepared(GradientBoostingRegressor(**BOOSTED), StandardScaler())
    add("table", "table-classifier", logistic, survived, **classified)
    add("table", "table-regressor", boosted, cost, **table, options=PER_COLUMN)
    add_strings(add, known[["sex", "port"]].to_numpy(), passengers[["sex", "port"]].to_numpy(), survived)
    forest = prepared(RandomForestClassifier(**FEW))
    add("table", "table-forest", forest, survived, **classified, called="ColumnTransformer + RandomForestClassifier")


def add_strings(add, known, asked, survived):
    strings = {"train": known, "rows": asked, "export": on_strings("X", 2), **zipmap}
    add("table", "table-of-strings", make_pipeline(OrdinalEncoder(), DecisionTreeClassifier(**ONE)), survived, **strings)
    one_hot = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    add("table", "one-hot-strings", one_hot, survived, **strings)
