"""Builds examples/recommender and examples/recommender-top from two DataFrames, and compares them with pandas.

    pip install -r tools/requirements-export.txt
    python examples/recommender/build.py --ratings ratings.pkl --similarity similarity.pkl --out my-models

Without the two pickles, it makes up a set. --frames FOLDER writes that set as pickles.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from graphs import rating_graph, top_graph
from original import make_frames, rate, top

PAIRS, TOLERANCE, STRANGER = 1000, 1e-9, 10**9
USER = {"name": "user_id", "type": "integer", "description": "an unknown user is answered as well", "example": 1}
MOVIE = {"name": "movie_id", "type": "integer", "description": "an unknown movie is rated 3.0"}


def pairs_of(ratings, count):
    """Pairs of users and movies, and unknown ones between them."""
    random = np.random.default_rng(0)
    users = random.choice([*ratings.index, STRANGER], count)
    movies = random.choice([*ratings.columns, STRANGER], count)
    return [(int(user), int(movie)) for user, movie in zip(users, movies, strict=True)]


def compare_ratings(model, ratings, similarity):
    """Refuses a graph that answers otherwise than pandas. Returns the examples."""
    pairs = pairs_of(ratings, PAIRS)
    feeds = {"user_id": [[user] for user, _ in pairs], "movie_id": [[movie] for _, movie in pairs]}
    got = np.hstack(run(model, feeds))
    expected = np.array([rate(ratings, similarity, *pair) for pair in pairs])
    check(got, expected, pairs)
    print(f"{PAIRS} pairs agree, worst deviation {np.abs(got - expected).max():.1e}")
    rows = [{"user_id": user, "movie_id": movie} for user, movie in pairs[:5]]
    answers = [{"rating": float(rating), "raters": int(raters)} for rating, raters in expected[:5]]
    return to_examples(rows, answers)


def compare_tops(model, ratings, similarity, count):
    users = [*map(int, ratings.index), STRANGER]
    movies, values = run(model, {"user_id": [[user] for user in users]})
    lists = [top(ratings, similarity, user, count) for user in users]
    check(values, np.array([each.to_numpy() for each in lists]), users)
    check(movies, np.array([each.index.to_numpy() for each in lists]), users)
    print(f"the top {count} of {len(users)} users agree")
    answers = [{"movies": [*map(int, each.index)], "ratings": each.tolist()} for each in lists[:5]]
    return to_examples([{"user_id": user} for user in users[:5]], answers)


def run(model, feeds):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {name: np.array(values, np.int64) for name, values in feeds.items()})


def check(got, expected, rows):
    wrong = np.flatnonzero((np.abs(got - expected) > TOLERANCE).any(axis=1))
    if wrong.size:
        row = wrong[0]
        raise SystemExit(f"the graph and pandas differ for {rows[row]}: {got[row]} and {expected[row]}")


def to_examples(rows, answers):
    pairs = [{"input": row, "prediction": answer} for row, answer in zip(rows, answers, strict=True)]
    return {"tolerance": TOLERANCE, "examples": pairs}


def write(folder, model, description, examples):
    (folder / "1").mkdir(parents=True, exist_ok=True)
    (folder / "1/model.onnx").write_bytes(model)
    (folder / "1/examples.json").write_text(json.dumps(examples, indent=2) + "\n")
    (folder / "model.json").write_text(json.dumps(description, indent=2) + "\n")


def describe(text, features, *outputs):
    return {"description": text, "features": features, "outputs": [{"tensor": name} for name in outputs]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", type=Path, help="a pickled DataFrame, users x movies, NaN for gaps")
    parser.add_argument("--similarity", type=Path, help="a pickled DataFrame, users x users")
    parser.add_argument("--frames", type=Path, help="write the made-up DataFrames into this folder")
    parser.add_argument("--top", type=int, default=10, help="movies in the list of the best")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent)
    given = parser.parse_args()
    if given.ratings and given.similarity:
        ratings, similarity = pd.read_pickle(given.ratings), pd.read_pickle(given.similarity)
    else:
        ratings, similarity = make_frames()
    if given.frames:
        ratings.to_pickle(given.frames / "ratings.pkl")
        similarity.to_pickle(given.frames / "similarity.pkl")
    model = rating_graph(ratings, similarity)
    text = "Tells how a user would rate a movie, from the ratings of similar users. The ratings are made up."
    movie = MOVIE | {"example": int(ratings.columns[0])}
    examples = compare_ratings(model, ratings, similarity)
    write(given.out / "recommender", model, describe(text, [USER, movie], "rating", "raters"), examples)
    model = top_graph(ratings, similarity, given.top)
    text = "Lists the movies that a user would rate best, without those that the user has rated."
    examples = compare_tops(model, ratings, similarity, given.top)
    write(given.out / "recommender-top", model, describe(text, [USER], "movies", "ratings"), examples)


if __name__ == "__main__":
    main()
