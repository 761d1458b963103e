"""Why a model was not exported, in one line for the person who asked."""


class Refusal(Exception):
    pass


def one_line(error, longest=300):
    return " ".join(str(error).split())[:longest] or type(error).__name__
