"""What `spiral-lab` understands. Whatever is wrong with it is one sentence on stderr and the exit code 2."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from server.machine import MAX_WORKERS
from spiral_core import __version__
from spiral_lab import serving, upkeep
from spiral_lab.errors import CommandError


class Parser(argparse.ArgumentParser):
    """Raises CommandError instead of printing its usage."""

    def error(self, message: str) -> NoReturn:
        said = re.sub("^unrecognized arguments: ", "unknown option ", message)
        said = re.sub("^argument ([^:]+): ", r"\1 ", said)
        raise CommandError(f"{said}; {self.prog} --help lists what there is")


def whole(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers, for argparse."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"must be a whole number in {low}..{high}, got {text!r}")
        return int(text)

    return read


def parser() -> Parser:
    """All options."""
    top = Parser("spiral-lab", description="See a neural network learn: starts Spiral Lab and opens it.", allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"Spiral Lab {__version__}")
    top.add_argument("--class", dest="for_class", action="store_true", help="let the network in, and say what students type")
    top.add_argument("--port", type=whole(0, 65535), help=f"0 is any free one (default: the first free from {serving.PORT})")
    top.add_argument("--workers", type=whole(1, MAX_WORKERS), help="processes that train (default: one a core, at most 8)")
    top.add_argument("--base-path", default="", metavar="PATH", help="serve under a path, as in school/lab")
    top.add_argument("--no-browser", action="store_true", help="open no browser")
    place = Parser(add_help=False)
    for takes_it in (top, place):
        takes_it.add_argument(
            "--store", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="the file of shelves and searches"
        )
    store = top.add_subparsers(title="to look after what is kept", metavar="store", dest="what")
    kept = store.add_parser("store", help="show, back up and clean the file of shelves and searches", parents=[place])
    do = kept.add_subparsers(dest="do", metavar="show | backup | restore | clean")
    do.add_parser("show", help="where it is, what it holds and how large it is (also without a word)", parents=[place])
    backup = do.add_parser("backup", help="copy it while the server may run", parents=[place])
    backup.add_argument("to", type=Path, metavar="FILE", help="a new file")
    restore = do.add_parser("restore", help="go back to a backup; what is there now is copied first", parents=[place])
    restore.add_argument("backup", type=Path, metavar="FILE", help="a backup")
    clean = do.add_parser("clean", help="delete what nobody has used for long, for good", parents=[place])
    clean.add_argument(
        "--older-than", type=whole(1, 36500), metavar="DAYS", required=True, help="shelves untouched, and links unopened, since"
    )
    return top


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    try:
        given = parser().parse_args(arguments)
        if "store" in given:
            os.environ["SPIRAL_LAB_STORE"] = str(given.store)
        if given.what == "store":
            upkeep.run(given)
            return 0
        return serving.run(given)
    except CommandError as error:
        print(f"spiral-lab: {error}", file=sys.stderr)
        return 2
