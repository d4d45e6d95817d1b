"""Experiments to start from, each with a name and what it shows. Imports no Streamlit: the server trains them at start."""

from __future__ import annotations

from typing import NamedTuple

from spiral_core.case_study import SOFTMAX, TWO_LAYER
from spiral_core.data_settings import DataSettings
from spiral_core.marking import N_
from spiral_core.settings import Settings

# What the Playground opens with, and what its links start from (so it must not change): the article's net, with fewer
# iterations, so that a changed control is answered at once, and with points held out.
START = Settings(iterations=2000, data=DataSettings(test_fraction=0.2))


class Preset(NamedTuple):
    name: str  # in English, as the catalogue knows it
    story: str
    settings: Settings


PRESETS = (
    Preset(
        N_("Neural net"),
        N_("The article's net, 2 000 iterations, a fifth of the points held out."),
        START,
    ),
    Preset(
        N_("Article: linear classifier"),
        N_("Three linear scores cannot follow a spiral: about half of the points stay wrong."),
        SOFTMAX,
    ),
    Preset(
        N_("Article: two-layer net"),
        N_("One hidden layer of 100 ReLU units bends the boundary: 98 %."),
        TWO_LAYER,
    ),
    Preset(
        N_("Learning rate too high"),
        N_("The first long steps switch every hidden unit off, and a unit that is off at all points never comes back."),
        START.replace(learning_rate=10.0),
    ),
    Preset(
        N_("Learning rate too low"),
        N_("The loss falls, but so slowly that 2 000 iterations hardly leave the start."),
        START.replace(learning_rate=0.01),
    ),
    Preset(
        N_("Blows up"),
        N_("Learning rate × regularisation is above 2: each update makes the weights larger, until the loss overflows."),
        START.replace(hidden=(), learning_rate=30.0, reg=0.1),
    ),
    Preset(
        N_("Net too small"),
        N_("Three hidden units make three folds: too few for three arms."),
        START.replace(hidden=(3,)),
    ),
    Preset(
        N_("Overfitting"),
        N_("Few noisy points, a large net, no regularisation: the held-out loss turns upward while the training loss falls."),
        START.replace(
            hidden=(200,), init="he", optimizer="adam", learning_rate=0.01, reg=0.0,
            data=DataSettings(points_per_class=40, noise=0.4, test_fraction=0.5),
        ),
    ),
    Preset(
        N_("Too much regularisation"),
        N_("Large weights cost more than misclassified points, so the boundary stays nearly straight."),
        START.replace(reg=0.1),
    ),
    Preset(
        N_("All weights zero"),
        N_("Every hidden unit computes the same thing and gets the same gradient: nothing sets them apart."),
        START.replace(init="zero"),
    ),
    Preset(
        N_("Two hidden layers, Adam"),
        N_("A deeper net with He initialisation and Adam: smoother, and done in 1 000 iterations."),
        START.replace(hidden=(50, 50), init="he", optimizer="adam", learning_rate=0.01, iterations=1000),
    ),
)  # fmt: skip


def preset_of(settings: Settings) -> Preset | None:
    """The preset that these settings are, if they are one."""
    return next((preset for preset in PRESETS if preset.settings == settings), None)
