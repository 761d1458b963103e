"""How far the answers of an export are from those of the original."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Deviation:
    """The row where two answers are furthest apart; infinitely where the labels differ."""

    worst: float
    row: int


def compare(expected, got):
    """The row where two answers are furthest apart."""
    apart = distances(expected, got)
    row = int(apart.argmax())
    return Deviation(float(apart[row]), row)


def distances(expected, got):
    """How far apart two answers are, [rows]: numbers by |a - b| / max(1, |b|), labels not at all or infinitely."""
    apart = np.zeros(len(expected))
    if expected.labels is not None:
        if np.shape(got.labels) != np.shape(expected.labels):
            return apart + np.inf
        differ = np.asarray(expected.labels).astype(str) != np.asarray(got.labels).astype(str)
        apart[differ.reshape(len(apart), -1).any(axis=1)] = np.inf
    if expected.numbers is not None:
        if np.shape(got.numbers) != expected.numbers.shape:
            return apart + np.inf
        apart = np.maximum(apart, numbers_apart(expected.numbers, got.numbers))
    return apart


def numbers_apart(expected, got):
    wanted, given = (numbers.astype(np.float64).reshape(len(numbers), -1) for numbers in (expected, got))
    with np.errstate(invalid="ignore"):
        off = np.abs(given - wanted) / np.maximum(1, np.abs(wanted))
    off[(given == wanted) | (np.isnan(given) & np.isnan(wanted))] = 0
    return np.nan_to_num(off, nan=np.inf).max(axis=1)
