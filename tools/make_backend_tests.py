"""Writes ONNX's own backend tests as models to serve, with their inputs and the outputs that ONNX expects.

    python tools/make_backend_tests.py FOLDER

    FOLDER/models/NAME.onnx   a model
    FOLDER/cases.jsonl        a line a model: {"name", "sets": [{"inputs": [tensor], "outputs": [tensor]}]}

A tensor is {"name", "type", "shape", "strings"} or {"name", "type", "shape", "bytes"}: its elements in row-major order,
little-endian, as base64. Types are the names of ONNX in small letters. A value that is no tensor is {"name"} alone.
The tests come with the package `onnx`, see tools/requirements-backend.txt. Their tolerance is the same for all.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from onnx.backend.test.loader import DATA_DIR


def main(folder):
    models = folder / "models"
    models.mkdir(parents=True)
    files = {file.parent.name: file for file in sorted(Path(DATA_DIR).glob("*/*/model.onnx"))}
    with open(folder / "cases.jsonl", "w") as lines:
        for name, file in files.items():
            (models / f"{name}.onnx").write_bytes(file.read_bytes())
            graph = onnx.load(file).graph
            sets = [read_set(each, graph) for each in sorted(file.parent.glob("test_data_set_*"))]
            lines.write(json.dumps({"name": name, "sets": sets}) + "\n")
    print(f"{len(files)} models of onnx {onnx.__version__}")


def read_set(folder, graph):
    return {"inputs": read_values(folder, "input", graph.input), "outputs": read_values(folder, "output", graph.output)}


def read_values(folder, kind, values):
    # An input with an initializer may have no file: the initializer is its default.
    count = len(list(folder.glob(f"{kind}_*.pb")))
    return [read_value(folder / f"{kind}_{index}.pb", value) for index, value in enumerate(values[:count])]


def read_value(file, value):
    if not value.type.HasField("tensor_type"):
        return {"name": value.name}
    tensor = TensorProto()
    tensor.ParseFromString(file.read_bytes())
    array = numpy_helper.to_array(tensor)
    kind = TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
    head = {"name": value.name, "type": kind, "shape": list(array.shape)}
    if kind == "string":
        return {**head, "strings": [each.decode() if isinstance(each, bytes) else str(each) for each in array.flat]}
    return {**head, "bytes": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
