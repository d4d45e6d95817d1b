"""Lessons about steps: the learning rate, momentum and Adam, units that die, and the search for a rate."""

from __future__ import annotations

from collections.abc import Sequence

from pages.lessons.lesson import Drawn, Lesson, Option, seeded
from pages.lessons.measures import accuracy, dead_share, loss
from pages.lessons.trials import CENTRES, ENDS, RANDOM, by_search, lowest, rates, spread_at_best, trials
from pages.ui.visit.presets import START
from spiral_core.marking import N_
from spiral_core.run import Run


def _only_the_middle_learns(runs: Sequence[Run]) -> bool:
    low, right, high = runs
    return (
        loss(low) > 1.0 and loss(right) < 0.6 and accuracy(right) > 0.75 and loss(high) > 1.0 and accuracy(high) < 0.4
        and dead_share(high) > 0.9
    )  # fmt: skip


_SHORT = START.replace(iterations=800)
RATE = Lesson(
    title=N_("Too low, just right, too high"),
    intro=N_(
        "The learning rate scales each step against the gradient. The same net is trained with three learning rates, 800 "
        "iterations each."
    ),
    question=N_("Rate 1 gets most points right. What happens with rate 10?"),
    options=(
        Option(
            N_("it learns ten times as fast"),
            N_("It does work from 0.01 to 1: longer steps, faster learning. But the gradient is only accurate locally."),
        ),
        Option(
            N_("it ends about the same"),
            N_("Jumping too far would do no harm if the net could come back. Here it cannot: its hidden units have died."),
        ),
        Option(N_("it ends no better than guessing")),
    ),
    answer=2,
    runs=seeded(*((f"{rate:g}", _SHORT.replace(learning_rate=rate)) for rate in (0.01, 1.0, 10.0))),
    claim=N_(
        "Rate 0.01 ends with a loss above 1, rate 1 with one below 0.6 and more than 75 % right, rate 10 with a loss above 1, fewer than 40 % right "
        "and more than 90 % of the units dead."
    ),
    holds=_only_the_middle_learns,
    see=N_(
        "At the end 0.01 has hardly left ln 3; 1 ends far below it; 10 shoots up in its first steps and then does no "
        "better than guessing."
    ),
    why=N_(
        "The gradient is only accurate locally. A step that is too long lands where the loss is higher, with weights so "
        "large that the hidden units are off; units that are off at every point get no gradient and never return."
    ),
    measures=("rate", "loss", "accuracy", "dead"),
    shows="curves",
    draws=Drawn(2, 10.0, N_("How will the loss of the run with learning rate 10 go?")),
    transfer="circles",
)


def _further_with_memory(runs: Sequence[Run]) -> bool:
    sgd, momentum, adam = runs
    return loss(adam) < loss(momentum) < loss(sgd) - 0.1 and accuracy(sgd) < 0.65 and 0.7 < accuracy(momentum) < accuracy(adam)


_BRIEF = START.replace(iterations=500)
MOMENTUM = Lesson(
    title=N_("Momentum and Adam"),
    intro=N_("The same net, the same initial weights, 500 iterations. Only the way from gradient to step differs."),
    question=N_("SGD and momentum get the same learning rate, 0.1. Which one is further along after 500 iterations?"),
    options=(
        Option(N_("SGD"), N_("Momentum can overshoot, so plain SGD sounds safer. At this rate it is too slow to get anywhere.")),
        Option(N_("momentum")),
        Option(
            N_("both are equally far along"),
            N_("The rate is the same, the step is not: momentum adds the earlier steps, which makes it up to ten times as long."),
        ),
    ),
    answer=1,
    runs=seeded(
        ("SGD, 0.1", _BRIEF.replace(learning_rate=0.1)),
        (N_("Momentum, 0.1"), _BRIEF.replace(learning_rate=0.1, optimizer="momentum")),
        ("Adam, 0.01", _BRIEF.replace(learning_rate=0.01, optimizer="adam")),
    ),
    claim=N_(
        "SGD ends with fewer than 65 % right; momentum with more than 70 % and a loss at least 0.1 lower; Adam with more right "
        "and a lower loss than both."
    ),
    holds=_further_with_memory,
    see=N_(
        "SGD is still where a linear classifier would be when momentum has found the arms. Adam, with a tenth of the rate, "
        "is furthest along."
    ),
    why=N_(
        "With µ = 0.9 a steady gradient adds up to ten times its length. Adam divides each weight's step by the usual size of its "
        "gradient, so that weights with small gradients move too."
    ),
    measures=("loss", "accuracy", "held_out"),
    shows="curves",
    goal="accuracy:0.95;iterations:150;free:optimizer~learning_rate~momentum~schedule~schedule_every~iterations",
    draws=Drawn(1, 1.5, N_("How will the loss of the run with momentum go?")),
    transfer="blobs",
)


def _most_die(runs: Sequence[Run]) -> bool:
    usual, high = runs
    return dead_share(usual) < 0.3 and dead_share(high) > 0.9


DEAD = Lesson(
    title=N_("Dead ReLUs"),
    intro=N_(
        "A ReLU that is off at a point passes no gradient back from it. One that is off at all points gets no gradient at all."
    ),
    question=N_("With a learning rate of 10, how many of the 100 hidden units are dead at the end?"),
    options=(
        Option(
            N_("hardly any"),
            N_("With rate 1 that is nearly so. But a step ten times as long throws a unit's line clear of the data."),
        ),
        Option(
            N_("about half"),
            N_(
                "A line moved at random might well leave half of the units on. But the bad steps push nearly all of them "
                "the same way: off."
            ),
        ),
        Option(N_("nearly all")),
    ),
    answer=2,
    runs=seeded(("1", _SHORT), ("10", _SHORT.replace(learning_rate=10.0))),
    claim=N_("With rate 1 fewer than 30 % of the units are dead, with rate 10 more than 90 %."),
    holds=_most_die,
    see=N_(
        "The share of dead units: small at rate 1, nearly all at rate 10. A net with no live units gives every point the "
        "same scores: its biases."
    ),
    why=N_(
        "One huge step pushes a unit's line away from the data. Then no point switches it on, its gradient is zero, and "
        "nothing brings it back. A lower rate, He initialisation or a leaky ReLU makes this rarer."
    ),
    measures=("rate", "dead", "loss", "accuracy"),
)


def _grids_repeat(runs: Sequence[Run]) -> bool:
    tried, best, part = rates(runs), lowest(runs), by_search(runs)
    return (
        tried == {ENDS: 3, CENTRES: 3, RANDOM: 9}
        and all(spread_at_best(part[grid]) < 0.02 for grid in (ENDS, CENTRES))
        and best[RANDOM] < best[ENDS]
    )


RANDOM_SEARCH = Lesson(
    title=N_("Random search tries more values"),
    intro=N_(
        "Nine trials of 200 iterations each to find a learning rate and a λ: on a 3 × 3 grid that reaches the ends of both "
        "ranges, on one whose levels lie inside them, and at random. Here λ hardly matters, which nobody knew in advance."
    ),
    question=N_("How many of a grid's nine trials tell us something that the others do not?"),
    options=(
        Option(
            N_("one: only the best counts"), N_("Only the best is kept, but the others show where not to look. Three of them do.")
        ),
        Option(N_("three: one for each learning rate")),
        Option(
            N_("all nine: no two are alike"),
            N_(
                "No two pairs are alike. But where λ does not matter, trials with the same rate are the same trial, three times over."
            ),
        ),
    ),
    answer=1,
    runs=trials,
    claim=N_(
        "Each grid tries 3 learning rates, random search 9. The three trials with a grid's best rate end with losses less "
        "than 0.02 apart. Random search beats the grid that reaches the ends."
    ),
    holds=_grids_repeat,
    see=N_(
        "The lines mark the learning rates tried: three on each grid, nine at random. At a grid's best rate, its three "
        "trials end with the same loss: λ changed nothing."
    ),
    why=N_(
        "Where few settings matter and nobody knows which, a grid spends its trials on repeats. That does not make random "
        "search the winner every time: a grid with a level in the right spot wins, as the inner grid does here in about "
        "seven out of ten draws. But with six settings, 729 trials on a grid try three values of each, and 729 random ones "
        "try 729."
    ),
    measures=(),
    shows="trials",
)
