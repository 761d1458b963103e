"""The old service. `bentoml serve service:Flowers` starts it on port 3000."""

import bentoml
import pandas as pd


@bentoml.service
class Flowers:
    def __init__(self):
        self.model = bentoml.sklearn.load_model("flowers:latest")

    @bentoml.api
    def predict(self, sepal_length: float, sepal_width: float, petal_length: float, petal_width: float) -> dict:
        values = [[sepal_length, sepal_width, petal_length, petal_width]]
        row = pd.DataFrame(values, columns=self.model.feature_names_in_)
        return {"species": str(self.model.predict(row)[0])}
