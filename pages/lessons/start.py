"""Lessons about what comes before a long training: the first loss, random weights, twenty points, the gradient check."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pages.lessons.lesson import Lesson, Option, seeded
from pages.lessons.measures import (
    accuracy,
    chance,
    check_errors,
    data_loss,
    first_loss,
    held_out,
    loss,
    squared_weights,
    test_loss,
)
from pages.ui.visit.presets import START
from spiral_core.data_settings import DataSettings
from spiral_core.marking import N_
from spiral_core.run import Run


def _starts_at_chance(runs: Sequence[Run]) -> bool:
    return all(abs(first_loss(run) - chance(run)) < 0.01 for run in runs)


CHANCE = Lesson(
    title=N_("The loss before any training"),
    intro=N_(
        "A classifier that knows nothing gives each of the K classes the probability 1/K. "
        "The loss is minus the logarithm of the probability that the true class gets."
    ),
    question=N_("Three classes, tiny initial weights, not one update made. What is the loss?"),
    options=(
        Option("0", N_("Nothing has gone wrong yet, so 0 seems fair. But a loss of 0 means confident and right at every point.")),
        Option(N_("about 0.33"), N_("0.33 is the probability that the true class gets. The loss is minus its logarithm.")),
        Option(N_("about 1.10")),
        Option(N_("about 3"), N_("There are 3 classes, but what counts is how surprised the model is: ln 3, which is about 1.10.")),
    ),
    answer=2,
    runs=seeded(*((f"K = {k}", START.replace(iterations=200, data=START.data.replace(classes=k))) for k in (2, 3, 5, 8))),
    claim=N_("Each initial loss lies within 0.01 of ln K."),
    holds=_starts_at_chance,
    see=N_("The points lie on the curve ln K: before training, the number of classes alone determines the loss."),
    why=N_(
        "−ln(1/K) = ln K. An initial loss far from ln K means that the initial weights are too large or that the loss is "
        "computed incorrectly. No check is cheaper."
    ),
    measures=("first_loss", "chance"),
    shows="first_losses",
    transfer="moons",
)


def _only_random_weights_learn(runs: Sequence[Run]) -> bool:
    zero, random = runs
    return abs(loss(zero) - math.log(3)) < 0.001 and squared_weights(zero) < 1e-9 and loss(random) < 0.6 and accuracy(random) > 0.8


_THOUSAND = START.replace(iterations=1000)
SYMMETRY = Lesson(
    title=N_("Why weights start at random"),
    intro=N_(
        "Zero looks like a fair start: no unit is preferred. Here one net begins with all weights zero, the other with small random ones."
    ),
    question=N_("All weights are zero at the start. What does the hidden layer learn?"),
    options=(
        Option(N_("nothing: its weights stay zero")),
        Option(
            N_("all units learn the same thing"),
            N_("That happens to weights that are equal but not zero. Zero is worse: no gradient reaches the hidden layer at all."),
        ),
        Option(
            N_("it learns, but more slowly"),
            N_("Training usually finds a way out of a poor start. Not here: where the gradient is zero, nothing ever moves."),
        ),
    ),
    answer=0,
    runs=seeded((N_("All zero"), _THOUSAND.replace(init="zero")), (N_("Small and random"), _THOUSAND)),
    claim=N_(
        "From zero the loss stays at ln 3 and ΣW² at 0; from small random weights the net gets more than 80 % of the points right."
    ),
    holds=_only_random_weights_learn,
    see=N_("The loss of the first net stays at ln 3 to the last iteration, and its ΣW² at 0; the second net learns."),
    why=N_(
        "The gradient of the last layer is built from the hidden outputs, which are zero; the gradient of the first comes "
        "through the last layer's weights, which are zero too. Random numbers break the tie and make each unit different."
    ),
    measures=("loss", "accuracy", "weights"),
    transfer="circles",
)


def _gap(run: Run) -> float:
    return test_loss(run) - data_loss(run)


def _memorises_twenty(runs: Sequence[Run]) -> bool:
    few, many = runs
    return (
        accuracy(few) == 1
        and data_loss(few) < 0.1
        and held_out(few) < 0.95
        and test_loss(few) > 3 * data_loss(few)
        and _gap(few) > _gap(many)
    )


def _moons(points_per_class: int, test_fraction: float) -> DataSettings:
    """Noisy moons: no place belongs to both classes, as the centre of a spiral does."""
    return DataSettings(name="moons", points_per_class=points_per_class, noise=0.5, test_fraction=test_fraction)


_FREE = START.replace(init="he", optimizer="adam", learning_rate=0.01, reg=0.0, iterations=1000)
TWENTY = Lesson(
    title=N_("Overfit twenty points first"),
    intro=N_(
        "Before a long training run, see whether the net can memorise a handful of points. These are two noisy moons, without "
        "regularisation, with plenty of points held out."
    ),
    question=N_("A net of 100 units, 20 training points. What happens?"),
    options=(
        Option(
            N_("it gets all 20 right, and the held-out points as well"),
            N_("It does get all 20 right. But a boundary bent around each of 20 noisy points says little about where others lie."),
        ),
        Option(N_("it gets all 20 right, and fewer of the held-out points")),
        Option(
            N_("20 points are too few to learn from"),
            N_("Too few to learn the pattern, yes; but few points are all the easier to memorise."),
        ),
    ),
    answer=1,
    runs=seeded((N_("20 points"), _FREE.replace(data=_moons(100, 0.9))), (N_("200 points"), _FREE.replace(data=_moons(500, 0.8)))),
    claim=N_(
        "All 20 points are right, with a loss below 0.1; fewer than 95 % of the held-out points are. With 200 points the "
        "two losses are closer."
    ),
    holds=_memorises_twenty,
    see=N_(
        "The training loss of the 20 points is nearly zero: the program works. Their held-out loss is far above it; with 200 points the "
        "two are closer."
    ),
    why=N_(
        "If a large net cannot memorise 20 points, there is a mistake somewhere, so this tests the program, not the model. "
        "That it knows these points says nothing about others."
    ),
    measures=("data_loss", "test_loss", "accuracy", "held_out"),
    transfer="xor",
)


def _check_tells(runs: Sequence[Run]) -> bool:
    errors = check_errors(runs[0])
    right = errors.pop(None)
    return right < 1e-6 and all(error > 0.01 for error in errors.values())


CHECK = Lesson(
    title=N_("The gradient check finds a bug"),
    intro=N_(
        "A wrong gradient often still lowers the loss. The gradient check compares it, number by number, with the slope "
        "measured by nudging one weight a little in both directions."
    ),
    question=N_("A program forgets the ReLU's mask in the backward pass. What relative error does the check report?"),
    options=(
        Option(
            N_("below 0.0000001"),
            N_("That is what a correct gradient gets. A bug does not hide so well, even where the loss still falls."),
        ),
        Option(
            N_("about 0.001"),
            N_("Only some units are off at a point, so a small error seems likely. But the check reports the worst entry."),
        ),
        Option(N_("far above 0.01")),
    ),
    answer=2,
    runs=seeded(("H = 20", START.replace(hidden=(20,), iterations=500))),
    claim=N_("The correct gradient has an error below 0.000001; each of the four bugs has one above 0.01."),
    holds=_check_tells,
    see=N_(
        "The correct gradient agrees to six digits or more. Each of the classic bugs is at least ten thousand times as far off."
    ),
    why=N_(
        "The measured slope knows nothing of your derivation, so it cannot share its mistake. The course calls a relative error above "
        "0.01 wrong and one below 0.0000001 good."
    ),
    measures=(),
    shows="check",
    transfer="blobs",
)
