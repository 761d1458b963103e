"""Training data of the models of the suite, and the rows that they answer.

The order of these lines is part of the data: all draw from one generator.
"""

import numpy as np

ROWS = 50

random = np.random.default_rng(7)


def as_float32(values):
    """Rounds numbers to float32, so that the original and the export get the same values."""
    return values.astype(np.float32).astype(np.float64)


train, rows = random.normal(size=(300, 4)), as_float32(random.normal(size=(ROWS, 4)))
gaps_train, gaps = (np.where(random.random(x.shape) < 0.1, np.nan, x) for x in (train, rows))
counts_train, counts = (random.integers(0, 6, size=(n, 4)) for n in (300, ROWS))

amount = train @ [2, -1, 0.5, 0] + np.sin(3 * train[:, 0])
amounts = np.stack([amount, train @ [0, 1, 1, -2]], axis=1)
positive = np.exp(amount / 4)
two = (amount > 0.3).astype(np.int64)
three = np.digitize(amount, [-1, 1])
yes_no = np.array(["no", "yes"])[two]
names = np.array(["low", "middle", "high"])[three]
by_counts = np.digitize(counts_train @ [1, 1, -1, -1], [-2, 2])

# Arguments of `add` for training on rows with missing values, and for asking about such rows.
gappy = {"train": gaps_train, "rows": gaps}
counted = {"train": counts_train, "rows": counts}
zipmap = {"options": "default (ZipMap)"}
