r"""Token patterns of vectorizers in the words of ONNX Runtime, whose regular expressions know \w and \b for ASCII alone."""

import re

# One run of word characters, at least so many of them: the default pattern, and the usual changes of it.
RUN = re.compile(r"(?:\(\?u\))?(?:\\b)?((?:\\w)+(?:[+]|\{\d+,\})?)(?:\\b)?")
LETTERS = r"[\pL\pN_]"


def to_unicode(pattern):
    """The same pattern for letters of every alphabet; None where it has to stay as it is.

    A run takes all the word characters that there are, so the boundaries around it say nothing more.
    """
    found = RUN.fullmatch(pattern)
    if not found or found[1][-1] not in "+}":
        return None
    return found[1].replace(r"\w", LETTERS)
