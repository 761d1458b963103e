"""Reads a pickle or joblib file, and says in words why one cannot be read."""

import contextlib
import importlib
import re
import sys
import warnings

import joblib
import numpy as np

from export import isolated
from export.formats import check_kind, check_unpacked
from export.refusal import Refusal, one_line
from export.versions import check_version, package_of, read_plain

INCONSISTENT = re.compile(r"unpickle estimator .* from version (\S+) when using version")
# Libraries that may end the process where they read what they do not know.
NATIVE = (b"xgboost.", b"lightgbm.", b"catboost.")
# Old versions of torch.save wrote this, and no archive.
TORCH_MAGIC = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")


def read_pickle(file, code=()):
    """Reads a pickle. This runs any code that the pickle names.

    `code` lists files and folders of Python code that the pickle needs. Raises a Refusal.
    """
    content = read_plain(file)
    if TORCH_MAGIC in content[:64] or b"torch.storage" in content:
        check_kind("pytorch", file)
    check_unpacked(content, file)
    check_version(file, content)
    if any(name in content for name in NATIVE):
        check_survives(file)
    for each in code:
        provide(each)
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        try:
            found = joblib.load(file)
        except ModuleNotFoundError as error:
            raise Refusal(missing_module(file, error.name or "")) from None
        except MemoryError:
            raise Refusal(f"{file} does not fit into memory: export it on a machine with more") from None
        except (Exception, SystemExit) as error:  # unpickling fails in as many ways as there are libraries
            raise Refusal(unreadable(file, error, content)) from None
    check_warnings(file, raised)
    return found


def check_survives(file):
    """Refuses a pickle that ends the process: boosters of another version may, and so may broken ones."""
    try:
        isolated.call(try_to_read, file, seconds=isolated.SECONDS)
    except isolated.Stopped as stopped:
        remedy = "read it where it was trained, and write the model with save_model of its library"
        raise Refusal(
            f"reading {file} {stopped.reason}, so another version wrote it or it is broken: {remedy}"
        ) from None


def try_to_read(report, keep, file):
    report(f"reading {file}")
    # The same error is raised again in the real read.
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        joblib.load(file)


def check_warnings(file, raised):
    for each in raised:
        if found := INCONSISTENT.search(str(each.message)):
            raise Refusal(f"{file} was written by scikit-learn {found.group(1)}: export it with that version")


def provide(path):
    """Lets pickles find the code in a folder or a file; what a script defines is known as `__main__`, too."""
    if not path.exists():
        raise Refusal(f"there is nothing at --code {path}: name a folder or a file of Python code")
    folder, name = (path, None) if path.is_dir() else (path.parent, path.stem)
    sys.path.insert(0, str(folder.resolve()))
    if name is None:
        return
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:  # it is the user's program
        reason = f"{type(error).__name__}: {one_line(error)}"
        remedy = "put what it does besides definitions under `if __name__ == '__main__'`"
        raise Refusal(f"--code {path} fails when it is imported ({reason}): {remedy}") from None
    main = sys.modules["__main__"]
    for key, value in vars(module).items():
        if not key.startswith("__") and not hasattr(main, key):
            setattr(main, key, value)


def missing_module(file, name):
    top = name.split(".")[0]
    if top == "numpy":
        return f"{file} was written with another NumPy, and this is {np.__version__}: {numpy_remedy(name)}"
    if name.startswith("sklearn."):
        remedy = "install the scikit-learn that the model was trained with, or train the model again"
        return f"{file} needs {name}, which the scikit-learn here does not have: {remedy}"
    package = package_of(top)
    if package is not None:
        return f"{file} needs the module {name!r}, which is not installed here: pip install {package}"
    remedy = "name the folder of its code with --code <folder>, or install the package that it is from"
    return f"{file} needs the module {name!r}, which is not found here: {remedy}"


def numpy_remedy(name):
    wanted = "numpy>=2" if name.startswith("numpy._core") else "numpy<2"
    return f"pip install '{wanted}', in an environment of its own"


def unreadable(file, error, content):
    lost = re.search(r"get attribute '?([\w.]+)'? on <module '([\w.]+)'", str(error))
    if lost:
        name, module = lost.groups()
        if module == "__main__":
            remedy = "name the script or notebook code that defines it, with --code train.py"
            return f"{file} needs {name}, which the program defined that wrote it: {remedy}"
        remedy = f"install the version of {package_of(module.split('.')[0]) or module} that wrote the file"
        return f"{file} needs {name} of {module}, which is not in the version here: {remedy}"
    if isinstance(error, EOFError):
        return f"{file} is cut off: copy it again, or write it again with joblib.dump"
    reason = f"{type(error).__name__}: {one_line(error)}"
    if content[:1] != b"\x80" and not re.match(rb"[(cI]", content[:1]):
        return f"{file} is no pickle, nor another file that this tool knows: write the model with joblib.dump"
    remedy = "export it in the environment in which it was trained, or write it again with joblib.dump"
    return f"{file} is no pickle that these versions of the libraries can read ({reason}): {remedy}"
