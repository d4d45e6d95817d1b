"""Runs in phases: one that begins where another one ended, with other hyperparameters, and with some weights set by hand.

`Settings(after=A, …)` goes on from the end of A's run: the same data and net, an optimizer whose memory is new, a schedule that
counts from 0, and mini-batches whose epochs go on, since they depend on the seed and the iteration of the whole chain alone. All
iterations are those of the whole chain. `edits` are set before a phase's first update: in what the phase before it left, or in the
first random weights; an index is a place in `Network.parameters`.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from spiral_core.fields import Constraint
from spiral_core.marking import N_
from spiral_core.rules import Rule, SettingError

if TYPE_CHECKING:
    from spiral_core.data_settings import DataSettings
    from spiral_core.settings import Settings

MAX_PHASES = 10
MAX_EDITS = 64  # of one phase
MAX_EDIT = 1000.0
MAX_EDITED_UNITS = 24  # hidden units of a net whose weights may be set by hand: as many as are drawn

SHARED = ("data", "hidden", "features", "activation", "loss", "init", "seed")  # by all phases of a chain
SHAPING = ("data", "hidden", "features")  # what the places of the weights depend on

SAME = Rule("same in all phases", N_("the same in all phases"))
FEW_PHASES = Rule("phases", N_("few enough that there are at most {most} phases in all"), {"most": MAX_PHASES})
SMALL_NET = Rule(
    "edits of a small net",
    N_("left out for nets of more than {most} hidden units in all: those are not drawn"),
    {"most": MAX_EDITED_UNITS},
)
EARLIER = Rule(
    "earlier phases", "Settings or None", screen=N_("phases in the form used by links, consistent with the other settings")
)


def _place_rule(count: int) -> Rule:
    return Rule("place of an edit", N_("of weights that the net has: numbers 0..{last}"), {"last": count - 1})


@dataclass(frozen=True)
class Edits(Constraint):
    """Weights set by hand: pairs of an index into the flat parameters and a value, kept in the order of the indices."""

    kind: ClassVar[str] = "edits"

    @property
    def rule(self) -> Rule:
        return Rule(
            "edits",
            "up to {most} pairs of a weight's number, each once, and a finite value in -{limit}..{limit}",
            {"most": MAX_EDITS, "limit": MAX_EDIT},
            screen=N_(
                "up to {most} times a weight’s number, “:” and a value in -{limit}..{limit}, joined by “,”, each number once"
            ),
        )

    def taken(self, value: Any) -> tuple[tuple[int, float], ...]:
        if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
            raise ValueError
        pairs = [(place, number) for place, number in value]
        if not all(_is_place(place) and _is_value(number) for place, number in pairs) or len(pairs) > MAX_EDITS:
            raise ValueError
        edits = {int(place): float(number) + 0.0 for place, number in pairs}  # no minus zero
        if len(edits) < len(pairs):
            raise ValueError
        return tuple(sorted(edits.items()))

    def read(self, text: str) -> tuple[tuple[int, float], ...]:
        pairs = [part.split(":") for part in text.split(",")] if text else []
        return self.taken([(int(place), float(number)) for place, number in pairs])


def _is_place(value: object) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= 0


def _is_value(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and abs(float(value)) <= MAX_EDIT  # nor NaN


@dataclass(frozen=True)
class Earlier(Constraint):
    """The settings of the phase before, or None. Their text depends on the phase itself: `spiral_core.link` writes and reads it."""

    kind: ClassVar[str] = "phases"

    @property
    def rule(self) -> Rule:
        return EARLIER

    def taken(self, value: Any) -> Any:
        if value is not None and not isinstance(value, Chain):
            raise ValueError
        return value

    def read(self, text: str) -> None:
        if text:
            raise ValueError


class Chain:
    """What settings know of the phases before them."""

    data: DataSettings
    iterations: int
    after: Settings | None
    edits: tuple[tuple[int, float], ...]

    @property
    def phases(self) -> tuple[Settings, ...]:
        """All phases from the first to this one."""
        found = [cast("Settings", self)]
        while found[-1].after is not None:
            found.append(found[-1].after)
        return tuple(reversed(found))

    @property
    def begin(self) -> int:
        """The iteration of the whole chain at which this phase begins."""
        return self.after.last_iteration if self.after is not None else 0

    @property
    def last_iteration(self) -> int:
        """The iteration of the whole chain at which this phase ends."""
        return self.iterations if self.after is None else self.begin + self.iterations

    @property
    def work(self) -> int:
        """Points × weights × iterations, of all phases together."""
        return sum(each.batch_points * each.parameter_count * each.iterations for each in self.phases)

    def phase_at(self, iteration: int) -> Settings:
        """The phase that makes the update at an iteration of the whole chain; at its end the last."""
        found = cast("Settings", self)
        while found.after is not None and iteration < found.begin:
            found = found.after
        return found

    def cut(self, iteration: int) -> Settings:
        """The chain up to an iteration, from 1 on; beyond its end as it is."""
        for phase in self.phases:
            if iteration <= phase.last_iteration:
                return phase.replace(iterations=max(iteration - phase.begin, 1))
        return cast("Settings", self)

    def followed(self, **changes: Any) -> Settings:
        """A further phase after this one, with other hyperparameters."""
        own = cast("Settings", self)
        return own.replace(**{"edits": ()} | changes | {"after": own})

    def branched(self, iteration: int, edits: Iterable[tuple[int, float]] = (), **changes: Any) -> Settings:
        """Another way from an iteration of the whole chain on: a phase like this one but for changes, with edits of the net there.

        Where a phase begins its own edits stay, since they are in the net that is seen there; at 0 the edits are of the first
        random weights. Raises SettingError.
        """
        own, phase = cast("Settings", self), self.phase_at(iteration)
        here = dict(phase.edits) if phase.begin == iteration else {}
        return own.replace(after=own.cut(iteration) if iteration else None, edits=tuple((here | dict(edits)).items()), **changes)

    def alone(self) -> Settings:
        """This phase from first random weights, without what was before it and without edits."""
        return cast("Settings", self).replace(after=None, edits=())

    def throughout(self, **changes: Any) -> Settings:
        """These settings with changes, in all phases where they share it. Edits go where weights get other places by it."""
        own = cast("Settings", self)
        if "after" in changes or (own.after is None and not own.edits):
            return own.replace(**changes)
        shared = {name: value for name, value in changes.items() if name in SHARED and value != getattr(own, name)}
        moved = own.replace(after=None, edits=(), **shared)
        shape = [(each.features, each.hidden, each.data.class_count) for each in (own, moved)]
        if shape[0] != shape[1]:
            shared["edits"] = ()
        done: Settings | None = None
        for phase in own.phases:
            done = phase.replace(after=done, **(shared if phase is not own else changes | shared))
        assert done is not None
        return done


def check(settings: Settings) -> None:
    """Whether a phase fits the one before it, and its edits the net. Raises SettingError."""
    before = settings.after
    if before is not None:
        if len(before.phases) >= MAX_PHASES:
            raise SettingError("after", FEW_PHASES, f"{len(before.phases)} phases before")
        for name in SHARED:
            if getattr(settings, name) != getattr(before, name):
                raise SettingError(name, SAME, getattr(settings, name))
    if settings.edits:
        if sum(settings.hidden) > MAX_EDITED_UNITS:
            raise SettingError("edits", SMALL_NET, settings.edits)
        if settings.edits[-1][0] >= settings.parameter_count:
            raise SettingError("edits", _place_rule(settings.parameter_count), settings.edits)


def line_up(phases: Iterable[Settings]) -> Settings:
    """Phases as one chain, from the first to the last; what each had before it is replaced. Raises SettingError."""
    done: Settings | None = None
    for phase in phases:
        done = phase.replace(after=done)
    if done is None:
        raise ValueError("phases must be one or more, got none")
    return done
