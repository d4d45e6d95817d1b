"""What a lesson is: a question to answer first, the runs that answer it, and the claim that is held against them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from spiral_core.run import Run
from spiral_core.settings import Settings

SEED_LIMIT = 1000  # of what "Other random numbers" adds to the seeds

Named = tuple[tuple[str, Settings], ...]  # what each run is called, and its settings
Shown = Literal["boundaries", "curves", "first_losses", "trials", "check"]


class Option(NamedTuple):
    """An answer to choose. `reply` says why a wrong one tempts; the right one needs none."""

    text: str
    reply: str = ""


class Drawn(NamedTuple):
    """The run that can be drawn before it is shown, by its number, and what is asked. top: of the axis of its loss; None: its borders."""

    run: int
    top: float | None
    text: str


class Lesson(NamedTuple):
    """A lesson. All texts are English, marked for the catalogue.

    `holds` is true of runs that show everything that `claim`, `see`, the question and the right option say. Other random numbers
    may not, in at most 5 of 100 draws (`python -m benchmarks.verify lessons`); the page then says so.
    """

    title: str
    intro: str
    question: str
    options: tuple[Option, ...]
    answer: int  # the number of the right option
    runs: Callable[[int], Named]  # from what is added to the seeds
    claim: str  # what `holds` asks, in numbers
    holds: Callable[[Sequence[Run]], bool]
    see: str
    why: str
    measures: tuple[str, ...]  # columns of the table: names in MEASURES
    shows: Shown = "boundaries"
    transfer: str = ""  # the data set on which the claim is asked about once more
    goal: str = ""  # to try afterwards with the first run's data, as a link says it
    draws: Drawn | None = None  # in lessons that show curves or boundaries


def with_seed(settings: Settings, add: int) -> Settings:
    """The same settings with other random numbers; 0 leaves them as they are."""
    return settings.replace(seed=settings.seed + add, data=settings.data.replace(seed=settings.data.seed + add))


def with_data(settings: Settings, name: str) -> Settings:
    """The same settings on another data set, in all phases."""
    return settings.throughout(data=settings.data.replace(name=name, points=""))


def seeded(*runs: tuple[str, Settings]) -> Callable[[int], Named]:
    """Runs whose points and first weights follow from what is added to their seeds."""
    return lambda add: tuple((name, with_seed(settings, add)) for name, settings in runs)
