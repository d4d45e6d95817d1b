"""The door of the command. Any Python since 3.6 can read it, so that one that is too old says so; workers import it as well."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = HERE if os.path.exists(os.path.join(HERE, "app.py")) else os.path.dirname(HERE)  # installed, or in the source tree
OLDEST = (3, 11)


def main():  # type: () -> int
    """Run the command; returns its exit code."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.stderr.write(f"spiral-lab: Spiral Lab needs Python 3.11 or newer, and this is Python {found}.\n")
        return 2
    if ROOT not in sys.path:
        sys.path.insert(0, ROOT)  # `pages` and `server` lie there, as `streamlit run` would have it
    from spiral_lab import command

    return command.run(sys.argv[1:])
