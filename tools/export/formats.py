"""Recognises a file by its content, so that a wrong suffix misleads nobody."""

import re
import zipfile

from export.refusal import Refusal
from export.remedies import REMEDIES

# The boosters that are read, by the name of their library.
BOOSTERS = ("xgboost", "lightgbm", "catboost")
HEAD_BYTES = 4096

# The first bytes of each kind of file.
MAGIC = (
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"GGUF", "gguf"),
    (b"CBM1", "catboost"),
    (b"tree\nversion=", "lightgbm"),
    (b"binf", "xgboost-binary"),
    (b"\x93NUMPY", "numpy"),
    (b"RDX", "r"),
    (b"{L\0\0\0\0\0\0\0", "xgboost"),  # UBJSON: an object whose first key has a length of 64 bits
)
# The member that gives an archive away.
MEMBERS = (
    (r"(^|/)data\.pkl$", "pytorch"),
    (r"\.weights\.h5$", "keras"),
    (r"^schema\.json$", "skops"),
    (r"\.npy$", "numpy"),
)
# The keys of JSON files, in the order in which the first one found decides.
KEYS = (
    (r'"oblivious_trees"|"features_info"', "catboost-json"),
    (r'"tree_info"\s*:\s*\[\s*\{|"pandas_categorical"', "lightgbm-json"),
    (r'"learner"\s*:', "xgboost"),
)


def recognise(file):
    """The kind of a file: "pickle", one of BOOSTERS or "catboost-json", or a key of REMEDIES. Raises a Refusal."""
    if file.is_dir():
        return recognise_folder(file)
    try:
        with file.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except FileNotFoundError:
        raise Refusal(f"there is no file {file}: check its path") from None
    except OSError as error:
        raise Refusal(f"{file} cannot be read ({error.strerror}): check who may read it") from None
    if not head:
        return "empty"
    return recognise_bytes(head, file)


def recognise_bytes(head, file):
    for magic, kind in MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] == b"TFL3":
        return "tflite"
    if head.startswith(b"PK\x03\x04"):
        return recognise_archive(file)
    # Eight bytes with the length of a header of JSON.
    if head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") < file.stat().st_size:
        return "safetensors"
    if head.startswith(b"\x08") or file.suffix == ".pb":
        return recognise_protobuf(head, file)
    if head[257:262] == b"ustar":
        return "tar"
    return recognise_text(head, file) or "pickle"


def recognise_protobuf(head, file):
    """Messages of protobuf look alike: here the first field is a small integer, and most of them have a name."""
    if file.name == "saved_model.pb":
        return "savedmodel"
    if file.suffix in (".mlmodel", ".pb"):
        return "coreml" if file.suffix == ".mlmodel" else "graphdef"
    # ONNX has the IR version, and most exporters write their name next.
    return "onnx" if file.suffix == ".onnx" or re.match(rb"\x08[\x03-\x1f]\x12", head) else "pickle"


def check_unpacked(content, file):
    """Refuses what is no pickle within a file that was packed."""
    if content.startswith((b"X\n\0", b"RDX", b"RDA")):
        check_kind("r", file)
    if content[257:262] == b"ustar":
        check_kind("tar", file)


def recognise_folder(folder):
    names = {entry.name for entry in folder.iterdir()}
    for name, kind in (("saved_model.pb", "savedmodel"), ("MLmodel", "mlflow"), ("Manifest.json", "coreml")):
        if name in names:
            return kind
    # Spark writes a model of its own, or the stages of a pipeline.
    if "metadata" in names and names & {"data", "stages"}:
        return "spark"
    return "transformers" if any(name.endswith(".safetensors") for name in names) else "folder"


def recognise_archive(file):
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        raise Refusal(f"{file} is a zip archive that is cut off or broken: copy it again") from None
    if any("/code/" in name for name in names) and any(name.endswith("constants.pkl") for name in names):
        return "torchscript"
    for pattern, kind in MEMBERS:
        if any(re.search(pattern, name) for name in names):
            return kind
    return "zip"


def recognise_text(head, file):
    """The kind of a text file, or None where the bytes are no text of these."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"<PMML" in head:
        return "pmml"
    if start.startswith((b"{", b"[")):
        # Keys may follow behind megabytes of others.
        text = file.read_bytes().decode(errors="replace")
        return next((kind for pattern, kind in KEYS if re.search(pattern, text)), "json")
    is_text = b"\0" not in head and head.isascii()
    if is_text and file.suffix in (".csv", ".tsv"):
        return "csv"
    return "xml" if start.startswith(b"<") else None


def check_kind(kind, file):
    """Raises a Refusal with the command that exports it, where a file is for another tool."""
    if kind in REMEDIES:
        what, remedy = REMEDIES[kind]
        path = file.parent if file.name == "saved_model.pb" else file
        raise Refusal(f"{file} {what}: {remedy.replace('{file}', str(path))}")
