"""Serves an export with the built server, and asks it for every row of the sample."""

import contextlib
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

from export.json_text import to_text
from export.package import ROOT
from export.refusal import Refusal, one_line

SERVER = ROOT / "dist/main.js"
# Seconds that the server has to become ready, and to answer.
SECONDS, ROWS = 120, 500


def is_built():
    return SERVER.is_file() and shutil.which("node") is not None


def find_server():
    """The commands that start the server. Raises a Refusal where it is not built."""
    node = shutil.which("node")
    if node is None:
        raise Refusal("--serve-check needs Node.js 20.19 or newer: install it, or leave --serve-check out")
    if not SERVER.is_file():
        raise Refusal(f"--serve-check needs the built server, {SERVER}: run npm ci && npm run build, or leave it out")
    return [node, str(SERVER)]


def serve_check(made, sample, content, examples, tolerance):
    """Raises a Refusal where the server does not load the model, or answers otherwise than the original."""
    command = find_server()
    with tempfile.TemporaryDirectory() as folder:
        files = {"model/1/model.onnx": made.content, "model/model.json": to_text(content).encode()}
        files |= {"model/1/examples.json": to_text(examples).encode()}
        for name, data in files.items():
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        with served(command, folder) as url:
            count = compare_rows(url, made, sample, content, tolerance)
    print(f"the built server answers {count} rows as the original")


@contextlib.contextmanager
def served(command, folder):
    """The URL of a server that has loaded the models of a folder. It is stopped after."""
    flags = ["--model-dir", folder, "--host", "127.0.0.1", "--port", "0", "--grpc-port", "0"]
    # No other variable of this process may set up that server.
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "TEMP", "SYSTEMROOT") if name in os.environ}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "env": env, "text": True, "encoding": "utf-8"}
    with subprocess.Popen([*command, *flags], **pipes) as server:
        lines = queue.Queue()
        threading.Thread(target=read_lines, args=(server.stdout, lines), daemon=True).start()
        try:
            yield wait_until_ready(lines)
        finally:
            server.terminate()
            try:
                server.wait(SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()


def read_lines(stream, lines):
    for line in stream:
        lines.put(line)
    lines.put(None)


def wait_until_ready(lines):
    """Reads the log of the server until it is ready. Raises a Refusal with what it says instead."""
    url, seen = None, []
    while True:
        try:
            line = lines.get(timeout=SECONDS)
        except queue.Empty:
            raise Refusal(f"--serve-check: the server is not ready after {SECONDS} seconds") from None
        if line is None:
            raise Refusal(f"--serve-check: the server does not start: {one_line(' '.join(seen[-3:]))}")
        message = message_of(line)
        seen.append(message)
        if message.startswith("model failed: "):
            raise Refusal(f"--serve-check: the server refuses the model: {message.removeprefix('model failed: ')}")
        if message.startswith("listening on ") and "grpc" not in message.lower():
            url = f"http://127.0.0.1:{message.rsplit(':', 1)[1]}"
        if message.startswith("ready: ") and url:
            return url


def message_of(line):
    try:
        return str(json.loads(line).get("msg", ""))
    except ValueError:
        return line.strip()


def compare_rows(url, made, sample, content, tolerance):
    """Asks for the rows of the sample that the server takes, and returns how many these are."""
    refused = [feature["name"] for feature in content["features"] if feature["missing"] == "refuse"]
    is_taken = ~sample.table[refused].isna().any(axis=1)
    records, labels = sample.records(range(len(sample))), content.get("labels", [])
    rows = [row for row in range(len(sample)) if is_taken.iloc[row]]
    expected = made.expected.named(labels) if labels and labels != made.expected.classes else made.expected
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        reply = ask(f"{url}/models/model/predict", {"instances": [records[row] for row in some]})
        if "predictions" not in reply:
            raise Refusal(f"--serve-check: the server refuses rows of the sample: {reply.get('error', reply)}")
        for row, wanted, got in zip(some, expected.picked(some).rows(), reply["predictions"], strict=True):
            if not is_same(wanted, got, tolerance):
                raise Refusal(
                    f"--serve-check: the server answers row {row} otherwise: expected {json.dumps(wanted)}, "
                    f"got {json.dumps(got)}. Report this with the model"
                )
    return len(rows)


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)


def is_same(wanted, got, tolerance):
    """Returns True if two JSON answers are equal. Numbers may differ by the tolerance, relative above 1."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return wanted.keys() == got.keys() and all(is_same(wanted[key], got[key], tolerance) for key in wanted)
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(is_same(a, b, tolerance) for a, b in zip(wanted, got, strict=True))
    if isinstance(wanted, float) and isinstance(got, (int, float)):
        return abs(got - wanted) <= tolerance * max(1, abs(wanted))
    return wanted == got
