"""Calls a function in a process of its own: converters may never end, and ONNX Runtime may end the process.

The child gets two pickles on its standard input: the path of modules, then the function with its arguments. It answers
with pickles on its standard output: ("phase", text) and ("keep", value) while it works, then ("done", value),
("refused", text) or ("failed", text).
"""

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

# The time that an export has where nobody says otherwise.
SECONDS = 300
# On a terminal the line is rewritten each second. A file gets few lines.
TERMINAL_SECONDS, FILE_SECONDS = 1, 10
LAST = ("done", "refused", "failed")


class Stopped(Exception):
    """The child crashed or took too long. `phase` says what it did last, `kept` what it had made by then."""

    def __init__(self, reason, phase, kept, is_late):
        super().__init__(reason)
        self.reason, self.phase, self.kept, self.is_late = reason, phase, kept, is_late


@dataclass
class Progress:
    """Shows the progress of the child on standard error: one changing line on a terminal, else a line now and then."""

    phase: str = "starting"
    shown_at: float = 0

    def show(self, seconds):
        is_terminal = sys.stderr.isatty()
        if not is_terminal and seconds - self.shown_at < FILE_SECONDS:
            return
        self.shown_at = seconds
        text = f"{self.phase} … {seconds:.0f} s"
        print(f"\r\x1b[K{text}" if is_terminal else text, end="" if is_terminal else "\n", file=sys.stderr, flush=True)

    def clear(self):
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def call(function, *arguments, seconds):
    """The result of `function(report, keep, *arguments)`, computed in a child process.

    The function calls `report` with a text on what goes on, and `keep` with a result to have in case it is stopped
    later. Raises what the function refuses, and Stopped when the child crashes or is not done after so many seconds.
    """
    # The folder of this file is none to import from.
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-P", __file__], **pipes) as child:
        messages = queue.Queue()
        payload = pickle.dumps(sys.path) + pickle.dumps((function, arguments))
        for target in (lambda: send(child.stdin, payload), lambda: receive(child.stdout, messages)):
            threading.Thread(target=target, daemon=True).start()
        try:
            return follow(child, messages, seconds)
        finally:
            child.kill()


def send(stream, payload):
    # A child that died does not read to the end.
    with contextlib.suppress(OSError), stream:
        stream.write(payload)


def receive(stream, messages):
    with contextlib.suppress(EOFError, pickle.UnpicklingError, OSError):
        while True:
            message = pickle.load(stream)
            messages.put(message)
            if message[0] in LAST:
                return
    messages.put(("ended", None))


def follow(child, messages, seconds):
    started, kept, progress = time.monotonic(), None, Progress()
    try:
        while True:
            elapsed = time.monotonic() - started
            if elapsed > seconds:
                raise Stopped(f"is not done after {seconds:g} seconds", progress.phase, kept, is_late=True)
            progress.show(elapsed)
            try:
                kind, value = messages.get(timeout=min(TERMINAL_SECONDS, max(0.01, seconds - elapsed)))
            except queue.Empty:
                continue
            if kind == "phase":
                progress.phase = value
            elif kind == "keep":
                kept = value
            elif kind == "ended":
                raise Stopped(how_it_ended(child.wait()), progress.phase, kept, is_late=False)
            else:
                return result_of(kind, value)
    finally:
        progress.clear()


def how_it_ended(code):
    if code == -signal.SIGKILL:
        return "was killed, probably for want of memory"
    return f"crashes ({signal.Signals(-code).name if code < 0 else f'exit code {code}'})"


def result_of(kind, value):
    from export.refusal import Refusal

    if kind == "done":
        return value
    raise Refusal(value)


def main():
    # Libraries print to standard output, which is for answers alone.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def answer(kind, value):
        pickle.dump((kind, value), answers)
        answers.flush()

    sys.path[:] = pickle.load(sys.stdin.buffer)
    from export.refusal import Refusal, one_line

    try:
        function, arguments = pickle.load(sys.stdin.buffer)
        answer("done", function(lambda text: answer("phase", text), lambda value: answer("keep", value), *arguments))
    except Refusal as refusal:
        answer("refused", str(refusal))
    except Exception as error:
        answer("failed", f"the export fails with {type(error).__name__}: {one_line(error)}. {NEXT}")


NEXT = "That is a fault of this tool or of a library: run it again with other versions of the libraries, and report it"


if __name__ == "__main__":
    main()
