"""Exports several pickles as the command line does, in one process: export_pickles.py <pickles> <out> <name> …

Prints what each export said, as JSON by name.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
import export_sklearn  # noqa: E402


def run(name):
    data = ["--data", f"{pickles}/{name}.csv", "--target", "target"]
    sys.argv = ["export_sklearn.py", f"{pickles}/{name}.pkl", *data, "--out", f"{out}/{name}"]
    status, stdout, stderr = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            export_sklearn.main()
        except SystemExit as stopped:
            status = 1
            print(stopped.code, file=stderr)
    return {"status": status, "stdout": stdout.getvalue(), "stderr": stderr.getvalue()}


pickles, out, *names = sys.argv[1:]
print(json.dumps({name: run(name) for name in names}))
