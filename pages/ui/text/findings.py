"""The diagnosis of a run in words: what was found, by which rule, from which source, and buttons that apply what it suggests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from pages.ui.charts.figure import number
from pages.ui.text import _, parameter_label, thousands, value_text
from spiral_core.analysis.diagnosis import Finding, diagnose
from spiral_core.analysis.evidence import FAR
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
        N_("Unlucky initial weights"),
        N_("This seed reaches {accuracy}, but half of {count} other seeds reach {median} or more."),
        N_("The accuracy is at least 5 percentage points below the median of the same settings with other seeds."),
        N2,
    ),
    "symmetric": Words(
        N_("All units are identical"),
        N_("All {units} hidden units started with the same weights, so they get the same gradient and stay identical for ever."),
        N_("The units of a hidden layer have equal weights at the start and at the end."),
        N2,
    ),
    "unstandardised": Words(
        N_("The data need standardising"),
        N_(
            "The coordinates have standard deviations of {low} to {high}, and a mean lies {far} standard deviations from 0: "
            "steps that suit one weight do not suit another."
        ),
        N_(
            "A coordinate's standard deviation is below 0.1 or above 3, or its mean is more than 3 standard deviations from 0, "
            "and the points have not been learned."
        ),
        N2,
    ),
    "vanishing": Words(
        N_("The signal dies out along the way"),
        N_(
            "The outputs of the last hidden layer have a spread of only {spread} at the start, and the loss has not left its "
            "initial value."
        ),
        N_("Two or more hidden layers, a loss that never fell 2 % below its start, and little signal through the first layers."),
        N2,
    ),
    "over_regularised": Words(
        N_("Too much regularisation"),
        N_("The penalty pulls on the weights {pull} times as hard as the points do: weights cost more than misclassified points."),
        N_(
            "L2 of at least 0.01 or L1 of at least 0.003, a penalty gradient at least half the size of the data gradient, and "
            "accuracy lost."
        ),
        N2,
    ),
    "saturated": Words(
        N_("Saturated units"),
        N_("{share} of the outputs of a layer lie at the ends of the activation's range, where its slope is nearly zero."),
        N_("At least half of a layer's outputs are saturated, and the points have not been learned."),
        N1,
    ),
    "dead": Words(
        N_("Dead units"),
        N_("{share} of the units of a layer fire at no training point: no gradient reaches them any more."),
        N_("At least 40 % of a layer's units are dead, and the points have not been learned."),
        N1,
    ),
    "rate_too_high": Words(
        N_("The learning rate is probably too high"),
        N_("The loss rose in {rises} of the last {count} logged steps and ends at {above_best} times its lowest value."),
        N_(
            "The loss rises in at least a fifth of the last logged steps and its last values lie 15 % above the lowest, or the "
            "run ends worse than guessing."
        ),
        N3,
    ),
    "overfit": Words(
        N_("Overfitting"),
        N_("The held-out loss was lowest, {lowest}, at iteration {at}; now it is {test_loss}, and the training loss {train_loss}."),
        N_("The held-out loss rose by at least 30 % and at least 0.1 above its lowest value and lies above the training loss."),
        N3,
    ),
    "rate_too_low": Words(
        N_("The learning rate is probably too low"),
        N_("An update moves the weights by only {pace} of their size, while the loss still has far to fall."),
        N_("Updates below 0.003 of the weights (the upper end of what is good near the end) before the points have been learned."),
        N3,
    ),
    "stopped_early": Words(
        N_("Stopped too early"),
        N_("In the second half of training the loss still fell by {fallen}."),
        N_("The loss was still falling when training ended, and the points have not been learned."),
        N3,
    ),
    "underfit": Words(
        N_("The model is too small"),
        N_("It gets {accuracy} right where a vote of each point's nearest neighbours gets {reachable}."),
        N_(
            "At most four units in a layer, and accuracy at least 6 percentage points below that of a vote of the five nearest "
            "neighbours."
        ),
        N1,
    ),
    "plateau": Words(
        N_("On a plateau"),
        N_("The loss hardly moves any more, at {accuracy} where a vote of each point's nearest neighbours gets {reachable}."),
        N_("Accuracy at least 6 percentage points below that of a vote of the five nearest neighbours, with nothing else found."),
        N3,
    ),
    "healthy": Words(
        N_("Healthy"),
        N_("Loss {loss}, {accuracy} of the training points right; a vote of each point's nearest neighbours gets {reachable}."),
        N_("None of the rules found anything."),
        N3,
    ),
}  # fmt: skip

# How some of a kind are told: a model in which nothing bends, and a run too short for more to be said.
VARIANTS = {
    "underfit": Words(
        N_("Nothing bends"),
        N_(
            "The scores are linear in the inputs, and more linear units would not change that: {accuracy} right, where a vote of each "
            "point's nearest neighbours gets {reachable}. A hidden layer with another activation bends them."
        ),
        N_(
            "No hidden layer with an activation that bends, and accuracy at least 6 percentage points below that of a vote of the five "
            "nearest neighbours."
        ),
        N1,
    ),
    "stopped_early": Words(
        N_("Stopped too early"),
        N_("Training ended at iteration {iteration} with {accuracy} right: too early to tell whether anything else is wrong."),
        N_("Fewer than 20 logged losses, and the points have not been learned."),
        N3,
    ),
}

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


def words_of(finding: Finding) -> Words:
    """How a finding is told."""
    other = finding.values.get("units") == 0 or (finding.kind == "stopped_early" and "iteration" in finding.values)
    return VARIANTS[finding.kind] if other else WORDS[finding.kind]


def all_words() -> Iterator[Words]:
    """How all findings are told, in the order in which they are looked for."""
    for kind, words in WORDS.items():
        yield from (words, *([VARIANTS[kind]] if kind in VARIANTS else []))


def sentence(finding: Finding) -> str:
    """What was found, with its numbers."""
    text = _(words_of(finding).sentence)
    if finding.kind == "unstandardised" and finding.values["far"] <= FAR:  # the mean is not the reason
        text = _("The coordinates have standard deviations of {low} to {high}: steps that suit one weight do not suit another.")
    return text.format(**{name: value_words(name, value) for name, value in finding.values.items()})


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
