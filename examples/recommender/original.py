"""The collaborative filter of the old service. Its "model" is two DataFrames.

`ratings` has a row for each user and a column for each movie, with NaN where a user has not rated a movie.
`similarity` has a row and a column for each user.
"""

import numpy as np
import pandas as pd

UNKNOWN = 3.0
DIGITS = 6


def rate(ratings, similarity, user, movie):
    """The mean of the others' ratings, weighted by their similarity, and the number of these others.

    Others count if they are positively similar and have rated the movie. Without them, the rating is UNKNOWN.
    """
    if user not in ratings.index or movie not in ratings.columns:
        return UNKNOWN, 0
    weights = similarity.loc[user].drop(user)
    known = ratings[movie].drop(user).dropna()
    weights = weights[known.index]
    weights = weights[weights > 0]
    if weights.empty:
        return UNKNOWN, 0
    return round(float((weights * known[weights.index]).sum() / weights.sum()), DIGITS), len(weights)


def top(ratings, similarity, user, count=10):
    """The best movies that the user has not rated, and their ratings. Of equal ratings, the first column comes first."""
    unseen = ratings.columns[ratings.loc[user].isna()] if user in ratings.index else ratings.columns
    rated = pd.Series([rate(ratings, similarity, user, movie)[0] for movie in unseen], index=unseen, dtype=float)
    return rated.sort_values(ascending=False, kind="stable").head(count)


def make_frames(seed=14, users=40, movies=60):
    """A made-up set of ratings from 1 to 5, and the correlation of its users."""
    random = np.random.default_rng(seed)
    tastes, traits = random.normal(size=(users, 3)), random.normal(size=(3, movies))
    scores = np.clip(np.rint(3.2 + tastes @ traits * 0.7 + random.normal(scale=0.5, size=(users, movies))), 1, 5)
    scores[random.random((users, movies)) > 0.35] = np.nan
    # Nobody has rated the last movie, and the last user has rated one movie alone.
    scores[:, -1] = np.nan
    scores[-1] = np.where(np.arange(movies) == 0, 4, np.nan)
    columns = [1193, *sorted(random.choice(np.arange(1, 1193), movies - 1, replace=False).tolist())]
    ratings = pd.DataFrame(scores, index=pd.RangeIndex(1, users + 1, name="user_id"), columns=columns)
    return ratings, ratings.T.corr(min_periods=4)
