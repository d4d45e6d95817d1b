"""Lessons about what a layer is for: inputs made by hand, depth without a bend, and folds placed by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pages.lessons.lesson import Lesson, Option, seeded
from pages.lessons.measures import accuracy, loss
from pages.ui.visit.presets import START
from spiral_core.data_settings import DataSettings
from spiral_core.marking import N_
from spiral_core.run import Run


def _a_product_is_enough(runs: Sequence[Run]) -> bool:
    plain, product, net = map(accuracy, runs)
    return plain < 0.7 and product > 0.9 and net > 0.9


_XOR = START.replace(
    init="he", optimizer="adam", learning_rate=0.02, iterations=600,
    data=DataSettings(name="xor", points_per_class=100, noise=0.1, test_fraction=0.2),
)  # fmt: skip
INPUTS = Lesson(
    title=N_("Inputs made by hand, or found by a layer"),
    intro=N_(
        "The class of an XOR point depends on whether x and y have the same sign. No straight line tells that, so the linear "
        "classifier hardly beats guessing. Now it is given a third input beside x and y: their product."
    ),
    question=N_("What does the linear classifier do with the inputs x, y and x·y?"),
    options=(
        Option(
            N_("about as badly as before"),
            N_("It is still linear, but in its inputs. A score that is linear in x·y is curved over the plane."),
        ),
        Option(N_("it gets more than nine out of ten points right")),
        Option(
            N_("it needs a hidden layer all the same"),
            N_("A hidden layer would find something like x·y by itself. Here somebody has found it already."),
        ),
    ),
    answer=1,
    runs=seeded(
        (N_("Linear: x, y"), _XOR.replace(hidden=())),
        (N_("Linear: x, y, x·y"), _XOR.replace(hidden=(), features=("x", "y", "xy"))),
        (N_("16 hidden units: x, y"), _XOR.replace(hidden=(16,))),
    ),
    claim=N_(
        "The linear classifier on x and y gets fewer than 70 % of the points right. With x·y it gets more than 90 %, and so does a "
        "net of 16 hidden units on x and y."
    ),
    holds=_a_product_is_enough,
    see=N_(
        "With the product the boundary of the linear classifier runs along the axes; the hidden units put it together from folds."
    ),
    why=N_(
        "The product is above 0 where x and y have the same sign: one weight on it settles the matter. Whoever knows the data can "
        "make such an input by hand. A hidden layer makes inputs for the last layer out of the data alone."
    ),
    measures=("loss", "accuracy", "held_out"),
    transfer="spiral",
)


def _depth_alone_gains_nothing(runs: Sequence[Run]) -> bool:
    flat, straight, bent = runs
    return (
        abs(accuracy(flat) - accuracy(straight)) < 0.06
        and abs(loss(flat) - loss(straight)) < 0.03
        and accuracy(straight) < 0.7
        and accuracy(bent) > 0.9
    )


_DEEP = START.replace(init="he", optimizer="adam", learning_rate=0.01, iterations=600)
DEPTH = Lesson(
    title=N_("Depth without a bend"),
    intro=N_(
        "Three hidden layers of 50 units have 5 403 weights and biases, the linear classifier has 9. Here the layers have the activation "
        "“Linear”: each unit passes on what it computes, without a ReLU."
    ),
    question=N_("How much better than the linear classifier are three layers without a ReLU?"),
    options=(
        Option(N_("hardly any better")),
        Option(
            N_("about 20 percentage points better"),
            N_("So many more weights should buy something. But all that these layers can compute, one matrix can compute too."),
        ),
        Option(
            N_("they get nearly all points right"),
            N_("With a ReLU they do. It is the bend that makes depth worth anything."),
        ),
    ),
    answer=0,
    runs=seeded(
        (N_("Linear classifier"), _DEEP.replace(hidden=())),
        (N_("3 layers, linear"), _DEEP.replace(hidden=(50, 50, 50), activation="linear")),
        (N_("3 layers, ReLU"), _DEEP.replace(hidden=(50, 50, 50))),
    ),
    claim=N_(
        "The linear classifier and the three layers without a ReLU end less than 6 percentage points and 0.03 in the loss apart, "
        "both below 70 %. With a ReLU the same layers get more than 90 % of the points right."
    ),
    holds=_depth_alone_gains_nothing,
    see=N_("The first two pictures show the same straight edges. The third net differs from the second in its activation alone."),
    why=N_(
        "A product of matrices is a matrix: x·W₁·W₂·W₃·W₄ is x·W with one W. Whatever lies between straight layers, the boundary stays "
        "straight, until something in between bends."
    ),
    measures=("loss", "accuracy", "held_out"),
    transfer="circles",
)


def _the_gradient_finishes_what_a_hand_began(runs: Sequence[Run]) -> bool:
    by_chance, set_by_hand, trained = runs
    return accuracy(set_by_hand) > 0.9 and accuracy(trained) > 0.95 and loss(trained) < 0.8 * loss(by_chance)


_RINGS = START.replace(
    hidden=(3,), init="he", learning_rate=0.5, iterations=100,
    data=DataSettings(name="circles", classes=2, test_fraction=0.2),
)  # fmt: skip


def _three_folds() -> tuple[tuple[int, float], ...]:
    """All parameters of the net: three folds round the middle, beyond each of which a unit speaks for the outer ring."""
    angles = [math.pi / 2 + 2 * math.pi * k / 3 for k in range(3)]
    folds = [number for angle in angles for number in (2 * math.cos(angle), 2 * math.sin(angle), -0.6)]  # two weights, the bias
    inner, outer = [-2.0, -2.0, -2.0, 0.3], [2.0, 2.0, 2.0, -0.3]  # three weights, the bias
    return tuple((place, round(number, 2)) for place, number in enumerate([*folds, *inner, *outer]))


BY_HAND = Lesson(
    title=N_("Be the training algorithm"),
    intro=N_(
        "Two rings, and a net of three hidden units. This time its 17 weights and biases were set by hand: three folds around the "
        "inner ring, and beyond each of them a unit that votes for the outer ring. Only then does the gradient take over, for 100 "
        "iterations."
    ),
    question=N_("What does training do with a net that was set up well by hand?"),
    options=(
        Option(
            N_("it first has to unlearn what was set by hand"),
            N_("The gradient does not know who set a weight. It only asks in which direction the loss falls from here."),
        ),
        Option(N_("it refines it, and ends well below a random start")),
        Option(
            N_("it ends where a random start ends, only sooner"),
            N_(
                "With only three units the start matters: from random weights, 100 iterations are rarely enough to bring them all around."
            ),
        ),
    ),
    answer=1,
    runs=seeded(
        (N_("Random weights"), _RINGS),
        (N_("Set by hand, 1 iteration"), _RINGS.replace(iterations=1, edits=_three_folds())),
        (N_("Set by hand, 100 iterations"), _RINGS.replace(edits=_three_folds())),
    ),
    claim=N_(
        "Set by hand, the net gets more than 90 % of the points right after a single update. After 100 it gets more than 95 %, and its "
        "loss is less than 80 % of what the same net reaches from random weights."
    ),
    holds=_the_gradient_finishes_what_a_hand_began,
    see=N_(
        "By hand the boundary is a triangle with blunt corners; the gradient rounds it off. Now you: open the first run in the "
        "Playground, choose “Net”, click a unit, and drag its fold on the plane."
    ),
    why=N_(
        "Placing folds is what training does. From random weights it has to find their places first, and of three units none can be "
        "spared. Three folds can be placed by hand; nobody could place a hundred. That is what the gradient is for."
    ),
    measures=("loss", "accuracy", "held_out"),
    transfer="spiral",
)
