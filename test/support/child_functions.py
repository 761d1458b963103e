"""What the checks of the export tool have a child process do."""

import os
import time

from export.refusal import Refusal


def crash(report, keep, number):
    report("dividing")
    keep("half")
    os.kill(os.getpid(), number)


def sleep(report, keep):
    report("sleeping")
    keep("half")
    time.sleep(60)


def shout(report, _keep, text):
    print("noise on standard output", flush=True)
    report("shouting")
    return text.upper()


def refuse(_report, _keep):
    raise Refusal("not this one")


def stumble(_report, _keep):
    raise ZeroDivisionError("by zero")
