"""Writes a model with its description and its examples, as the server reads them."""

import json
import os
from pathlib import Path

from export.refusal import Refusal, one_line

ROOT = Path(__file__).resolve().parent.parent.parent
LINE = 120


def describe(out, features=None, labels=None, description=None, outputs=None):
    """The content of model.json. An editor finds its schema where the folder is one of this project."""
    content = {"$schema": Path(os.path.relpath(ROOT / "docs/model.schema.json", out)).as_posix()}
    content = content if out.resolve().is_relative_to(ROOT) else {}
    content |= {"description": description} if description else {}
    content |= {"features": features} if features else {}
    content |= {"labels": labels} if labels else {}
    return content | ({"outputs": outputs} if outputs else {})


def check_same(out, description):
    """A description that is there already may hold what people wrote, so it is kept; it has to fit, though."""
    file = out / "model.json"
    if not file.exists():
        return
    try:
        there = json.loads(file.read_text())
        names = [feature["name"] for feature in there.get("features", [])]
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise Refusal(f"{file} is no description of a model ({one_line(error)}): mend or remove it") from None
    if names != [feature["name"] for feature in description.get("features", [])]:
        raise Refusal(f"{file} describes other features: remove it, or choose another --out")
    labels, classes = there.get("labels", []), description.get("labels", [])
    is_named = all(isinstance(name, str) for name in labels) and not any(isinstance(name, str) for name in classes)
    if labels != classes and not (is_named and len(labels) == len(classes)):
        raise Refusal(f"{file} has the labels {labels}, the model {classes}: remove it, or choose another --out")


def write_package(out, version, content, description, rows, predictions, tolerance):
    """Writes the files, and returns their paths."""
    folder = out / str(version)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(content)
    examples = [{"input": row, "prediction": p} for row, p in zip(rows, predictions, strict=True)]
    (folder / "examples.json").write_text(to_text({"tolerance": tolerance, "examples": examples}))
    written = [folder / "model.onnx", folder / "examples.json"]
    if not (out / "model.json").exists():
        (out / "model.json").write_text(to_text(description))
        written.append(out / "model.json")
    return written


def to_text(content):
    """JSON as this project formats it: on one line what fits there, and one element a line of what is nested."""
    return broken(content, 0) + "\n"


def render(value, depth, used):
    if isinstance(value, (dict, list)) and value:
        line = on_one_line(value)
        # One character more for the comma.
        return broken(value, depth) if is_nested(value) or used + len(line) + 1 > LINE else line
    return on_one_line(value)


def on_one_line(value):
    if isinstance(value, dict) and value:
        return (
            "{ "
            + ", ".join(
                f"{json.dumps(key, ensure_ascii=False)}: {on_one_line(element)}" for key, element in value.items()
            )
            + " }"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(on_one_line, value)) + "]"
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("e-0", "e-") if isinstance(value, float) else text


def is_nested(value):
    """Whether a list, or a part of it, holds several lists or objects of several elements each."""
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(value, list) and len(value) > 1 and all(isinstance(e, (dict, list)) and len(e) > 1 for e in value):
        return True
    return any(is_nested(element) for element in inner if isinstance(element, (dict, list)))


def broken(value, depth):
    indent, keys = "  " * (depth + 1), value if isinstance(value, dict) else [None] * len(value)
    lines = []
    for key, element in zip(keys, value.values() if isinstance(value, dict) else value, strict=True):
        start = indent + (f"{json.dumps(key, ensure_ascii=False)}: " if key is not None else "")
        lines.append(start + render(element, depth + 1, len(start)))
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(lines) + f"\n{'  ' * depth}{closing}"
