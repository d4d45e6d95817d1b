"""The runs of a shelf as rows of a table: only the settings that differ, and the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pages.ui.text import _, local_time, parameter_label, story, value_text
from spiral_core.flat import is_used, values
from spiral_core.marking import N_
from spiral_core.records import Record
from spiral_core.settings import Settings
from spiral_core.store.shelves import Pin


@dataclass(frozen=True, eq=False)
class Entry:
    """A pinned run and, once it is trained, what came of it."""

    pin: Pin
    record: Record | None
    name: str  # no two alike on a shelf, because choices go by their text

    @property
    def key(self) -> str:
        return self.pin.key

    @property
    def settings(self) -> Settings:
        return self.pin.settings


def differing(all_settings: Sequence[Settings]) -> list[str]:
    """The settings, by their names in a link, that are not the same in all runs and count in at least one."""
    flat = [values(settings) for settings in all_settings]
    return [
        name
        for name in flat[0]
        if any(one[name] != flat[0][name] for one in flat) and any(is_used(settings, name) for settings in all_settings)
    ]


# Columns of results: field of the summary, label in English, format.
RESULTS = (
    ("loss", N_("Loss"), "%.4f"),
    ("best_loss", N_("Lowest loss"), "%.4f"),
    ("train_accuracy", N_("Accuracy"), "percent"),
    ("test_loss", N_("Held-out loss"), "%.4f"),
    ("best_test_loss", N_("Lowest held-out loss"), "%.4f"),
    ("test_accuracy", N_("Held-out accuracy"), "percent"),
    ("best_test_accuracy", N_("Best held-out accuracy"), "percent"),
    ("seconds", N_("Seconds"), "%.2f"),
)


def frame_of(shelf: Sequence[Entry]) -> pd.DataFrame:
    """The shelf as a table: name and note, the settings that differ, and results."""
    rows: list[dict[str, Any]] = []
    names = differing([entry.settings for entry in shelf])
    held_out = any(entry.settings.data.test_fraction > 0 for entry in shelf)
    results = [column for column in RESULTS if held_out or "test" not in column[0]]
    for entry in shelf:
        flat = values(entry.settings)
        row: dict[str, Any] = {_("Name"): entry.name, _("Note"): entry.pin.note}
        row |= {parameter_label(name): _said(entry.settings, name, flat[name]) for name in names}
        summary = entry.record.summary if entry.record else None
        row |= {_(label): getattr(summary, field) if summary else None for field, label, _form in results}
        row[_("Status")] = _ending(entry)
        row[_("Pinned at")] = local_time(entry.pin.pinned)
        rows.append(row)
    return pd.DataFrame(rows, index=[entry.key for entry in shelf])


def _said(settings: Settings, name: str, value: Any) -> str:
    """A setting in the table; of phases all, the last one among them."""
    if not is_used(settings, name):
        return "–"
    return story(settings) if name == "after" else value_text(name, value)


def _ending(entry: Entry) -> str:
    if entry.record is None:
        return _("in training")
    if entry.record.divergence:
        return _("diverged at {iteration}").format(iteration=entry.record.divergence.iteration)
    done = entry.record.summary.iterations
    return _("stopped early at {iteration}").format(iteration=done) if done < entry.settings.last_iteration else "✓"
