"""Plans of hours: each belongs to a shelf, and is found by its id, so that all of a teacher's browsers read it during a class."""

from __future__ import annotations

import time

from spiral_core.store.database import Part
from spiral_core.store.keys import new_id

MAX_PLANS = 40  # on one shelf


class LessonPlans(Part):
    """A plan is the text of its file; what that says is known to `spiral_core/classroom/plans`."""

    def add_plan(self, shelf: str, plan: str) -> str:
        """Store a new plan; returns its id, which nobody can guess. Raises ValueError for a full shelf."""
        plan_id = new_id()
        with self._database.writing() as connection:
            (count,) = connection.execute("SELECT COUNT(*) FROM plans WHERE shelf = ?", (shelf,)).fetchone()
            if count >= MAX_PLANS:
                raise ValueError(f"a shelf holds at most {MAX_PLANS} plans")
            connection.execute("INSERT INTO plans VALUES (?, ?, ?, ?)", (plan_id, shelf, plan, time.time()))
        return plan_id

    def keep_plan(self, shelf: str, plan_id: str, plan: str) -> None:
        """Store a plan in place of what it was, or again after it was deleted; another shelf's plan stays as it is."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO plans VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET plan = excluded.plan, saved = excluded.saved "
                "WHERE shelf = excluded.shelf",
                (plan_id, shelf, plan, time.time()),
            )

    def plans(self, shelf: str) -> dict[str, str]:
        """The plans of a shelf by their ids, oldest first."""
        rows = self._database.read("SELECT id, plan FROM plans WHERE shelf = ? ORDER BY rowid", shelf)
        return {str(plan_id): str(plan) for plan_id, plan in rows}

    def plan(self, plan_id: str) -> str | None:
        """A plan by its id, whoever asks; None where there is none."""
        rows = self._database.read("SELECT plan FROM plans WHERE id = ?", plan_id)
        return str(rows[0][0]) if rows else None

    def delete_plan(self, shelf: str, plan_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM plans WHERE shelf = ? AND id = ?", (shelf, plan_id))
