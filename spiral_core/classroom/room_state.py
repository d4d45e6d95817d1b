"""Where a room stands: its present activity, where the teacher leads, and whether work is collected. Plain JSON in the store."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from spiral_core.classroom.borders import Plane
from spiral_core.classroom.drawings import Curve
from spiral_core.classroom.goals import Goal, secret_seed
from spiral_core.classroom.votes import Vote

# Of a vote: the first round is open; it is closed and the class talks; the second is open; that is closed; the tallies are shown.
# Of something to draw: drawings are taken; no more; they are shown, with the run.
Stage = Literal["first", "talk", "second", "open", "closed", "shown"]
ROUND_OPEN: dict[str, int] = {"first": 1, "second": 2, "open": 1}  # the stages in which answers are taken, and of which round
NEXT: dict[str, tuple[Stage, ...]] = {
    "first": ("talk",), "talk": ("second", "shown"), "second": ("closed",), "open": ("closed",), "closed": ("shown",), "shown": (),
}  # fmt: skip


@dataclass(frozen=True)
class Guide:
    """Where the teacher leads the class: a page by its place in the address, and the query of its address."""

    page: str
    query: Mapping[str, str] = field(hash=False)
    number: int  # of the call, so that each is followed once


@dataclass(frozen=True)
class RoomState:
    """All that can change in a room."""

    activity: int = 0  # the number of the present activity, 0 for none; `started` counts them
    started: int = 0
    vote: Vote | None = None
    stage: Stage = "first"
    goal: Goal | None = None
    seed: int = 0  # the first of those by which works for the goal are judged, which students do not know
    until: float | None = None  # when the time for the goal is over, in seconds since 1970
    drawing: Curve | Plane | None = None  # what of a run is to be drawn: its loss, or its borders
    guide: Guide | None = None  # until another activity begins
    leads: int = 0  # how often the teacher has led the class somewhere
    collects: bool = False  # whether work can be handed in without a goal
    wants_label: bool = False  # whether the teacher asks for a label with it
    plan: str = ""  # the id of the plan of the hour in the store; empty: none
    step: int = -1  # the number of its step that is on; -1: none yet

    @property
    def asks(self) -> Vote | Curve | Plane | None:
        """What each is to answer."""
        return self.vote or self.drawing

    @property
    def round_open(self) -> int:
        """The round in which answers are taken now; 0: none."""
        return ROUND_OPEN.get(self.stage, 0) if self.asks else 0

    @property
    def rounds(self) -> tuple[int, ...]:
        """The round that is open, or was open last; of a vote that is shown the first too, which may have been its only one."""
        if not self.asks:
            return ()
        if self.drawing or self.stage in ("first", "talk"):
            return (1,)
        return (2, 1) if self.stage == "shown" else (2,)

    def begin(
        self, *, vote: Vote | None = None, goal: Goal | None = None, drawing: Curve | Plane | None = None, now: float = 0.0
    ) -> RoomState:
        """The same room with another activity, begun now (seconds since 1970); none ends the present one."""
        begins = bool(vote or goal or drawing)
        started = self.started + begins
        stage: Stage = "open" if drawing else "first"
        until = now + 60 * goal.minutes if goal and goal.minutes else None
        activity = started if begins else 0
        return dataclasses.replace(
            self, activity=activity, started=started, vote=vote, goal=goal, drawing=drawing, until=until, stage=stage, guide=None,
            seed=secret_seed() if goal else 0,
        )  # fmt: skip

    def moved(self, activity: int, stage: Stage) -> RoomState:
        """The vote or the drawing a stage further; where somebody else has moved it already, as it is."""
        if self.asks and self.activity == activity and stage in NEXT[self.stage]:
            return dataclasses.replace(self, stage=stage)
        return self

    def led(self, page: str, query: Mapping[str, str]) -> RoomState:
        """The same room, whose teacher leads to a page."""
        return dataclasses.replace(self, guide=Guide(page, dict(query), self.leads + 1), leads=self.leads + 1)

    def switched(self, name: str, on: bool) -> RoomState:
        """The same room with `collects` or `wants_label` on or off."""
        switches = {"collects": self.collects, "wants_label": self.wants_label} | {name: on}
        return dataclasses.replace(self, collects=switches["collects"], wants_label=switches["wants_label"])

    def at_step(self, plan: str, step: int) -> RoomState:
        """The same room at a step of a plan; -1: before the first."""
        return dataclasses.replace(self, plan=plan, step=step)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "activity": self.activity,
            "started": self.started,
            "vote": self.vote and self.vote.to_dict(),
            "stage": self.stage,
            "goal": self.goal and self.goal.to_dict(),
            "seed": self.seed,
            "until": self.until,
            "drawing": self.drawing and self.drawing.to_dict(),
            "guide": self.guide and {"page": self.guide.page, "query": dict(self.guide.query), "number": self.guide.number},
            "leads": self.leads,
            "collects": self.collects,
            "wants_label": self.wants_label,
            "plan": self.plan,
            "step": self.step,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> RoomState:
        """What a room from before there was something does not say of it is as at the start."""
        vote, goal, drawing, guide = (plain.get(name) for name in ("vote", "goal", "drawing", "guide"))
        simple = ("activity", "started", "stage", "seed", "until", "leads", "collects", "wants_label", "plan", "step")
        return cls(
            **{name: plain[name] for name in simple if name in plain},
            vote=Vote.from_dict(vote) if vote else None,
            goal=Goal.from_dict(goal) if goal else None,
            drawing=(Curve if "top" in drawing else Plane).from_dict(drawing) if drawing else None,
            guide=Guide(**guide) if guide else None,
        )
