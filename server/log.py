"""The server's log: one JSON object a line, with the run or the search that it is about.

SPIRAL_LAB_LOG sets the lowest level that is written: debug, info, warning (the default) or error.
"""

from __future__ import annotations

import json
import logging
import os
import re
from datetime import UTC, datetime
from typing import Any

LEVELS = ("debug", "info", "warning", "error")
VARIABLE = "SPIRAL_LAB_LOG"

_CONTROLS = re.compile("[\x7f-\x9f\u2028\u2029]")  # JSON escapes those below; a terminal would heed these

_log = logging.getLogger("spiral_lab")


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, event, its facts, and the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = getattr(record, "facts", {}) | {  # a fact may not take the name of what each line has
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line = {name: line[name] for name in ("time", "level", "event", *line)}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return _CONTROLS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(line, ensure_ascii=False, default=str))


def start() -> None:
    """Write the log to stderr from now on. Raises SystemExit for an unknown level."""
    level = os.environ.get(VARIABLE, "warning").lower()
    if level not in LEVELS:
        raise SystemExit(f"{VARIABLE} must be one of {', '.join(LEVELS)}, got {level!r}")
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    _log.handlers = [handler]
    _log.setLevel(level.upper())
    _log.propagate = False


def is_enabled() -> bool:
    """Whether `info` is written; if not, its facts need not be gathered."""
    return _log.isEnabledFor(logging.INFO)


def info(event: str, **facts: object) -> None:
    """Something that is as it should be."""
    _log.info(event, extra={"facts": facts})


def warning(event: str, cause: BaseException | None = None, **facts: object) -> None:
    """Something went wrong that users hardly notice."""
    _log.warning(event, exc_info=cause, extra={"facts": facts})


def error(event: str, cause: BaseException | None = None, **facts: object) -> None:
    """Something went wrong that users notice."""
    _log.error(event, exc_info=cause, extra={"facts": facts})
