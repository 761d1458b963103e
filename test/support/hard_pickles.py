"""Pickles of another scikit-learn, and such that need the user's own code."""

import gzip
import pickle
import sys
import types

import joblib
from sklearn import base


def old_pickles(out, model):
    """Writes what scikit-learn 1.2.2 and others would have written, and returns the names of the files by kind."""
    files = {
        f"version-{protocol}": dump_as("1.2.2", model, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    }
    files |= {
        "version-packed": gzip.compress(dump_as("1.2.2", model)),
        "version-sampled": dump_as("1.4.2", {"model": model, "sampler": "imblearn.over_sampling"}),
        "version-old": dump_as("0.9.9", model),
    }
    for kind, content in files.items():
        (out / f"{kind}.pkl").write_bytes(content)
    return {kind: f"{kind}.pkl" for kind in files}


def dump_as(version, value, protocol=None):
    here, base.__version__ = base.__version__, version
    try:
        return pickle.dumps(value, protocol)
    finally:
        base.__version__ = here


def write_user_code(out, model):
    """Pickles a model beside an object of a module, and one of the program. Returns the folder with the code of both."""
    code = out / "code"
    code.mkdir()
    (code / "notes.py").write_text("class Notes:\n    pass\n")
    (code / "train.py").write_text(
        "class Card:\n    pass\n\nif __name__ == '__main__':\n    raise SystemExit('trains')\n"
    )
    (code / "bare.py").write_text("raise ValueError('no data')\n")
    for module, kind in ((types.ModuleType("notes"), "Notes"), (sys.modules["__main__"], "Card")):
        made = type(kind, (), {"__module__": module.__name__})
        setattr(module, kind, made)
        is_known = module.__name__ in sys.modules
        sys.modules[module.__name__] = module
        joblib.dump({"model": model, "about": made()}, out / f"{kind}.pkl")
        delattr(module, kind)
        if not is_known:
            del sys.modules[module.__name__]
    return code
