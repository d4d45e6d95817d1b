"""Numbers and activations as the formulas of One point show them."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """A number in a sentence; ∞ for what left all bounds, be it as the difference of two such."""
    if not math.isfinite(value):
        return "∞"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3g}"


def tex(value: float) -> str:
    """A number in a formula."""
    text = f"{value:.9g}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"  # of points far from 0 the last digits differ
    if "e" in text:
        digits, exponent = text.split("e")
        return rf"{digits}\cdot 10^{{{int(exponent)}}}"
    return text if math.isfinite(value) else r"\infty"


def activation_tex(name: str) -> str:
    """The activation as a function in a formula."""
    return {
        "relu": r"\max(0,\cdot)", "leaky_relu": r"\max(0.01\,\cdot,\cdot)", "tanh": r"\tanh", "sigmoid": r"\sigma",
        "linear": r"\mathrm{id}",
    }[name]  # fmt: skip


def slope_tex(name: str, layer: int) -> str:
    """The activation's slope in a hidden layer, counted from 1."""
    z, h = f"z_{{{layer}}}", f"h_{{{layer}}}"
    return {
        "relu": rf"1[{z} > 0]", "leaky_relu": rf"(0.01 + 0.99\cdot 1[{z} > 0])", "tanh": rf"(1 - {h}^2)", "sigmoid": rf"{h}(1 - {h})",
        "linear": "1",
    }[name]  # fmt: skip
