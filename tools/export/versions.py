"""Finds in the bytes of a pickle which scikit-learn wrote it, and says how to export with that one."""

import bz2
import gzip
import lzma
import os
import re
import shlex
import sys
import zlib
from pathlib import Path

import sklearn

from export.refusal import Refusal

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements-export.txt"
COMPRESSIONS = (
    (b"\x1f\x8b", gzip.decompress),
    (b"BZh", bz2.decompress),
    (b"\xfd7zXZ", lzma.decompress),
    (b"\x5d\0\0", lzma.decompress),
    (b"\x78", zlib.decompress),
)
# The key, what remembers it, and the opcode of a string with its length, or of protocol 0.
VERSION = re.compile(
    rb"_sklearn_version(?:\x94|q.|r.{4}|\np\d+\n)?(?:\x8c.|X.{4}|V|\(?U.)(\d+\.\d+(?:\.\d+)?(?:\.?(?:post|rc|dev|a|b)\d+)?)",
    re.DOTALL,
)
# Additional requirements of the releases before a version of scikit-learn. Their wheels fail with newer libraries.
NEEDS = (((1, 4, 2), "numpy<2"), ((1, 4), "scipy<1.12"), ((1, 6), "pandas<3"))
# The oldest that the converter takes, and that has wheels for the Python that ONNX Runtime needs.
OLDEST = (1, 2)
# The packages of modules that pickles name.
PACKAGES = {
    "catboost": "catboost",
    "category_encoders": "category_encoders",
    "dill": "dill",
    "feature_engine": "feature-engine",
    "imblearn": "imbalanced-learn",
    "lightgbm": "lightgbm",
    "sklearn": "scikit-learn",
    "skopt": "scikit-optimize",
    "sksurv": "scikit-survival",
    "xgboost": "xgboost",
}
# The requirements file names these already.
REQUIRED = {"sklearn", "xgboost", "lightgbm", "catboost"}


def read_plain(file):
    """The bytes of a pickle, unpacked where joblib packed them; as they are where that fails."""
    content = file.read_bytes()
    for magic, decompress in COMPRESSIONS:
        if content.startswith(magic):
            try:
                return decompress(content)
            except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error):
                return content
    return content


def version_in(content):
    """The version of scikit-learn that wrote a pickle, or None where the pickle does not say."""
    found = VERSION.search(content)
    return found.group(1).decode() if found else None


def check_version(file, content):
    """Refuses a pickle of another scikit-learn before it is read: what it predicts here may differ."""
    there, here = version_in(content), sklearn.__version__
    if there is not None and there != here:
        raise Refusal(f"{file} was written by scikit-learn {there}, and this is {here}: {remedy(there, content)}")


def remedy(version, content):
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return f"that is too old for the converter; train the model again with scikit-learn {oldest} or newer"
    folder = f"export-{version}"
    binary = Path(folder) / ("Scripts" if os.name == "nt" else "bin")
    needs = [f"scikit-learn=={version}", *(need for before, need in NEEDS if numbers < before), *extras(content)]
    packages = shlex.join(needs)
    return (
        "export it with the same version, in an environment of its own:\n"
        f"  python3.11 -m venv {folder}\n"
        f"  {binary / 'pip'} install -r {shown(REQUIREMENTS)} {packages}\n"
        f"  {binary / 'python'} {shlex.join(sys.argv)}"
    )


def extras(content):
    """Packages of other libraries that a pickle names."""
    names = [name for name in PACKAGES if name not in REQUIRED and name.encode() + b"." in content]
    return [PACKAGES[name] for name in names]


def package_of(module):
    """The package that has a module, or None where it is not known."""
    return PACKAGES.get(module)


def shown(path):
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
