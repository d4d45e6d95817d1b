"""Lessons about the shape of the boundary: straight edges, folds, regularisation, and the limit that noise sets."""

from __future__ import annotations

from collections.abc import Sequence

from pages.lessons.lesson import Drawn, Lesson, Option, seeded
from pages.lessons.measures import accuracy, data_loss, held_out, loss, squared_weights, test_loss
from pages.ui.visit.presets import START
from spiral_core.data_settings import DataSettings
from spiral_core.marking import N_
from spiral_core.run import Run


def _is_over_early(runs: Sequence[Run]) -> bool:
    short, long = runs
    return (
        all(0.4 < accuracy(run) < 0.65 for run in runs)
        and abs(accuracy(short) - accuracy(long)) < 0.03
        and abs(loss(short) - loss(long)) < 0.005
    )


_LINEAR = START.replace(hidden=())
LINEAR = Lesson(
    title=N_("A linear classifier cannot bend"),
    intro=N_(
        "The softmax linear classifier gives each class a score that grows steadily in one direction. The points where two "
        "scores are equal form a straight line."
    ),
    question=N_("After 200 iterations about half of the spiral's points are right. What do ten times as many iterations achieve?"),
    options=(
        Option(N_("nearly nothing")),
        Option(
            N_("about 75 %"),
            N_("More training usually helps. It cannot here: the best that three straight edges can do has already been reached."),
        ),
        Option(
            N_("more than 95 %"),
            N_("A net with a hidden layer would get there. Straight edges cannot follow an arm, however long the training."),
        ),
    ),
    answer=0,
    runs=seeded(
        (N_("200 iterations"), _LINEAR.replace(iterations=200)),
        (N_("2 000 iterations"), _LINEAR.replace(iterations=2000)),
    ),
    claim=N_(
        "Both runs get 40 to 65 % of the points right, less than 3 percentage points apart, and their losses differ by less "
        "than 0.005."
    ),
    holds=_is_over_early,
    see=N_(
        "Both pictures show the same three straight edges, and the losses are all but equal: training had finished long before."
    ),
    why=N_(
        "The lowest loss that straight edges allow is reached early. More iterations cannot help a model that lacks the shape; a "
        "hidden layer can."
    ),
    measures=("loss", "accuracy", "held_out"),
    goal="accuracy:0.85;weights:30;free:features~learning_rate~iterations~reg",
    draws=Drawn(1, None, N_("Where will the boundaries of the linear classifier run after 2 000 iterations?")),
    transfer="blobs",
)


def _folds_decide(runs: Sequence[Run]) -> bool:
    two, longer, six, fifty = map(accuracy, runs)
    return two < 0.8 and longer < 0.8 and six > max(two, longer) and fifty > 0.9


# A start and a rate with which small nets come as far as they can: with small weights and SGD six units look as poor as two.
_ABLE = START.replace(init="he", optimizer="adam", learning_rate=0.02, iterations=1500)
FOLDS = Lesson(
    title=N_("Hidden units make folds"),
    intro=N_(
        "A ReLU unit is zero on one side of a line and rises on the other: it folds the plane along that line. The last "
        "layer adds up the folds. All nets here start from He initialisation and train with Adam, which suits small nets "
        "well."
    ),
    question=N_("How many hidden units does it take to get more than nine out of ten spiral points right?"),
    options=(
        Option(
            N_("2 are enough"),
            N_(
                "Two units, two inputs: that looks like enough. But two units fold the plane along two lines only, and an "
                "arm turns further."
            ),
        ),
        Option(N_("somewhere between 3 and 50")),
        Option(
            N_("more than 50"),
            N_("The article uses 100 units, which makes training easy. The shape itself needs far fewer."),
        ),
    ),
    answer=1,
    runs=seeded(
        ("H = 2", _ABLE.replace(hidden=(2,))),
        (N_("H = 2, four times as long"), _ABLE.replace(hidden=(2,), iterations=6000)),
        ("H = 6", _ABLE.replace(hidden=(6,))),
        ("H = 50", _ABLE.replace(hidden=(50,))),
    ),
    claim=N_(
        "2 units get less than 80 % of the points right, even when trained four times as long; 6 units get more; 50 get "
        "more than 90 %."
    ),
    holds=_folds_decide,
    see=N_(
        "With 2 units the boundary has a few long edges and misses the arms, however long it trains. 6 units get further, "
        "though not always past 90 %; 50 follow the winding arms."
    ),
    why=N_(
        "Each unit adds one fold. An arm turns, so following it takes several. Six can be enough if they start in good "
        "places; spare units make a good start likely."
    ),
    measures=("loss", "accuracy", "held_out"),
    goal="accuracy:0.95;weights:60",
    transfer="circles",
)


def _a_little_is_best(runs: Sequence[Run]) -> bool:
    none, little, much = runs
    return (
        squared_weights(none) > squared_weights(little) > squared_weights(much)
        and data_loss(none) < data_loss(little) < data_loss(much)
        and test_loss(little) < min(test_loss(none), test_loss(much))
        and abs(held_out(little) - held_out(none)) < 0.1
        and held_out(little) > held_out(much) + 0.1
    )


_SURE = START.replace(
    init="he", optimizer="adam", learning_rate=0.01, iterations=1000,
    data=DataSettings(points_per_class=200, noise=0.6, test_fraction=0.8),
)  # fmt: skip
REGULARISATION = Lesson(
    title=N_("Regularisation: how much?"),
    intro=N_(
        "The term ½·λ·ΣW² puts a price on large weights. The same net learns 120 noisy points with three values of λ; 480 more are held out."
    ),
    question=N_("Which λ gives the lowest loss on held-out points?"),
    options=(
        Option(
            N_("λ = 0: none"),
            N_(
                "It has the lowest training loss, and gets about as many held-out points right. But where it is wrong, it "
                "is confidently wrong."
            ),
        ),
        Option(N_("λ = 0.003: a little")),
        Option(
            N_("λ = 0.1: a lot"),
            N_("If a little helps, more should help too. But this much flattens the boundary along with the confidence."),
        ),
    ),
    answer=1,
    runs=seeded(*((f"λ = {reg:g}", _SURE.replace(reg=reg)) for reg in (0.0, 0.003, 0.1))),
    claim=N_(
        "The held-out loss is lowest for λ = 0.003. Its held-out accuracy is within 10 percentage points of that for λ = 0, "
        "and more than 10 percentage points above that for λ = 0.1. ΣW² falls and the training data loss rises with λ."
    ),
    holds=_a_little_is_best,
    see=N_(
        "From left to right ΣW² shrinks and the training loss grows; the held-out loss is lowest in the middle. Look at the accuracy too: about as many "
        "held-out points are right without regularisation."
    ),
    why=N_(
        "Large weights make steep, confident answers; where they are wrong, the loss is huge. A small λ takes away "
        "confidence that the data do not support: fewer costly mistakes, not necessarily fewer mistakes. A large λ takes "
        "away the shape."
    ),
    measures=("data_loss", "test_loss", "held_out", "weights"),
    transfer="blobs",
)


def _size_does_not_matter(runs: Sequence[Run]) -> bool:
    clear, noisy, larger = runs
    return (
        held_out(clear) > 0.9
        and all(0.65 < held_out(run) < 0.85 for run in (noisy, larger))
        and abs(held_out(noisy) - held_out(larger)) < 0.05
    )


_ROOMY = START.replace(init="he", optimizer="adam", learning_rate=0.01, iterations=300)
_EVEN = DataSettings(points_per_class=200, test_fraction=0.5)
NOISE = Lesson(
    title=N_("Noise sets a limit"),
    intro=N_(
        "More noise pushes the arms into each other. Where two classes overlap, no classifier can get both right. 300 points "
        "train the nets, 300 are held out."
    ),
    question=N_("With noise 0.8 the net of 100 units misclassifies about one in four held-out points. What do 300 units achieve?"),
    options=(
        Option(
            N_("nearly all points right"),
            N_("A larger net can bend around more training points. It cannot know to which side the noise will push a new point."),
        ),
        Option(N_("about the same")),
        Option(
            N_("half of the errors gone"),
            N_("Three times the units should buy something. They would if the net were too small; here the data set the limit."),
        ),
    ),
    answer=1,
    runs=seeded(
        ("0.1 · H = 100", _ROOMY.replace(data=_EVEN.replace(noise=0.1))),
        ("0.8 · H = 100", _ROOMY.replace(data=_EVEN.replace(noise=0.8))),
        ("0.8 · H = 300", _ROOMY.replace(hidden=(300,), data=_EVEN.replace(noise=0.8))),
    ),
    claim=N_(
        "With noise 0.1 more than 90 % of the held-out points are right; with noise 0.8 both nets get 65 to 85 %, less "
        "than 5 percentage points apart."
    ),
    holds=_size_does_not_matter,
    see=N_(
        "With little noise more than nine out of ten are right. With much noise the two nets end close to each other, "
        "whatever their size."
    ),
    why=N_(
        "The noise is in the data, not in the model. Once the pattern is learned, what is left is chance, and a larger net "
        "can only memorise that chance."
    ),
    measures=("loss", "accuracy", "held_out"),
)
