"""Writes a version of a model with its description and its examples, as the server reads them."""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from export.json_text import to_text
from export.refusal import Refusal, one_line

ROOT = Path(__file__).resolve().parent.parent.parent
# People write these texts of a feature. A new version keeps them.
WORDS = ("unit", "description")


@dataclass
class Place:
    """The folder of a model, and the version that is written there."""

    out: Path
    version: int

    @property
    def folder(self):
        return self.out / str(self.version)


def choose_place(out, version=1, force=False):
    """The version to write: a number, or "next" for the number after the last.

    Raises a Refusal where the version is there and `force` does not say to replace it.
    """
    read_description(out / "model.json")
    if version == "next":
        there = [int(folder.name) for folder in out.iterdir() if folder.name.isdigit()] if out.is_dir() else []
        return Place(out, max(there, default=0) + 1)
    place = Place(out, version)
    if place.folder.exists() and not force:
        raise Refusal(f"{place.folder} is there already: keep it with --version next, or replace it with --force")
    return place


def describe(out, features=None, labels=None, description=None, **settings):
    """The content of model.json, without the `settings` that are None. An editor finds its schema where the folder is one
    of this project."""
    content = {"$schema": Path(os.path.relpath(ROOT / "docs/model.schema.json", out)).as_posix()}
    content = content if out.resolve().is_relative_to(ROOT) else {}
    content |= {"description": description} if description else {}
    content |= {"features": features} if features else {}
    content |= {"labels": labels} if labels else {}
    return content | {key: value for key, value in settings.items() if value is not None}


def read_description(file):
    """Reads a model.json; None if there is none. Raises a Refusal if it is broken."""
    if not file.exists():
        return None
    try:
        there = json.loads(file.read_text())
        if not all(isinstance(feature["name"], str) for feature in there.get("features", [])):
            raise TypeError("a feature has no name")
        return there
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise Refusal(f"{file} is no description of a model ({one_line(error)}): mend or remove it") from None


def fits(there, content):
    """Returns True if an existing description is true of a new version as well. It is then kept."""
    if any(there.get(key) != content.get(key) for key in ("outputs", "threshold")):
        return False
    facts = [[facts_of(feature) for feature in each.get("features", [])] for each in (there, content)]
    return facts[0] == facts[1] and there.get("labels", []) == content.get("labels", [])


def facts_of(feature):
    """Returns what decides which values a feature accepts."""
    is_closed = feature.get("outOfRange") == "refuse"
    return feature["name"], feature.get("type"), feature.get("missing"), feature.get("values") if is_closed else None


def with_words(content, there):
    """A description with what people wrote of the features that it shares with another one."""
    known = {feature["name"]: feature for feature in there.get("features", [])}
    features = [
        feature | {key: known[feature["name"]][key] for key in WORDS if key in known.get(feature["name"], {})}
        for feature in content.get("features", [])
    ]
    return content | ({"features": features} if features else {})


def write_package(place, model, description, examples):
    """Writes the files of a version, all or none, and returns their paths.

    The description goes to the folder of the model. If another one is there that is not true of this version, it goes
    to the folder of the version.
    """
    upper = place.out / "model.json"
    there = read_description(upper)
    own = there is not None and not fits(there, description)
    if own:
        description = with_words(description, there)
    files = {"model.onnx": model, "examples.json": to_text(examples).encode()}
    files |= {"model.json": to_text(description).encode()} if own else {}
    try:
        write_folder(place.folder, files)
        if there is None:
            upper.write_text(to_text(description))
    except OSError as error:
        raise Refusal(f"{error.filename} cannot be written: {error.strerror}. Choose another --out") from None
    return [place.folder / name for name in files] + ([upper] if there is None else [])


def write_folder(folder, files):
    """Puts the files in place of a folder at once, so that no server reads a half of them."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    try:
        for name, content in files.items():
            (staged / name).write_bytes(content)
        # Readable to the user that the server runs as, unlike other temporary folders.
        staged.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        staged.rename(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def to_examples(rows, predictions, tolerance):
    """The content of examples.json."""
    return {
        "tolerance": tolerance,
        "examples": [{"input": row, "prediction": p} for row, p in zip(rows, predictions, strict=True)],
    }
