"""Why a model was not exported, in words for the person who asked."""


class Refusal(Exception):
    """Says what stopped the export, and one thing to try."""


def one_line(error, longest=300):
    return " ".join(str(error).split())[:longest] or type(error).__name__
