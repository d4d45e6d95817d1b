"""The diagnosis of a run in words: what was found, by which rule, from which source, and buttons that apply what it suggests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from pages.ui.charts.figure import number
from pages.ui.text import _, parameter_label, thousands, value_text
from spiral_core.analysis.diagnosis import Finding, diagnose
from spiral_core.marking import N_
from spiral_core.run import Run

N3 = "CS231n, Neural Networks 3"  # learning and evaluation: rates, update ratios, gradient checks
N2 = "CS231n, Neural Networks 2"  # data, initialisation, regularisation
N1 = "CS231n, Neural Networks 1"  # units and activations


class Words(NamedTuple):
    """How a finding is told; texts in English, as the catalogue knows them."""

    title: str
    sentence: str  # with the finding's values
    rule: str
    source: str


WORDS = {
    "diverged": Words(
        N_("Diverged"),
        N_("The loss stopped being finite at iteration {iteration}; the last finite one was {loss}."),
        N_("The loss or its gradient is no longer a finite number."),
        N3,
    ),
    "unlucky": Words(
        N_("Unlucky first weights"),
        N_("This seed reaches {accuracy}, but half of {count} other seeds reach {median} or more."),
        N_("The accuracy is 5 points or more below the median of the same settings under other seeds."),
        N2,
    ),
    "symmetric": Words(
        N_("All units are the same"),
        N_("All {units} hidden units began with the same weights, so they get the same gradient and stay the same for ever."),
        N_("The units of a hidden layer have equal weights at the start."),
        N2,
    ),
    "unstandardised": Words(
        N_("The data want standardising"),
        N_("The coordinates deviate by {low} to {high}, and a mean lies {far} deviations from 0: steps that suit one weight do not suit another."),
        N_("A coordinate's deviation is below 0.1 or above 3, or its mean more than 3 deviations from 0, and the points are not learnt."),
        N2,
    ),
    "vanishing": Words(
        N_("The signal dies out on its way"),
        N_("The outputs of the last hidden layer spread by only {spread} at the start, and the loss has not left its first value."),
        N_("Two hidden layers or more, the loss never fell 2 % below its start, and little comes through the first layers."),
        N2,
    ),
    "over_regularised": Words(
        N_("Too much regularisation"),
        N_("The penalty pulls at the weights {pull} times as hard as the points do: weights cost more than wrong points."),
        N_("L2 of 0.01 or L1 of 0.003 or more, the penalty's gradient is at least half of the data's, and accuracy is lost."),
        N2,
    ),
    "saturated": Words(
        N_("Saturated units"),
        N_("{share} of the outputs of a layer lie at the ends of the activation, where its slope is nearly zero."),
        N_("Half of a layer's outputs or more are saturated, and the points are not learnt."),
        N1,
    ),
    "dead": Words(
        N_("Dead units"),
        N_("{share} of the units of a layer fire at no training point: no gradient reaches them any more."),
        N_("40 % of a layer's units or more are dead, and the points are not learnt."),
        N1,
    ),
    "rate_too_high": Words(
        N_("The learning rate is probably too high"),
        N_("The loss rose in {rises} of the last {count} logged steps and ends at {above_best} times its lowest value."),
        N_("A fifth of the last logged steps or more rise and the last losses lie 15 % above the lowest, or the end is worse than guessing."),
        N3,
    ),
    "overfit": Words(
        N_("Overfitting"),
        N_("The held-out loss was lowest, {lowest}, at iteration {at}; now it is {test_loss}, and the training loss {train_loss}."),
        N_("The held-out loss rose by 30 % and by 0.1 or more above its lowest value and lies above the training loss."),
        N3,
    ),
    "rate_too_low": Words(
        N_("The learning rate is probably too low"),
        N_("An update moves the weights by only {pace} of their size, while the loss still has far to fall."),
        N_("Updates below 0.003 of the weights, the upper end of what is good near the end, before the points are learnt."),
        N3,
    ),
    "stopped_early": Words(
        N_("Stopped too early"),
        N_("In the second half of the training the loss still fell by {fallen}."),
        N_("The loss was falling when training ended, and the points are not learnt."),
        N3,
    ),
    "underfit": Words(
        N_("The model is too small"),
        N_("It gets {accuracy} right where the points' own neighbours get {reachable}."),
        N_("At most four units in a layer, and 6 points or more below what the five nearest neighbours reach."),
        N1,
    ),
    "plateau": Words(
        N_("On a plateau"),
        N_("The loss hardly moves any more, at {accuracy} where the points' own neighbours get {reachable}."),
        N_("6 points or more below what the five nearest neighbours reach, with nothing else found."),
        N3,
    ),
    "healthy": Words(
        N_("Healthy"),
        N_("Loss {loss}, {accuracy} of the training points right; their own neighbours get {reachable}."),
        N_("None of the rules found anything."),
        N3,
    ),
}  # fmt: skip

_SHARES = {"accuracy", "median", "share", "fallen", "reachable"}
_COUNTS = {"iteration", "at", "count", "units", "rises"}
_RATIOS = {"pull", "above_best"}
_SMALL = {"pace", "spread", "low", "high", "far"}


_found: WeakKeyDictionary[Run, Finding] = WeakKeyDictionary()  # for as long as the run itself is kept


def finding_of(run: Run, others: Sequence[Run] = ()) -> Finding:
    """The diagnosis of a finished run, made once where there are no others to compare it with."""
    if others:
        return diagnose(run, others)
    if run not in _found:
        _found[run] = diagnose(run)
    return _found[run]


def value_words(name: str, value: float) -> str:
    """A finding's value as its sentence shows it."""
    if name in _SHARES:
        return f"{value:.1%}"
    if name in _COUNTS:
        return thousands(value)
    if name in _RATIOS and value < 1e4:
        return f"{value:.2f}"
    return f"{value:.2g}" if name in _SMALL else number(value)


def sentence(finding: Finding) -> str:
    """What was found, with its numbers."""
    return _(WORDS[finding.kind].sentence).format(**{name: value_words(name, value) for name, value in finding.values.items()})


def remedy_label(remedy: Mapping[str, Any]) -> str:
    """What a remedy changes: the settings and their new values."""
    parts = []
    for name, value in remedy.items():
        if name == "data" and value.scale != "none":
            name, value = "scale", value.scale
        elif name == "data":
            name, value = "points_per_class", value.points_per_class
        label = parameter_label(name)
        label = label if label[1:2].isdigit() else label[:1].lower() + label[1:]  # L1 stays L1
        parts.append(_("{label} {value}").format(label=label, value=value_text(name, value)))
    return _("try {changes}").format(changes=", ".join(parts))


def loss_words(loss: float) -> str:
    """A loss in a sentence; that of a run that diverged has no number."""
    return number(loss) if math.isfinite(loss) else "∞"
