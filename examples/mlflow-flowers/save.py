"""Writes two MLflow folders into the current folder: mlflow-onnx, and mlflow-sklearn with a pickle."""

import mlflow.onnx
import mlflow.sklearn
from mlflow.models import infer_signature
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

iris = load_iris(as_frame=True)
columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
table, species = iris.data.set_axis(columns, axis=1), iris.target_names[iris.target]
model = LogisticRegression(max_iter=1000).fit(table, species)
signature = infer_signature(table)
graph = to_onnx(model, table[:1].to_numpy(), options={"zipmap": False})
# The requirements are named, so that MLflow does not look for them.
mlflow.onnx.save_model(graph, "mlflow-onnx", signature=signature, pip_requirements=["onnxruntime"])
mlflow.sklearn.save_model(model, "mlflow-sklearn", serialization_format="cloudpickle", signature=signature,
                          pip_requirements=["scikit-learn"])  # fmt: skip
table.assign(species=species).to_csv("sample.csv", index=False)
