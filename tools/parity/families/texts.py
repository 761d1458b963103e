"""Texts, one a row."""

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from parity.data import ROWS, random, yes_no
from parity.exporters import on_strings

ADJECTIVES = {"yes": ["wonderful", "lovely", "great", "touching"], "no": ["dull", "awful", "slow", "confused"]}
OPTIONS = {"locale": "C", "tokenexp": r"[\pL\pN_][\pL\pN_]+"}
LOCALE = "The default export needs the locale en_US.UTF-8, which slim images lack"


def sentences(labels):
    things = random.choice(["film", "story", "cast", "ending"], (len(labels), 2))
    words = [random.choice(ADJECTIVES[label], 2) for label in labels]
    return np.array([f"A {w[0]} {t[0]}, and the {t[1]} is {w[1]}!" for w, t in zip(words, things, strict=True)])


def add_to(add):
    known, asked = sentences(yes_no), sentences(yes_no[:ROWS])
    shared = {"train": known, "rows": asked, "options": "locale='C', tokenexp for Unicode, ZipMap", "note": LOCALE}
    vectorizer = TfidfVectorizer(ngram_range=(1, 2))
    add(
        "table", "text-classifier", make_pipeline(vectorizer, LogisticRegression()), yes_no, **shared,
        export=on_strings("text", 1, options={id(vectorizer): OPTIONS}),
    )  # fmt: skip
    counter = CountVectorizer(binary=True)
    add(
        "table", "text-counts", make_pipeline(counter, MultinomialNB()), yes_no, **shared,
        export=on_strings("text", 1, options={id(counter): OPTIONS}),
    )  # fmt: skip
    add_plain(add, known, asked)


def add_plain(add, known, asked):
    """With the pattern that skl2onnx chooses. It is right where texts are ASCII."""
    plain = {"train": known, "rows": asked, "options": "locale='C', ZipMap", "note": LOCALE}
    for name, pairs in {"text-default-pattern": (1, 1), "text-default-pattern-pairs": (1, 2)}.items():
        vectorizer = TfidfVectorizer(ngram_range=pairs)
        add(
            "table", name, make_pipeline(vectorizer, LogisticRegression()), yes_no, **plain,
            export=on_strings("text", 1, options={id(vectorizer): {"locale": "C"}}),
            called=f"TfidfVectorizer(ngram_range={pairs}) + LogisticRegression",
        )  # fmt: skip
