"""The service that this one replaces: a pickled scikit-learn model behind FastAPI, as a first MLOps course writes it."""

import os
import tempfile

import joblib
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

iris = load_iris()
pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=100, random_state=42))
pipeline.fit(iris.data, iris.target_names[iris.target])
with tempfile.NamedTemporaryFile(suffix=".pkl") as pickle:
    joblib.dump(pipeline, pickle.name)
    model = joblib.load(pickle.name)


class Flower(BaseModel):
    sepal_length: float
    sepal_width: float
    petal_length: float
    petal_width: float


app = FastAPI()


@app.get("/health")
def health():
    return {"status": "OK", "model_loaded": True}


@app.post("/predict")
def predict(flower: Flower):
    row = [[flower.sepal_length, flower.sepal_width, flower.petal_length, flower.petal_width]]
    probabilities = model.predict_proba(row)[0]
    label = str(model.classes_[probabilities.argmax()])
    return {"label": label, "probabilities": dict(zip(model.classes_, map(float, probabilities), strict=True))}


print("ready", flush=True)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
