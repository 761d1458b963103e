"""Runs a model in a process of its own: ONNX Runtime may not only fail on one, but end the process."""

import pickle
import signal
import subprocess
import sys

import numpy as np

# Rows that are computed alone besides, as the server does.
FIRST_ROWS, MOST_ROWS = 20, 100


def run(content, inputs):
    """The outputs for the inputs. Some rows are computed alone, too, for that is what kernels may crash on.

    Raises a RuntimeError, or a Crash when the process ended.
    """
    # The folder of this file is none to import from.
    command = [sys.executable, "-P", __file__]
    done = subprocess.run(command, input=pickle.dumps((content, inputs)), capture_output=True, check=False)
    if done.returncode < 0:
        raise Crash(signal.Signals(-done.returncode).name)
    if done.returncode > 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(lines[-1] if lines else f"exit code {done.returncode}")
    return pickle.loads(done.stdout)


class Crash(Exception):
    pass


def rows_alone(inputs):
    """The first rows, and one for each pattern of missing values."""
    gaps = [np.isnan(values) for values in inputs.values() if values.dtype.kind == "f"]
    patterns = np.unique(np.concatenate(gaps, axis=1), axis=0, return_index=True)[1].tolist() if gaps else []
    count = len(next(iter(inputs.values())))
    return sorted({*range(min(count, FIRST_ROWS)), *patterns[:MOST_ROWS]})


def main():
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    content, inputs = pickle.load(sys.stdin.buffer)
    session = onnxruntime.InferenceSession(content, options)
    values = session.run(None, inputs)
    for row in rows_alone(inputs):
        session.run(None, {name: column[row : row + 1] for name, column in inputs.items()})
    pickle.dump(values, sys.stdout.buffer)


if __name__ == "__main__":
    main()
