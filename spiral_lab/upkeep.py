"""`spiral-lab store`: what is kept, a copy of it, and what is old."""

from __future__ import annotations

import argparse
from pathlib import Path

from server.http import limits
from server.store import store_path
from spiral_core.store import upkeep
from spiral_core.store.database import StoreError
from spiral_core.store.run_store import REMOVED_FOR
from spiral_core.store.shelves import MAX_PINS
from spiral_core.store.short_links import MAX_LINKS
from spiral_core.store.texts import MAX_NOTES, MAX_POINT_SETS
from spiral_lab.errors import CommandError


def run(given: argparse.Namespace) -> None:
    """Do what was asked. Raises CommandError."""
    path = store_path()
    if given.do == "restore":
        _restore(path, given.backup)
        return
    if not path.exists():
        raise CommandError(f"there is no store at {path}")
    try:
        if given.do == "backup":
            _backup(path, given.to)
        elif given.do == "clean":
            _clean(path, given.older_than)
        else:
            _show(path)
    except StoreError as error:
        raise CommandError(f"the store {path} cannot be used: {error.reason.value}") from None


def _show(path: Path) -> None:
    held = upkeep.held(path)
    print(f"{path}: {_size(held.nbytes)} of at most {_size(limits.max_store())} ({limits.STORE})")
    print(f"  {held.pins} pinned runs and {held.searches} searches on {held.shelves} shelves, at most {MAX_PINS} runs on each")
    print(f"  {held.runs} stored runs; those that nothing needs go after {REMOVED_FOR / upkeep.DAY:.0f} days")
    print(f"  {held.point_sets} sets of points of at most {MAX_POINT_SETS}, {held.links} short links of at most {MAX_LINKS}")
    print(f"  Answers are at most {MAX_NOTES} a shelf. spiral-lab store clean deletes what is old.")


def _backup(path: Path, to: Path) -> None:
    try:
        upkeep.backup(path, to)
    except FileExistsError:
        raise CommandError(f"{to} is there already; name a new file") from None
    except OSError as error:
        raise CommandError(f"{to} cannot be written: {error.strerror}") from None
    print(f"{to}: {_size(upkeep.size(to))}, copied from {path}")


def _restore(path: Path, backup: Path) -> None:
    try:
        before = upkeep.restore(path, backup)
    except FileNotFoundError:
        raise CommandError(f"there is no backup at {backup}") from None
    except StoreError as error:
        raise CommandError(f"{backup} cannot be restored to {path}: {error.reason.value}") from None
    print(f"{path} holds what {backup} held" + (f"; what it held before is in {before}" if before else ""))


def _clean(path: Path, days: int) -> None:
    before = upkeep.size(path)
    gone = upkeep.clean(path, days)
    deleted = ", ".join(f"{count} {kind}" for kind, count in gone.items() if count) or "nothing"
    print(f"Deleted what nobody has touched for {days} days: {deleted}")
    print(f"{path}: {_size(before)} before, {_size(upkeep.size(path))} now")


def _size(nbytes: int) -> str:
    return f"{nbytes / 1e6:.1f} MB"
