"""The settings and the history of a run as files."""

from __future__ import annotations

import csv
import io
import json

from spiral_core.run import History
from spiral_core.settings import Settings


def settings_json(settings: Settings) -> str:
    """The settings as JSON, which `Settings.from_dict` reads back exactly."""
    return json.dumps(settings.to_dict(), indent=1) + "\n"


def history_csv(history: History) -> str:
    """One row for each logged iteration; what was not measured is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(History.__dataclass_fields__)
    writer.writerow(names)
    for row in zip(*(column.tolist() for column in history.columns()), strict=True):
        writer.writerow(["" if value != value else value for value in row])
    return text.getvalue()
