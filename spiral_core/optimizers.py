"""How a gradient becomes a step: the update rules of CS231n (Neural Networks 3), in place on the flat parameter vector.

A new optimizer is a class here and its line in `OPTIMIZERS`: settings, controls, links and exports read the table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from spiral_core.arrays import FloatArray
from spiral_core.marking import N_

if TYPE_CHECKING:
    from spiral_core.settings import Settings


class Optimizer:
    """An update rule and its state: `memory` (slots, P) is all that it carries from one step to the next.

    label: its name on the screen; uses: the settings that it reads beside the learning rate; script: the step of one parameter P
    with gradient dP in an exported script, where m and v are its memory, {names} are settings and {t} counts its steps from 1.
    """

    label: ClassVar[str]
    uses: ClassVar[tuple[str, ...]] = ()
    script: ClassVar[str]
    slots: ClassVar[int] = 0

    def __init__(self, settings: Settings, count: int) -> None:
        self.settings = settings
        self.memory = np.zeros((self.slots, count))
        self._spare = np.empty(count)

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        """Make update number t, counted from 1: changes `parameters` in place and uses `gradient` up."""
        raise NotImplementedError

    @staticmethod
    def decay_limit(settings: Settings) -> float:
        """The largest learning_rate · reg at which weight decay alone shrinks weights; beyond it each update enlarges them.

        With dx = reg·x the update is a linear recurrence, stable while the roots of its polynomial stay within the unit circle.
        Infinite where the step does not grow with the gradient.
        """
        return math.inf


class SGD(Optimizer):
    """x ← x - lr·dx"""

    label = N_("SGD")
    script = "P -= step_size * dP"

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        gradient *= learning_rate
        parameters -= gradient

    @staticmethod
    def decay_limit(settings: Settings) -> float:
        return 2.0  # x ← (1 - a)·x, |1 - a| ≤ 1


class Momentum(Optimizer):
    """v ← µ·v - lr·dx, x ← x + v  (Polyak 1964)"""

    label = N_("Momentum")
    uses = ("momentum",)
    script = "m[:] = {momentum} * m - step_size * dP\nP += m"
    slots = 1

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        (v,) = self.memory
        v *= self.settings.momentum
        gradient *= learning_rate
        v -= gradient
        parameters += v

    @staticmethod
    def decay_limit(settings: Settings) -> float:
        return 2 * (1 + settings.momentum)  # z² - (1 + µ - a)·z + µ


class Nesterov(Optimizer):
    """v' ← µ·v - lr·dx, x ← x - µ·v + (1 + µ)·v', which is x + µ·v' - lr·dx  (Nesterov 1983; Sutskever et al. 2013)"""

    label = N_("Nesterov")
    uses = ("momentum",)
    script = "before = m.copy()\nm[:] = {momentum} * m - step_size * dP\nP += -{momentum} * before + (1 + {momentum}) * m"
    slots = 1

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        (v,) = self.memory
        v *= self.settings.momentum
        gradient *= learning_rate
        v -= gradient
        parameters -= gradient
        parameters += np.multiply(v, self.settings.momentum, out=self._spare)

    @staticmethod
    def decay_limit(settings: Settings) -> float:
        return 2 * (1 + settings.momentum) / (1 + 2 * settings.momentum)  # z² - (1 + µ)·(1 - a)·z + µ·(1 - a)


class Adagrad(Optimizer):
    """c ← c + dx², x ← x - lr·dx / (√c + ε)  (Duchi et al. 2011)"""

    label = N_("Adagrad")
    uses = ("epsilon",)
    script = "m += dP**2\nP -= step_size * dP / (np.sqrt(m) + {epsilon})"
    slots = 1

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, t: int) -> None:
        (c,) = self.memory
        c += np.multiply(gradient, gradient, out=self._spare)
        _divide_by_root(gradient, c, self.settings.epsilon, self._spare)
        gradient *= learning_rate
        parameters -= gradient


class RMSprop(Optimizer):
    """c ← d·c + (1 - d)·dx², x ← x - lr·dx / (√c + ε)  (Tieleman & Hinton 2012)"""

    label = N_("RMSprop")
    uses = ("decay", "epsilon")
    script = "m[:] = {decay} * m + (1 - {decay}) * dP**2\nP -= step_size * dP / (np.sqrt(m) + {epsilon})"
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
    """m ← β₁·m + (1 - β₁)·dx, v ← β₂·v + (1 - β₂)·dx², x ← x - lr·m̂ / (√v̂ + ε)  (Kingma & Ba 2015)

    m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) make up for a memory that starts at zero.
    """

    label = N_("Adam")
    uses = ("beta1", "beta2", "epsilon")
    script = """\
t = {t}
m[:] = {beta1} * m + (1 - {beta1}) * dP
v[:] = {beta2} * v + (1 - {beta2}) * dP**2
P -= step_size * (m / (1 - {beta1} ** t)) / (np.sqrt(v / (1 - {beta2} ** t)) + {epsilon})"""
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
