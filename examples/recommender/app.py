"""The old service. `python build.py --frames .` writes its two pickles."""

import pandas as pd
from fastapi import FastAPI
from original import rate, top
from pydantic import BaseModel

app = FastAPI()
ratings = pd.read_pickle("ratings.pkl")
similarity = pd.read_pickle("similarity.pkl")


class Pair(BaseModel):
    user_id: int
    movie_id: int


class User(BaseModel):
    user_id: int


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/predict")
def predict(pair: Pair):
    return {"rating": rate(ratings, similarity, pair.user_id, pair.movie_id)[0]}


@app.post("/top")
def best(user: User):
    movies = top(ratings, similarity, user.user_id)
    return {"movies": [int(movie) for movie in movies.index], "ratings": movies.tolist()}
