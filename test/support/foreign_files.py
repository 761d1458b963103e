"""Files that the export refuses, most of them no more than the bytes by which they are recognised."""

import gzip
import json
import pickle
import zipfile

HEADER = b'{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'


def write(out, name, content):
    (out / name).write_bytes(content)
    return name


def archive(out, name, *members):
    with zipfile.ZipFile(out / name, "w") as made:
        for member in members:
            made.writestr(member, "")
    return name


def folder(out, name, *members):
    (out / name).mkdir()
    for member in members:
        (out / name / member).write_bytes(b"\x08\x01\x12")
    return name


def foreign_files(out, table, light):
    """Writes the files, and returns their names by kind. `light` is a booster of LightGBM."""
    return {
        "keras-h5": write(out, "model.h5", b"\x89HDF\r\n\x1a\n" + bytes(64)),
        "keras": archive(out, "model.keras", "metadata.json", "config.json", "model.weights.h5"),
        "torch": archive(out, "model.pt", "model/data.pkl", "model/version"),
        "torch-old": write(out, "model.pth", pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)),
        "torchscript": archive(out, "script.pt", "m/data.pkl", "m/constants.pkl", "m/code/__torch__.py"),
        "pmml": write(out, "model.pmml", b'<?xml version="1.0"?>\n<PMML version="4.4"></PMML>'),
        "safetensors": write(out, "model.safetensors", len(HEADER).to_bytes(8, "little") + HEADER + bytes(4)),
        "gguf": write(out, "model.gguf", b"GGUF\x03\0\0\0"),
        "saved-model": folder(out, "saved_model", "saved_model.pb"),
        "mlflow": folder(out, "mlflow", "MLmodel"),
        "spark": folder(out, "spark", "metadata", "stages"),
        "spark-alone": folder(out, "spark_alone", "metadata", "data"),
        "transformers": folder(out, "hugging_face", "config.json", "model.safetensors"),
        "folder": folder(out, "plain", "x.txt"),
        "saved-model-file": "saved_model/saved_model.pb",
        "graphdef": write(out, "frozen.pb", b"\n\x10\n\x01x\x12\x0bPlaceholder"),
        "tar": write(out, "model.tar.gz", gzip.compress(bytes(257) + b"ustar" + bytes(250))),
        "r": write(out, "model.rds", gzip.compress(b"X\n\0\0\0\x03")),
        "tflite": write(out, "model.tflite", b"\x1c\0\0\0TFL3" + bytes(20)),
        "onnx": write(out, "model.onnx", (out / "models/dict/1/model.onnx").read_bytes()),
        "onnx-renamed": write(out, "renamed.bin", (out / "models/dict/1/model.onnx").read_bytes()),
        "skops": archive(out, "model.skops", "schema.json"),
        "xgboost-old": write(out, "old.model", b"binf" + bytes(40)),
        "lightgbm-cut": write(out, "cut.txt", (out / "lightgbm-binary.txt").read_bytes()[:1200]),
        "xgboost-broken": write(out, "broken.json", b'{"learner": {}}'),
        "lightgbm-json": write(out, "dump.json", json.dumps(light.dump_model()).encode()),
        "json": write(out, "other.json", b'{"weights": [1, 2]}'),
        "csv": write(out, "table.csv", table.to_csv().encode()),
        "cut": write(out, "cut.pkl", (out / "dict.pkl").read_bytes()[:400]),
        "no-pickle": write(out, "no.pkl", b"no pickle"),
        "empty": write(out, "empty.pkl", b""),
    }
