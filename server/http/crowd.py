"""How many scripts a page and its browser have that wait for their turn: while they are many, the next message stays unread.

Streamlit begins a thread for each message, and keeps one that nobody needs any more until it has had its turn.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from itertools import count
from typing import NamedTuple

from starlette.types import Scope

MAX_OF_PAGE, MAX_OF_BROWSER = 4, 12
HEADER = "x-spiral-lab-page"  # by which a session is known to be that of a page


class Names(NamedTuple):
    """Under which scripts are counted; "" for one that has none: a browser that takes no cookies, a page that has gone."""

    page: str = ""
    browser: str = ""


NOBODY = Names()
_scripts: Counter[str] = Counter()
_lock = threading.Lock()
_numbers = count(1)


def named(scope: Scope, address: str, cookie: str) -> tuple[Scope, Names]:
    """The scope of a page that connects, with a name in it that nobody outside can give."""
    page, others = f"page {next(_numbers)}", [header for header in scope["headers"] if header[0].lower() != HEADER.encode()]
    named = {**scope, "headers": [*others, (HEADER.encode(), page.encode())]}
    return named, names_of([(HEADER, page)], address, cookie)


def names_of(headers: Iterable[tuple[str, str]], address: str, cookie: str) -> Names:
    """Those of a session, by what its page connected with."""
    page = next((value for name, value in headers if name.lower() == HEADER), "")
    return Names(page, f"{address} {cookie}" if cookie else "")


def begin(names: Names) -> None:
    with _lock:
        _scripts.update(filter(None, names))


def end(names: Names) -> None:
    with _lock:
        for name in filter(None, names):
            _scripts[name] -= 1
            if not _scripts[name]:
                del _scripts[name]


def is_full(names: Names) -> bool:
    """Whether the next message has to wait until one of these has had its turn."""
    return _scripts[names.page] >= MAX_OF_PAGE or _scripts[names.browser] >= MAX_OF_BROWSER
