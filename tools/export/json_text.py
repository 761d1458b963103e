"""Writes JSON as this project formats it."""

import json

LINE = 120


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
    """Returns True if a list, or a part of it, holds several lists or objects with several elements each."""
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
