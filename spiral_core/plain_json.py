"""JSON from outside."""

from __future__ import annotations

import json
import re
from typing import Any

_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a pair of escapes; half a pair is no character, and no screen or file can take it


class TwiceError(ValueError):
    """An object with a name twice, of whose values one would be lost. `name`: the first such name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"each name must be given once, got {name!r} twice")


def read_json(text: str) -> Any:
    """The value of a JSON text.

    Raises ValueError for what is not JSON, for half characters, for a name twice (TwiceError), and for what is nested too deeply.
    """
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                twice.append(name)
            found[name] = value
        return found

    try:
        found = json.loads(text, object_pairs_hook=once)
        if _HALF.search(text):
            json.dumps([found, twice], ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if twice:
        raise TwiceError(twice[0])
    return found
