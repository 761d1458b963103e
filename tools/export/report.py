"""Tells the person who asked what was exported, and how to serve it."""

import json

from export.serve_check import is_built

MOST_NAMES = 8
# The report on a feature, by its "missing" in model.json.
WORDS = {"nan": "may be missing", "": "may be missing, as an empty string", "refuse": "must have a value"}


def print_report(made, sample, place, written, is_served=False):
    print(f"{len(sample)} rows agree, worst deviation {made.deviation.worst:.1e} ({made.words})")
    for rule, words in WORDS.items():
        names = [name for name in sample.table if made.missing[name] == rule]
        if names:
            print(f"{words}: {listed(names)}")
    if made.closed:
        print(f"may have the values of the training alone: {listed(list(made.closed))}")
    for file in written:
        print(f"wrote {file} ({file.stat().st_size} bytes)")
    if is_built() and not is_served:
        print("--serve-check has the built server answer every row as well")
    print(f"\nnode dist/main.js --model-dir {place.out.parent}")
    record = json.dumps({"instances": sample.records([0])}, ensure_ascii=False).replace("'", "'\\''")
    url = f"localhost:8000/models/{place.out.name}/predict"
    print(f"curl {url} -H 'content-type: application/json' -d '{record}'")


def listed(names):
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
