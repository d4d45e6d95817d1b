"""JSON from outside."""

from __future__ import annotations

import json
import re
from typing import Any

_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a pair of escapes; half a pair is no character, and no screen or file can take it


def read_json(text: str) -> Any:
    """The value of a JSON text. Raises ValueError for what is not JSON, for half characters, and for what is nested too deeply."""
    try:
        found = json.loads(text)
        if _HALF.search(text):
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return found
