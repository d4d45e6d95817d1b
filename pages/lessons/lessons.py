"""The lessons: a question to answer first, runs that answer it, what to see in them, and the claim that the tests hold them to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from pages.ui.visit.presets import START
from spiral_core.analysis.gradient_lab import by_array, check_with
from spiral_core.analysis.trace import forward_back
from spiral_core.marking import N_
from spiral_core.run import Run
from spiral_core.search import Plan
from spiral_core.search.space import Dimension
from spiral_core.settings import DataSettings, Settings

Claim = Callable[[Sequence[Run]], bool]
SEED_LIMIT = 1000  # of what "other random numbers" adds to the seeds


class Lesson(NamedTuple):
    """A lesson. All texts are English, as the catalogue knows them."""

    title: str
    intro: str
    question: str
    options: tuple[str, ...]
    answer: int  # the number of the right option
    runs: tuple[tuple[str, Settings], ...]  # what each is called, and its settings
    see: str
    why: str
    measures: tuple[str, ...]  # columns of the table: names in MEASURES
    claim: Claim
    shows: Literal["boundaries", "rates", "check"] = "boundaries"


def with_seed(settings: Settings, add: int) -> Settings:
    """The same settings with other random numbers; 0 leaves them as they are."""
    return settings.replace(seed=settings.seed + add, data=settings.data.replace(seed=settings.data.seed + add))


# What the tables show of a run.


def dead_share(run: Run) -> float:
    """The share of hidden units of the first layer that are off at all training points."""
    h = forward_back(run.network_at(), run.data.train.X, run.data.train.y).layers[0].h
    return float((h <= 0).all(axis=0).mean())


def squared_weights(run: Run) -> float:
    return float(sum(np.square(W).sum() for W in run.network_at().weights))


def accuracy(run: Run) -> float:
    return float(run.history.train_accuracy[-1])


def held_out(run: Run) -> float:
    return float(run.history.test_accuracy[-1])


def loss(run: Run) -> float:
    """The loss at the end; of a run that diverged it is infinite."""
    return math.inf if run.divergence else float(run.history.loss[-1])


MEASURES: dict[str, tuple[str, str, Callable[[Run], float]]] = {
    "first_loss": (N_("First data loss"), "%.4f", lambda run: float(run.history.data_loss[0])),
    "chance": (N_("ln K"), "%.4f", lambda run: math.log(run.data.train.classes)),
    "loss": (N_("Loss"), "%.4f", lambda run: float(run.history.loss[-1])),
    "data_loss": (N_("Data loss"), "%.4f", lambda run: float(run.history.data_loss[-1])),
    "accuracy": (N_("Accuracy"), "percent", accuracy),
    "held_out": (N_("Held-out accuracy"), "percent", held_out),
    "test_loss": (N_("Held-out loss"), "%.4f", lambda run: float(run.history.test_loss[-1])),
    "weights": (N_("ΣW²"), "%.0f", squared_weights),
    "dead": (N_("Dead units"), "percent", dead_share),
    "rate": (N_("Learning rate"), "%.3g", lambda run: run.settings.learning_rate),
}


# The gradient check.

CHECKED_BUGS = (None, "no_average", "no_reg", "no_mask", "no_bias")


def check_errors(run: Run) -> dict[str | None, float]:
    """The worst relative error of each array-by-array check of the run's last net: without a bug (None), and with each bug."""
    network, data = run.network_at(), run.data.train.chosen(slice(None, None, 4))
    reg = run.settings.reg
    found = {}
    for bug in CHECKED_BUGS:
        arrays = by_array(network, check_with(bug, network, data.X, data.y, reg))
        found[bug] = max(array.error for array in arrays)
    return found


# Random against grid.

TRIALS = 9
SPACE = (Dimension("learning_rate", "log", 1e-3, 10.0), Dimension("reg", "log", 1e-7, 1e-5))


def _trials() -> tuple[tuple[str, Settings], ...]:
    """Nine points of a grid, then nine random ones."""
    base = START.replace(iterations=500)
    plans = {"grid": Plan(SPACE, base, "grid", TRIALS, "loss"), "random": Plan(SPACE, base, "random", TRIALS, "loss")}
    return tuple((name, plan.settings(i)) for name, plan in plans.items() for i in range(TRIALS))


def best_of(runs: Sequence[Run]) -> tuple[float, float]:
    """The lowest loss of the grid's trials, and of the random ones."""
    return min(map(loss, runs[:TRIALS])), min(map(loss, runs[TRIALS:]))


_QUICK = START.replace(iterations=1000)
_NOISY = DataSettings(points_per_class=40, noise=0.4, test_fraction=0.5)
_ADAM = START.replace(hidden=(200,), init="he", optimizer="adam", learning_rate=0.01, iterations=1000, data=_NOISY)
_TWO_ARMS = DataSettings(points_per_class=20, classes=2, test_fraction=0.5)

LESSONS: dict[str, Lesson] = {
    "chance": Lesson(
        N_("The loss before any training"),
        N_("A classifier that knows nothing gives each of the K classes the probability 1/K. The loss is minus the logarithm of the probability that the true class got."),
        N_("Three classes, tiny first weights, not one update made. What is the loss?"),
        ("0", N_("about 0.33"), N_("about 1.10"), N_("about 3")),
        2,
        tuple((f"K = {k}", START.replace(iterations=200, data=START.data.replace(classes=k))) for k in (2, 3, 5, 8)),
        N_("Whatever the random numbers, each run begins at ln K: the column of first losses and the column ln K agree."),
        N_("−ln(1/K) = ln K. A first loss far away from ln K says that the first weights are too large or that the loss is computed wrongly. No check is cheaper."),
        ("first_loss", "chance", "loss"),
        lambda runs: all(abs(run.history.data_loss[0] - math.log(run.data.train.classes)) < 0.01 for run in runs),
    ),
    "linear": Lesson(
        N_("A linear classifier cannot bend"),
        N_("The softmax linear classifier gives each class a score that grows steadily in one direction. Where two scores are equal there is a straight line."),
        N_("After 200 iterations about half of the spiral's points are right. What do ten times as many iterations bring?"),
        (N_("nearly nothing"), N_("about 75 %"), N_("more than 95 %")),
        0,
        (
            (N_("200 iterations"), START.replace(hidden=(), iterations=200)),
            (N_("2 000 iterations"), START.replace(hidden=(), iterations=2000)),
        ),
        N_("Both pictures show the same three straight edges, and both losses are equal to three decimals: training was over long before."),
        N_("The lowest loss that straight edges allow is reached early. More iterations cannot help a model that lacks the shape; a hidden layer can."),
        ("loss", "accuracy", "held_out"),
        lambda runs: all(accuracy(run) < 0.65 for run in runs) and abs(accuracy(runs[0]) - accuracy(runs[1])) < 0.03,
    ),
    "folds": Lesson(
        N_("Hidden units make folds"),
        N_("A ReLU unit is zero on one side of a line and rises on the other: it folds the plane along that line. The last layer adds the folds up."),
        N_("How many hidden units does it take to get more than nine of ten spiral points right?"),
        (N_("3 are enough"), N_("somewhere between 3 and 50"), N_("more than 50")),
        1,
        tuple((f"H = {h}", START.replace(hidden=(h,))) for h in (3, 6, 50)),
        N_("With 3 and 6 units the boundary has a few long edges and misses the arms; with 50 it winds along with them."),
        N_("Each unit brings one fold. A spiral arm turns, so it needs several; too few folds cannot follow it, however long they are trained."),
        ("loss", "accuracy", "held_out"),
        lambda runs: accuracy(runs[0]) < 0.8 and accuracy(runs[1]) < 0.8 and accuracy(runs[2]) > 0.9,
    ),
    "rate": Lesson(
        N_("Too low, right, too high"),
        N_("The learning rate is the length of a step against the gradient. The same net is trained with three of them, 1 000 iterations each."),
        N_("Rate 1 gets most points right. What happens with rate 10?"),
        (N_("it learns ten times as fast"), N_("it ends about the same"), N_("it ends no better than guessing")),
        2,
        tuple((f"{rate:g}", _QUICK.replace(learning_rate=rate)) for rate in (0.01, 1.0, 10.0)),
        N_("0.01 has hardly left ln 3 at the end; 1 falls steadily; 10 jumps in its first steps and then calls everything one class."),
        N_("The gradient is right only nearby. A step too long lands where the loss is higher, with weights so large that all hidden units are off; units that are off get no gradient and never return."),
        ("rate", "loss", "accuracy"),
        lambda runs: loss(runs[0]) > 1.0 and loss(runs[1]) < 0.5 and loss(runs[2]) > 1.0 and accuracy(runs[2]) < 0.4,
    ),
    "symmetry": Lesson(
        N_("Why weights begin at random"),
        N_("Zero looks like a fair start: no unit is preferred. Here one net begins with all weights zero, the other with small random ones."),
        N_("All weights are zero at the start. What does the hidden layer learn?"),
        (N_("nothing: its weights stay zero"), N_("all units learn the same thing"), N_("it learns, but more slowly")),
        0,
        ((N_("All zero"), _QUICK.replace(init="zero")), (N_("Small and random"), _QUICK)),
        N_("The loss of the first net stays at ln 3 to the last iteration, and its ΣW² is 0; the second one learns."),
        N_("The gradient of the last layer is the hidden outputs, which are zero; the gradient of the first comes through the last layer's weights, which are zero. Random numbers break the tie, and make each unit a different one."),
        ("loss", "accuracy", "weights"),
        lambda runs: (
            abs(loss(runs[0]) - math.log(3)) < 0.001 and squared_weights(runs[0]) < 1e-9 and accuracy(runs[1]) > 0.85
        ),
    ),
    "regularisation": Lesson(
        N_("Regularisation: how much?"),
        N_("The term ½·λ·ΣW² makes large weights cost something. The same large net learns 60 noisy points with three values of λ."),
        N_("Which λ gives the lowest loss on held-out points?"),
        (N_("λ = 0: every bit of freedom helps"), N_("λ = 0.001: a little"), N_("λ = 0.1: a lot")),
        1,
        tuple((f"λ = {reg:g}", _ADAM.replace(reg=reg)) for reg in (0.0, 0.001, 0.1)),
        N_("From left to right ΣW² shrinks and the boundary gets calmer. Without the term the training loss is lowest and the held-out loss is not; with too much of it the net no longer bends."),
        N_("Large weights make steep, sure answers; where they are wrong, the loss is huge. A small λ takes away the certainty that the data do not support. A large one takes away the shape."),
        ("data_loss", "test_loss", "accuracy", "weights"),
        lambda runs: (
            squared_weights(runs[0]) > squared_weights(runs[1]) > squared_weights(runs[2])
            and runs[1].history.test_loss[-1] < min(runs[0].history.test_loss[-1], runs[2].history.test_loss[-1])
            and runs[0].history.data_loss[-1] < runs[1].history.data_loss[-1]
        ),
    ),
    "twenty": Lesson(
        N_("Overfit twenty points first"),
        N_("Before a long training, see whether the net can learn a handful of points by heart. No regularisation, as many points held out."),
        N_("A net of 100 units, 20 training points. What happens?"),
        (
            N_("it gets all 20 right, and the held-out points as well as those"),
            N_("it gets all 20 right, and the held-out points worse"),
            N_("20 points are too few to learn from"),
        ),
        1,
        (
            (N_("20 points"), START.replace(reg=0.0, data=_TWO_ARMS)),
            (N_("200 points"), START.replace(reg=0.0, data=_TWO_ARMS.replace(points_per_class=200))),
        ),
        N_("The training loss of the 20 points goes to nearly zero: the program works. Their held-out loss is far above it; with 200 points the two come closer."),
        N_("A net that cannot learn 20 points by heart has a mistake somewhere, so this is a test of the program, not of the model. That it knows them by heart says nothing about other points."),
        ("data_loss", "test_loss", "accuracy", "held_out"),
        lambda runs: (
            accuracy(runs[0]) == 1.0
            and runs[0].history.data_loss[-1] < 0.1
            and runs[0].history.test_loss[-1] > 3 * runs[0].history.data_loss[-1]
            and _gap(runs[0]) > _gap(runs[1])
        ),
    ),
    "momentum": Lesson(
        N_("Momentum and Adam"),
        N_("The same net, the same gradients, 500 iterations. Only the way from gradient to step differs."),
        N_("SGD and momentum get the same learning rate, 0.1. Which one is further after 500 iterations?"),
        (N_("SGD"), N_("momentum"), N_("both are equally far")),
        1,
        (
            ("SGD, 0.1", START.replace(learning_rate=0.1, iterations=500)),
            (N_("Momentum, 0.1"), START.replace(learning_rate=0.1, optimizer="momentum", iterations=500)),
            (N_("Adam, 0.01"), START.replace(learning_rate=0.01, optimizer="adam", iterations=500)),
        ),
        N_("SGD has hardly begun to bend its boundary when momentum has found the arms; Adam, with a tenth of the rate, is furthest."),
        N_("With µ = 0.9 a steady gradient is added up to ten times its length. Adam divides each weight's step by the usual size of its gradient, so that weights with small gradients move too."),
        ("loss", "accuracy", "held_out"),
        lambda runs: loss(runs[2]) < loss(runs[1]) < loss(runs[0]) - 0.1,
    ),
    "check": Lesson(
        N_("The gradient check finds a bug"),
        N_("A wrong gradient often still lowers the loss. The gradient check compares it, number by number, with the slope that is measured by moving one weight a little to both sides."),
        N_("A program forgets the ReLU's mask in the backward pass. What relative error does the check report?"),
        (N_("below 0.0000001"), N_("about 0.001"), N_("far above 0.01")),
        2,
        (("H = 20", START.replace(hidden=(20,), iterations=500)),),
        N_("The right gradient agrees to seven digits or more. Each of the classic bugs stands out, mostly by four powers of ten and more."),
        N_("The measured slope knows nothing of your derivation, so it cannot share its mistake. The course calls a relative error above 0.01 wrong and one below 0.0000001 good."),
        (),
        lambda runs: _check_holds(check_errors(runs[0])),
        "check",
    ),
    "random": Lesson(
        N_("Random search beats grid search"),
        N_("Nine trials to find a learning rate and a λ, each trained for 500 iterations: once on a grid of 3 × 3, once at random places of the same ranges. Here λ is so small that it hardly matters, which nobody knew before."),
        N_("Which nine trials find the lower loss?"),
        (N_("the grid"), N_("the random ones"), N_("it is a toss-up")),
        1,
        _trials(),
        N_("The grid has tried three learning rates, three times each. The random trials have tried nine."),
        N_("Usually a few settings matter and one does not know which. A grid repeats itself along those that do not; random trials never do."),
        (),
        lambda runs: best_of(runs)[1] < best_of(runs)[0],
        "rates",
    ),
    "dead": Lesson(
        N_("Dead ReLUs"),
        N_("A ReLU that is off at a point passes no gradient back from it. One that is off at all points gets no gradient at all."),
        N_("With learning rate 10, how many of the 100 hidden units are dead at the end?"),
        (N_("hardly any"), N_("about half"), N_("nearly all")),
        2,
        (("1", _QUICK), ("10", _QUICK.replace(learning_rate=10.0))),
        N_("The share of dead units: a few at rate 1, nearly all at rate 10. With none left the score of a point is the bias alone, the same everywhere."),
        N_("One huge step pushes a unit's line out of the data. Then no point switches it on, its gradient is zero, and nothing brings it back. A lower rate, He's initialisation or a leaky ReLU avoid it."),
        ("rate", "dead", "loss", "accuracy"),
        lambda runs: dead_share(runs[0]) < 0.3 and dead_share(runs[1]) > 0.8,
    ),
    "noise": Lesson(
        N_("Noise sets a limit"),
        N_("More noise pushes the arms into each other. Where two classes share a place, no classifier can get both right."),
        N_("With noise 0.8 the net of 100 units misses about every fourth held-out point. What do 300 units bring?"),
        (N_("nearly all points right"), N_("about the same"), N_("half of the misses gone")),
        1,
        (
            ("0.1 · H = 100", START.replace(data=START.data.replace(noise=0.1))),
            ("0.8 · H = 100", START.replace(data=START.data.replace(noise=0.8))),
            ("0.8 · H = 300", START.replace(hidden=(300,), data=START.data.replace(noise=0.8))),
        ),
        N_("With little noise more than nine of ten are right. With much noise the two nets end close to each other, whatever their size."),
        N_("The noise is in the data, not in the model. What is left when all patterns are learned is chance, and a larger net can only learn that chance by heart."),
        ("loss", "accuracy", "held_out"),
        lambda runs: (
            held_out(runs[0]) > 0.85 and accuracy(runs[0]) > 0.9 and accuracy(runs[2]) < 0.87 and abs(accuracy(runs[1]) - accuracy(runs[2])) < 0.06
        ),
    ),
}  # fmt: skip


def _gap(run: Run) -> float:
    """How much the held-out loss lies above the training loss."""
    return float(run.history.test_loss[-1] - run.history.data_loss[-1])


def _check_holds(errors: dict[str | None, float]) -> bool:
    return errors[None] < 1e-6 and all(error > 100 * errors[None] and error > 1e-4 for bug, error in errors.items() if bug)
