"""How a gradient becomes a step: the update rules of CS231n, in place on the flat parameter vector, and their schedules."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.settings import Settings


class Optimizer:
    """An update rule with its memory: `memory` (slots, P) is all that it carries from one step to the next.

    `step` changes `parameters` in place and uses `gradient` up.
    """

    slots = 0

    def __init__(self, settings: Settings, count: int) -> None:
        self.settings = settings
        self.memory = np.zeros((self.slots, count))
        self._spare = np.empty(count)

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        """Make update number t, counted from 1."""
        raise NotImplementedError


class SGD(Optimizer):
    """x ← x - lr·dx"""

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        gradient *= learning_rate
        parameters -= gradient


class Momentum(Optimizer):
    """v ← µ·v - lr·dx, x ← x + v"""

    slots = 1

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        (v,) = self.memory
        v *= self.settings.momentum
        gradient *= learning_rate
        v -= gradient
        parameters += v


class Nesterov(Optimizer):
    """v' ← µ·v - lr·dx, x ← x - µ·v + (1 + µ)·v', which is x + µ·v' - lr·dx"""

    slots = 1

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        (v,) = self.memory
        v *= self.settings.momentum
        gradient *= learning_rate
        v -= gradient
        parameters -= gradient
        parameters += np.multiply(v, self.settings.momentum, out=self._spare)


class Adagrad(Optimizer):
    """c ← c + dx², x ← x - lr·dx / (√c + ε)"""

    slots = 1

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        (c,) = self.memory
        c += np.multiply(gradient, gradient, out=self._spare)
        _divide_by_root(gradient, c, self.settings.epsilon, self._spare)
        gradient *= learning_rate
        parameters -= gradient


class RMSprop(Optimizer):
    """c ← d·c + (1 - d)·dx², x ← x - lr·dx / (√c + ε)"""

    slots = 1

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        (c,) = self.memory
        decay = self.settings.decay
        c *= decay
        squared = np.multiply(gradient, gradient, out=self._spare)
        squared *= 1 - decay
        c += squared
        _divide_by_root(gradient, c, self.settings.epsilon, self._spare)
        gradient *= learning_rate
        parameters -= gradient


class Adam(Optimizer):
    """m ← β₁·m + (1 - β₁)·dx, v ← β₂·v + (1 - β₂)·dx², x ← x - lr·m̂ / (√v̂ + ε), m̂ = m/(1 - β₁ᵗ), v̂ = v/(1 - β₂ᵗ)"""

    slots = 2

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        m, v = self.memory
        beta1, beta2 = self.settings.beta1, self.settings.beta2
        m *= beta1
        m += np.multiply(gradient, 1 - beta1, out=self._spare)
        v *= beta2
        gradient *= gradient
        gradient *= 1 - beta2
        v += gradient
        v_hat = np.divide(v, 1 - beta2**t, out=self._spare)
        np.sqrt(v_hat, out=v_hat)
        v_hat += self.settings.epsilon
        step = np.divide(m, v_hat, out=gradient)
        step *= learning_rate / (1 - beta1**t)
        parameters -= step


def _divide_by_root(gradient: FloatArray, squares: FloatArray, epsilon: float, spare: FloatArray) -> None:
    """gradient ← gradient / (√squares + ε)"""
    root = np.sqrt(squares, out=spare)
    root += epsilon
    gradient /= root


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
}

# The learning rate at iteration t, as a multiple of the first.
SCHEDULES: dict[str, Callable[[Settings, int], float]] = {
    "constant": lambda settings, t: 1.0,
    "step": lambda settings, t: settings.schedule_factor ** (t // settings.schedule_every),
    "exponential": lambda settings, t: math.exp(-settings.schedule_rate * t),
    "inverse": lambda settings, t: 1 / (1 + settings.schedule_rate * t),
}


def learning_rate_at(settings: Settings, iteration: int) -> float:
    """The learning rate of the update made at an iteration, counted from 0."""
    return settings.learning_rate * SCHEDULES[settings.schedule](settings, iteration)
