"""The one error of the command."""


class CommandError(Exception):
    """Something that the user can mend: a sentence, shown without a traceback, with the exit code 2."""
