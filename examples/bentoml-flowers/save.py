"""Trains a model and puts it into BentoML's model store. Writes sample.csv into the current folder."""

import bentoml
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

iris = load_iris(as_frame=True)
columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
table, species = iris.data.set_axis(columns, axis=1), iris.target_names[iris.target]
bentoml.sklearn.save_model("flowers", LogisticRegression(max_iter=1000).fit(table, species))
table.assign(species=species).to_csv("sample.csv", index=False)
