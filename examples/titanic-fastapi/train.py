"""Trains the forest of the old service. The passengers are made up.

    python train.py

Writes model.joblib and passengers.csv into the current folder.
"""

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

COUNT = 800


def make_passengers():
    random = np.random.default_rng(14)
    pclass = random.choice([1, 2, 3], COUNT, p=[0.25, 0.2, 0.55])
    table = pd.DataFrame({
        "pclass": pclass,
        "sex": random.choice(["female", "male"], COUNT, p=[0.35, 0.65]),
        "age": random.gamma(5, 6, COUNT).round().clip(1, 80),
        "sibsp": random.choice([0, 1, 2, 3], COUNT, p=[0.68, 0.22, 0.06, 0.04]),
        "parch": random.choice([0, 1, 2], COUNT, p=[0.76, 0.14, 0.1]),
        "fare": (4 + random.gamma(3, 1, COUNT) * np.array([0, 28, 8, 4.5])[pclass]).round(2),
        "embarked": random.choice(["C", "Q", "S"], COUNT, p=[0.19, 0.09, 0.72]),
    })  # fmt: skip
    odds = 2.6 * (table["sex"] == "female") - (table["pclass"] - 2) - 0.03 * (table["age"] - 30) - 1.2
    return table.assign(survived=(random.random(COUNT) < 1 / (1 + np.exp(-odds))).astype(int))


if __name__ == "__main__":
    passengers = make_passengers()
    columns = pd.get_dummies(passengers.drop(columns="survived"))
    forest = RandomForestClassifier(n_estimators=100, max_depth=6, random_state=0).fit(columns, passengers["survived"])
    joblib.dump(forest, "model.joblib")
    passengers.to_csv("passengers.csv", index=False)
