"""The old service: a forest of scikit-learn behind FastAPI."""

import joblib
import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
forest = joblib.load("model.joblib")


class Passenger(BaseModel):
    pclass: int
    sex: str
    age: float
    sibsp: int
    parch: int
    fare: float
    embarked: str


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/predict")
def predict(passenger: Passenger):
    row = pd.get_dummies(pd.DataFrame([passenger.model_dump()]))
    row = row.reindex(columns=forest.feature_names_in_, fill_value=0)
    return {"survived": int(forest.predict(row)[0]), "probability": float(forest.predict_proba(row)[0, 1])}
