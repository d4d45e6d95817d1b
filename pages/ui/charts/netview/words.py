"""The sentences of the diagram: what it shows, and those that the browser fills in."""

from __future__ import annotations

from collections.abc import Sequence

from pages.ui.charts.figure import number
from pages.ui.text import _, ngettext, thousands
from spiral_core.analysis.needed import Needed
from spiral_core.network import Network
from spiral_core.phases import MAX_EDITED_UNITS
from spiral_core.run import Run

STRONGEST = 3  # units that the description names


def describe(run: Run, needed: Sequence[Needed]) -> str:
    """The net in sentences with numbers, for those who cannot see it."""
    sizes = run.network_at().sizes
    text = _("The net as a diagram, with the sizes {sizes}.").format(sizes=" – ".join(map(thousands, sizes)))
    if not run.settings.hidden:
        return text + " " + _("It has no hidden units: each score is a plane over the inputs.")
    for each in needed[:STRONGEST]:
        change = _("Without unit {unit} of hidden layer {layer} the loss would rise by {loss}.")
        if each.loss < 0:
            change = _("Without unit {unit} of hidden layer {layer} the loss would fall by {loss}.")
        text += " " + change.format(unit=each.unit + 1, layer=each.layer + 1, loss=number(abs(each.loss)))
    return text


def about(network: Network, drawn: Sequence[Sequence[int]], whole: bool) -> str:
    """What is drawn of the net."""
    if whole:
        return ""
    units, shown = network.unit_count, sum(map(len, drawn))
    if len(drawn) == len(network.sizes) - 2:
        text = _("{drawn} of {all} hidden units: those without which the loss would rise most.")
    else:
        text = ngettext(
            "{drawn} of {all} hidden units: those of the first layer without which the loss would rise most.",
            "{drawn} of {all} hidden units: those of the first {layers} layers without which the loss would rise most.",
            len(drawn),
        )
    return text.format(drawn=shown, all=thousands(units), layers=len(drawn))


def of_diagram(network: Network) -> dict[str, str]:
    """What the browser says: in braces what it fills in."""
    return _sentences(network) | _tools(linear=len(network.sizes) == 2) | _flow()


def _flow() -> dict[str, str]:
    """One point's numbers on their way through the net."""
    return {
        "ways": _("Which way"),
        "forward": _("Forward"),
        "backward": _("Backward"),
        "flowForward": _("A number is what its unit gives for this point; a line is as thick as what it carries, weight × number."),
        "flowBackward": _(
            "A number is the gradient of this point's loss at the unit's z; a line is as thick as its weight's gradient."
        ),
        "gives": _("{name}: gives {value} for this point."),
        "takesBack": _("{name}: the gradient at its z is {value} for this point."),
        "carries": _("{from} → {to}: {value} × weight {weight} = {product}"),
        "flowsBack": _("{from} → {to}: the gradient of the weight is {value} × {gradient} = {product}"),
    }


def _sentences(network: Network) -> dict[str, str]:
    """What is drawn, and what is pointed at."""
    switches = network.activation in ("relu", "leaky_relu")
    on = _("on for {share} of the points") if switches else _("z above 0 for {share} of the points")
    hint = _("Point at a unit: its output lies over the plane. Lines are weights, the thicker the larger.")
    wins, here = (
        _("its probability over the plane; it wins at {share} of the points"),
        _("At ({x}, {y}): class {name}, {share}"),
    )
    if len(network.sizes) == 2:
        hint = _("Point at a class: its probability lies over the plane. Lines are weights, the thicker the larger.")
    if network.loss_name == "hinge":
        wins = _("its lead over the other classes, full from 1 on; it wins at {share} of the points")
        here = _("At ({x}, {y}): class {name}, ahead by {lead}")
        if len(network.sizes) == 2:
            hint = _("Point at a class: its lead over the others lies over the plane. Lines are weights, the thicker the larger.")
    return {
        "name": _("The net"),
        "hint": hint,
        "positive": _("positive"),
        "negative": _("negative"),
        "more": _("{count} more"),
        "unit": _("Unit {unit}"),
        "unitOfLayer": _("Layer {layer}, unit {unit}"),
        "input": _("Input {name}"),
        "output": _("Class {name}"),
        "bias": _("bias"),
        "on": on,
        "towards": _("pushes towards class {name}"),
        "away": _("pushes away from class {name}"),
        "silent": _("nothing reads it"),
        "fold": _("The line on the plane is its fold, z = 0."),
        "inputSays": _("what the net sees of a point"),
        "outputSays": wins,
        "weight": _("Weight {from} → {to}: {value}"),
        "biasOf": _("Bias of {to}: {value}"),
        "gradient": _("gradient {value}"),
        "here": here,
        "hereUnits": _("At ({x}, {y}): what each unit gives"),
        "nearest": _("the point beside it, class {name}, costs {loss}"),
    }


def _tools(linear: bool) -> dict[str, str]:
    """Setting by hand and its outcome, and the switch between curves and net."""
    return {
        "inside": _("Inside"),
        "insideLong": _("Look inside this unit"),
        "which": _("Weight or bias to set"),
        "value": _("Its value"),
        "silence": _("Silence"),
        "silenceLong": _("Silence this unit"),
        "undo": _("Undo"),
        "reset": _("As it was"),
        "goOn": _("Let the gradient go on"),
        "byHand": _("Set by hand"),
        "choose": _("Click a line or a bias (◆) to set it by hand; click a unit of the first layer and drag its fold on the plane.")
        if linear
        else _("Click a line or a bias (◆) to set it by hand, a unit to look inside."),
        "tooLarge": _(
            "Only nets of up to {most} hidden units can be set by hand: of this one not all weights are in the browser."
        ).format(most=MAX_EDITED_UNITS),
        "curves": _("Curves"),
        "net": _("Net"),
        "panel": _("Beside the boundary"),
        "loss": _("Loss"),
        "lossParts": _("data {data} + regularisation {reg}"),
        "accuracy": _("Accuracy"),
        "heldOut": _("Held-out accuracy"),
    }
