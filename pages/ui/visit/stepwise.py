"""Training before the reader's eyes: a few iterations, a picture, and so on, until somebody pauses it.

The settings on the screen are always those of the run on the screen, so that its link, its files and going on are exact at any
moment.
"""

from __future__ import annotations

from pages.ui.visit import experiment, teacher_link
from pages.ui.visit.state import visit
from spiral_core.settings import Settings

PACES = (1, 10, 100, 1000)  # iterations from one picture to the next


def is_on() -> bool:
    """Whether training goes on by itself."""
    return visit().training_on


def pace() -> int:
    """Iterations from one picture to the next, as the reader chose them last."""
    return visit().pace


def choose_pace(iterations: int) -> None:
    visit().pace = iterations


def may_begin() -> bool:
    """Whether a teacher's link leaves the iterations to the reader."""
    return not teacher_link.rules().refused(experiment.current(), untrained())


def untrained() -> Settings:
    """The settings on the screen after the first update: earlier phases and weights set by hand are left out."""
    return experiment.current().alone().replace(iterations=1)


def begin_anew() -> None:
    """Train from the first random weights on."""
    _remember_iterations()
    experiment.show(untrained(), trains_on=True)


def go_on() -> None:
    """Train on from where the run on the screen ends."""
    _remember_iterations()
    experiment.show(experiment.current(), trains_on=True)


def _remember_iterations() -> None:
    visit().iterations_before = experiment.current().iterations


def pause() -> None:
    visit().training_on = False


def end(settings: Settings) -> None:
    """The run has ended by itself: with the iterations that the reader had set, if those are more, it ends there as well."""
    pause()
    wanted = min(visit().iterations_before, settings.max_iterations)
    arrive(settings.replace(iterations=max(wanted, settings.iterations)))


def following() -> Settings | None:
    """The settings of the next picture; None where the run may have no more iterations."""
    shown = experiment.current()
    more = min(pace(), shown.max_iterations - shown.iterations)
    if more <= 0:
        return None
    longer = shown.replace(iterations=shown.iterations + more)
    return None if teacher_link.rules().refused(shown, longer) else longer


def arrive(settings: Settings) -> None:
    """The next picture is on the screen. It is no step of undo: that of the beginning brings back what was there before."""
    visit().settings = settings
