"""What is worth trying against each finding, the likeliest first: changes of settings, not yet tried."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from spiral_core.dropout import drops
from spiral_core.rules import SettingError
from spiral_core.settings import FIELDS, Settings

Remedy = Mapping[str, Any]  # changes of Settings fields
Values = Mapping[str, float]  # what the finding's rule measured

MAX_CANDIDATES = 7
HELD_BACK = ("rate_too_high", "rate_too_low", "stopped_early", "underfit", "plateau")  # what much dropout can look like
ADAM: Remedy = {"optimizer": "adam", "learning_rate": 0.01, "init": "he", "schedule": "constant"}


def candidates(kind: str, values: Values, settings: Settings) -> tuple[Remedy, ...]:
    """Changes that these settings allow and that change something; behind those that fit the finding, what often helps anyway."""
    if kind not in _FIRST:
        return ()
    standardise = {"data": settings.data.replace(scale="standardise")}
    whole: list[Remedy] = [{"dropout": 0.0}] if drops(settings) and kind in HELD_BACK else []
    listed = [*whole, *_FIRST[kind](values, settings), ADAM, {**ADAM, "hidden": (100,)}, {**ADAM, **standardise}, standardise]
    found: dict[Settings, Remedy] = {settings: {}}
    for remedy in listed:
        try:
            changed = settings.throughout(**remedy)
        except SettingError:  # such as more work than one run may have
            continue
        found.setdefault(changed, {name: value for name, value in remedy.items() if getattr(settings, name) != value})
    return tuple(found.values())[1 : MAX_CANDIDATES + 1]


def _diverged(values: Values, s: Settings) -> Sequence[Remedy]:
    decay = [{"reg": _rounded(0.1 / s.learning_rate)}] if s.reg * s.learning_rate > 1 else []
    return [*decay, _rate(s, 0.1), _rate(s, 0.01), _rate(s, 0.001)]


def _symmetric(values: Values, s: Settings) -> Sequence[Remedy]:
    return [{"init": "he"}, {"init": "glorot"}, {"init": "small"}]


def _over_regularised(values: Values, s: Settings) -> Sequence[Remedy]:
    name = "reg_l1" if s.reg_l1 * 10 > s.reg else "reg"
    value = getattr(s, name)
    return [{name: _rounded(value / 10)}, {name: _rounded(value / 100)}, {"reg": 0.0, "reg_l1": 0.0}]


def _saturated(values: Values, s: Settings) -> Sequence[Remedy]:
    return [_rate(s, 0.1), _rate(s, 0.01), {"init": "glorot"}, {**_rate(s, 0.1), "init": "glorot"}]


def _dead(values: Values, s: Settings) -> Sequence[Remedy]:
    return [_rate(s, 0.3), _rate(s, 0.1), {"activation": "leaky_relu"}, _rate(s, 0.03)]


def _rate_too_high(values: Values, s: Settings) -> Sequence[Remedy]:
    return [_rate(s, 0.3), _rate(s, 0.1), _rate(s, 0.03)]


def _overfit(values: Values, s: Settings) -> Sequence[Remedy]:
    more = {"data": s.data.replace(points_per_class=min(3 * s.data.points_per_class, 10_000))}
    stop = {"iterations": max(1, int(values["at"]) - s.begin)}  # of the last phase
    first = max(_rounded(10 * s.reg), 1e-3)
    return [{"reg": min(first, 10.0)}, {"reg": min(_rounded(3 * first), 10.0)}, stop, *([more] if s.data.given is None else [])]


def _rate_too_low(values: Values, s: Settings) -> Sequence[Remedy]:
    steady = [] if s.schedule == "constant" else [{"schedule": "constant"}]
    return [*steady, _rate(s, 10), _rate(s, 30), _rate(s, 100), {**_rate(s, 100), "init": "he"}]


def _stopped_early(values: Values, s: Settings) -> Sequence[Remedy]:
    patient = [{"patience": 0}] if s.patience else []
    least = 1000 if "iteration" in values else 1  # of a run too short for its loss to be judged
    return [*patient, _longer(s, 4, least), _longer(s, 10, least), _rate(s, 3)]


def _underfit(values: Values, s: Settings) -> Sequence[Remedy]:
    bend = [{"activation": "relu"}] if s.hidden and s.activation == "linear" else []
    return [*bend, {"hidden": (20,), **_bent(s)}, {"hidden": (100,), **_bent(s)}, {**ADAM, "hidden": (50,), **_bent(s)}]


def _plateau(values: Values, s: Settings) -> Sequence[Remedy]:
    momentum = [{"optimizer": "momentum", "learning_rate": _rate(s, 0.3)["learning_rate"]}] if s.optimizer == "sgd" else []
    return [{"init": "he"}, *momentum, _rate(s, 10), _longer(s, 4)]


def _vanishing(values: Values, s: Settings) -> Sequence[Remedy]:
    return [{"init": "he"}, {"init": "glorot"}, {**ADAM, "learning_rate": 0.003}]


def _unstandardised(values: Values, s: Settings) -> Sequence[Remedy]:
    data = {"data": s.data.replace(scale="standardise")}
    return [data, {**data, **_rate(s, 0.1)}, {**data, **ADAM}]


_FIRST: Mapping[str, Callable[[Values, Settings], Sequence[Remedy]]] = {
    "symmetric": _symmetric,
    "unstandardised": _unstandardised,
    "diverged": _diverged,
    "over_regularised": _over_regularised,
    "vanishing": _vanishing,
    "saturated": _saturated,
    "dead": _dead,
    "rate_too_high": _rate_too_high,
    "overfit": _overfit,
    "rate_too_low": _rate_too_low,
    "stopped_early": _stopped_early,
    "underfit": _underfit,
    "plateau": _plateau,
}


def _bent(s: Settings) -> dict[str, str]:
    """An activation that bends, where there is none."""
    return {"activation": "relu"} if s.activation == "linear" else {}


def _rounded(value: float) -> float:
    """To one digit, 1 or 3 where that is close: the steps of the sliders."""
    if value <= 0:
        return 0.0
    exponent = math.floor(math.log10(value))
    digit = value / 10**exponent
    return float(f"{1 if digit < 2 else 3 if digit < 6 else 10}e{exponent}")


def _rate(s: Settings, factor: float) -> dict[str, float]:
    field = FIELDS["learning_rate"]
    return {"learning_rate": min(max(_rounded(s.learning_rate * factor), field.low), field.high)}


def _longer(s: Settings, factor: int, least: int = 1) -> dict[str, int]:
    return {"iterations": min(max(s.iterations * factor, least), s.max_iterations)}
