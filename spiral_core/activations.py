"""The activations, each backward directly under its forward, and the scales of the first weights.

All work in place, for speed: forward turns z into h; backward turns dh into dz = dh · h'(z), reads h'(z) off h, and uses h up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.marking import N_

LEAK = 0.01  # the slope of the leaky ReLU below zero


def relu(z: FloatArray) -> None:
    """h = max(0, z)"""
    z.clip(0, np.inf, out=z)  # twice as fast as np.maximum against a scalar


def relu_backward(dh: FloatArray, h: FloatArray) -> None:
    """dz = dh where z > 0, else 0"""
    dh *= np.greater(h, 0, out=h)


def leaky_relu(z: FloatArray) -> None:
    """h = max(z, 0.01·z)"""
    np.maximum(z, LEAK * z, out=z)


def leaky_relu_backward(dh: FloatArray, h: FloatArray) -> None:
    """dz = dh where z > 0, else 0.01·dh"""
    np.greater(h, 0, out=h)
    h *= 1 - LEAK
    h += LEAK
    dh *= h


def tanh(z: FloatArray) -> None:
    """h = tanh(z)"""
    np.tanh(z, out=z)


def tanh_backward(dh: FloatArray, h: FloatArray) -> None:
    """dz = dh · (1 - h²)"""
    h *= h
    dh *= np.subtract(1, h, out=h)


def sigmoid(z: FloatArray) -> None:
    """h = 1 / (1 + e^-z)"""
    np.negative(z, out=z)
    np.exp(z, out=z)  # inf for very negative z, whose reciprocal is the right 0
    z += 1
    np.reciprocal(z, out=z)


def sigmoid_backward(dh: FloatArray, h: FloatArray) -> None:
    """dz = dh · h · (1 - h)"""
    dh *= h
    dh *= np.subtract(1, h, out=h)


def linear(z: FloatArray) -> None:
    """h = z: layers of it are together no more than one."""


def linear_backward(dh: FloatArray, h: FloatArray) -> None:
    """dz = dh"""


class Activation(NamedTuple):
    """An activation, its name on the screen, and how an exported script writes it: h of {z}, and a line that turns {dh} into dz.

    No line: dz is dh as it is.
    """

    forward: Callable[[FloatArray], object]
    backward: Callable[[FloatArray, FloatArray], object]
    label: str
    script_forward: str
    script_backward: str


ACTIVATIONS = {
    "relu": Activation(relu, relu_backward, N_("ReLU"), "np.maximum(0, {z})", "{dh}[{h} <= 0] = 0"),
    "leaky_relu": Activation(
        leaky_relu, leaky_relu_backward, N_("Leaky ReLU"), f"np.maximum({{z}}, {LEAK} * {{z}})", f"{{dh}}[{{h}} <= 0] *= {LEAK}"
    ),
    "tanh": Activation(tanh, tanh_backward, N_("tanh"), "np.tanh({z})", "{dh} *= 1 - {h}**2"),
    "sigmoid": Activation(sigmoid, sigmoid_backward, N_("Sigmoid"), "1 / (1 + np.exp(-({z})))", "{dh} *= {h} * (1 - {h})"),
    "linear": Activation(linear, linear_backward, N_("Linear"), "{z}", ""),
}


# The first weights are drawn from a normal distribution of a standard deviation that depends on a layer's inputs and outputs.


def zero(n_in: int, n_out: int) -> float:
    return 0.0


def small(n_in: int, n_out: int) -> float:
    """CS231n, case study."""
    return 0.01


def inverse_sqrt(n_in: int, n_out: int) -> float:
    """LeCun et al. 1998: the outputs vary as the inputs do, where the activation is linear."""
    return 1 / math.sqrt(n_in)


def he(n_in: int, n_out: int) -> float:
    """He et al. 2015: the same for the ReLU, which drops half of the signal."""
    return math.sqrt(2 / n_in)


def glorot(n_in: int, n_out: int) -> float:
    """Glorot & Bengio 2010: a compromise between the signal's way forward and the gradient's way back."""
    return math.sqrt(2 / (n_in + n_out))


class Initialisation(NamedTuple):
    """scale(n_in, n_out) is the standard deviation of a layer's first weights."""

    scale: Callable[[int, int], float]
    label: str


INITIALISATIONS = {
    "zero": Initialisation(zero, N_("All zero")),
    "small": Initialisation(small, N_("0.01 · randn")),
    "inverse_sqrt": Initialisation(inverse_sqrt, N_("randn / √n")),
    "he": Initialisation(he, N_("He: randn · √(2/n)")),
    "glorot": Initialisation(glorot, N_("Glorot: randn · √(2/(n+m))")),
}
