"""Says in words what is wrong with the Python that runs the tool, before a library fails with a traceback."""

import importlib
import sys
import traceback
from pathlib import Path

NEEDED = ("numpy", "pandas", "joblib", "sklearn", "onnx", "onnxruntime", "skl2onnx")
OLDEST = (3, 11)
INSTALL = "pip install -r tools/requirements-export.txt"


def check_environment():
    """Ends the process where a library that is always needed is missing, or fails when it is imported."""
    if sys.version_info < OLDEST:
        raise SystemExit(f"error: this is Python {sys.version.split()[0]}: use 3.11 or newer, which ONNX Runtime needs")
    for name in NEEDED:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            raise SystemExit(f"error: this Python lacks the module {error.name}: {INSTALL}") from None
        except Exception as error:  # such as wheels that were built for another NumPy
            reason = " ".join(str(error).split())[:300]
            remedy = f"make a new environment, with: python3.11 -m venv export && export/bin/{INSTALL}"
            raise SystemExit(f"error: {name} cannot be imported here ({reason}): {remedy}") from None


def unexpected(error):
    """Describes an unexpected error in one line, with the place where it happened."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(at.filename).name}:{at.lineno}"
    reason = " ".join(str(error).split())[:300]
    return (
        f"the export tool is at fault: {type(error).__name__} in {where}: {reason}. Try it in the environment in which "
        "the model was trained, and report this line with the versions of the libraries"
    )
