"""Reads the files that XGBoost, LightGBM and CatBoost write themselves."""

from export import isolated
from export.refusal import Refusal, one_line

NAMES = {"xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost", "catboost-json": "CatBoost"}


def read_booster(kind, file):
    """The booster in a file of a kind that `recognise` found. Raises a Refusal.

    It is read in a process of its own: LightGBM ends the process on a file that is cut off.
    """
    try:
        return isolated.call(read_here, kind, file, seconds=isolated.SECONDS)
    except isolated.Stopped as stopped:
        remedy = "it may be cut off; copy it again, or write it again with save_model"
        raise Refusal(f"{NAMES[kind]} {stopped.reason} when it reads {file}: {remedy}") from None


def read_here(report, keep, kind, file):
    report(f"reading {file}")
    library = NAMES[kind]
    try:
        return READERS[kind](file)
    except ModuleNotFoundError as error:
        raise Refusal(f"{file} is a model of {library}, which is not installed: pip install {error.name}") from None
    except Exception as error:  # each library has errors of its own
        # Behind the trace are addresses within the library.
        reason = one_line(str(error).split("Stack trace")[0])
        remedy = "write it again with save_model, or install the version that wrote it"
        raise Refusal(f"{file} is no model that {library} can read here ({reason}): {remedy}") from None


def read_xgboost(file):
    import xgboost

    return xgboost.Booster(model_file=bytearray(file.read_bytes()))


def read_lightgbm(file):
    import lightgbm

    return lightgbm.Booster(model_str=file.read_text())


def read_catboost(file, format="cbm"):
    import catboost

    model = catboost.CatBoost()
    model.load_model(str(file), format=format)
    return model


READERS = {
    "xgboost": read_xgboost,
    "lightgbm": read_lightgbm,
    "catboost": read_catboost,
    "catboost-json": lambda file: read_catboost(file, "json"),
}
