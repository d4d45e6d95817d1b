"""The sharpness along a run: the largest eigenvalue of the Hessian of the training loss, beside the bound of stability.

Gradient descent on a quadratic of curvature λ multiplies the distance from the bottom by 1 - ηλ at each update: beyond λ = 2/η it
moves away. The sharpness of nets trained with the full batch tends to rise to that bound and to hover about it (Cohen et al. 2021,
"Gradient descent on neural networks typically occurs at the edge of stability").

The Hessian itself, P x P, is never made. Its product with a vector v is the derivative of the gradient along v, computed exactly by
one more pass forward and back (Pearlmutter 1994, "Fast exact multiplication by the Hessian"). For

    z = a·W + b, h = f(z), p = softmax(scores), dz = dh·f'(z)

with V, c the parts of v that belong to W, b, and R{·} for the derivative along v:

    R{z} = R{a}·W + a·V + c        R{h} = f'(z)·R{z}        R{dscores} = p·(R{s} - Σp·R{s}) / N
    R{dh} = R{dz}·Wᵀ + dz·Vᵀ       R{dz} = f'(z)·R{dh} + f''(z)·R{z}·dh
    R{dW} = R{a}ᵀ·dz + aᵀ·R{dz}    R{db} = ΣR{dz}

At the kinks of the ReLU, the leaky ReLU and the L1 penalty, f'' is taken as 0: the masks are held. The hinge is not smooth in the
scores themselves, and has no sharpness here. Lanczos' method finds the largest eigenvalue from such products.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spiral_core.analysis.health import sampled
from spiral_core.analysis.trace import forward_back, slopes
from spiral_core.arrays import FloatArray, IntArray
from spiral_core.datasets import Dataset, Split
from spiral_core.dropout import drops
from spiral_core.marking import N_
from spiral_core.network import Network
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.run import Run, network_of
from spiral_core.schedules import learning_rate_at
from spiral_core.settings import Settings

MAX_SNAPSHOTS = 25
MAX_STEPS = 60  # of Lanczos at a snapshot, each a product with the Hessian
BASIS_NUMBERS = 20_000_000  # of the vectors that Lanczos keeps: 160 MB; the largest nets get fewer steps
ENOUGH = 1e-4  # a residual, relative to the eigenvalue, from which no further step is made

HINGE = N_("the slope of the hinge jumps where a lead reaches 1, and the Hessian knows nothing of jumps")

FORMULAS = {"sgd": "2/η", "momentum": "2(1 + µ)/η", "nesterov": "2(1 + µ)/((1 + 2µ)η)"}  # of the bound, by optimizer

OTHER_RULE = N_(
    "This optimizer scales the step of each weight by itself, so the bound of plain gradient steps does not hold for it."
)
MINI_BATCHES = N_("The updates see mini-batches, and each batch has a loss of its own: there is no such bound for them.")
DROPOUT = N_("Dropout trains another net at each update: there is no such bound for it.")
VARYING = N_("The learning rate changes on the way, so the bound at each moment is that of a run which kept that rate.")


class SharpnessError(ValueError):
    """There is nothing to measure; its text is the reason."""


class Hessian:
    """The Hessian of a network's mean cross-entropy over points, plus ½·reg·ΣW², as a product with vectors (P,).

    What a product needs of the network is computed once, here. Raises SharpnessError for the hinge.
    """

    def __init__(self, network: Network, data: Dataset, reg: float = 0.0) -> None:
        if network.loss_name == "hinge":
            raise SharpnessError(HINGE)
        self._network = network
        done = forward_back(network, data.X, data.y)
        n = len(data.y)
        self._read = [layer.inputs for layer in done.layers]  # (N, n_in) a layer
        self._dz = [layer.dz / n for layer in done.layers]  # (N, n_out)
        self._probs = done.probs  # (N, K)
        self._share = 1 / n
        hidden = [layer.h for layer in done.layers[:-1]]
        self._slope = [slopes(network, h) for h in hidden]  # (N, H)  f'(z)
        behind = [dz @ W.T for dz, W in zip(self._dz[1:], network.weights[1:], strict=True)]  # (N, H)  dh
        bends = [bend(network.activation, h) for h in hidden]
        self._bent = [None if f2 is None else f2 * dh for f2, dh in zip(bends, behind, strict=True)]  # (N, H)  f''(z)·dh
        self._decay = reg * network.weight_mask()

    def times(self, v: FloatArray) -> FloatArray:
        """The Hessian's product with v: (P,) → (P,)."""
        W = self._network.weights
        V, c = self._network.split(v)
        last = len(W) - 1

        Rz: list[FloatArray] = []
        Ra: list[FloatArray | None] = [None]  # the points themselves do not move
        for i in range(last + 1):
            moved = self._read[i] @ V[i] + c[i]  # (N, n_out)
            before = Ra[i]
            if before is not None:
                moved += before @ W[i]
            Rz.append(moved)
            if i < last:
                Ra.append(self._slope[i] * moved)  # (N, H)

        p = self._probs
        Rdz = self._share * p * (Rz[-1] - (p * Rz[-1]).sum(axis=1, keepdims=True))  # (N, K)
        out = self._decay * v
        dW, db = self._network.split(out)
        for i in range(last, -1, -1):
            before = Ra[i]
            dW[i] += self._read[i].T @ Rdz  # (n_in, n_out)
            if before is not None:
                dW[i] += before.T @ self._dz[i]
            db[i] += Rdz.sum(axis=0)
            if i > 0:
                Rdh = Rdz @ W[i].T + self._dz[i] @ V[i].T  # (N, n_in)
                Rdz = self._slope[i - 1] * Rdh
                bent = self._bent[i - 1]
                if bent is not None:
                    Rdz += bent * Rz[i - 1]
        return out


def bend(activation: str, h: FloatArray) -> FloatArray | None:
    """f''(z) of hidden units, read off their outputs h; None for straight lines, whatever their kinks."""
    if activation == "tanh":
        return -2 * h * (1 - h * h)
    if activation == "sigmoid":
        return h * (1 - h) * (1 - 2 * h)
    return None


def largest_eigenvalue(hessian: Hessian, count: int, steps: int = MAX_STEPS, enough: float = ENOUGH) -> tuple[float, float]:
    """The largest eigenvalue of the Hessian over `count` parameters, and a bound: some eigenvalue lies no further away than that.

    Lanczos from a random vector, each new direction made orthogonal to all before. The bound is the norm of the residual
    H·x - θ·x of the unit vector x found; the error of θ itself is about its square. NaN twice where the Hessian is not finite.
    """
    steps = min(steps, count, max(1, BASIS_NUMBERS // count))
    basis = np.empty((steps, count))
    q = np.random.default_rng(0).standard_normal(count)
    q /= np.linalg.norm(q)
    diagonal, beside = np.empty(steps), np.empty(steps)
    theta = residual = math.nan
    for j in range(steps):
        basis[j] = q
        r = hessian.times(q)
        diagonal[j] = q @ r
        for _again in range(2):  # once leaves rounding behind, twice does not
            r -= basis[: j + 1].T @ (basis[: j + 1] @ r)
        beside[j] = np.linalg.norm(r)
        if not math.isfinite(diagonal[j] + beside[j]):
            return math.nan, math.nan
        tridiagonal = np.diag(diagonal[: j + 1]) + np.diag(beside[:j], 1) + np.diag(beside[:j], -1)
        values, vectors = np.linalg.eigh(tridiagonal)
        theta, residual = float(values[-1]), float(beside[j] * abs(vectors[-1, -1]))
        size = float(np.abs(values).max())
        if residual <= enough * abs(theta) or beside[j] <= 1e-14 * size:  # found, or nothing is left across the basis
            break
        q = r / beside[j]
    return theta, residual


@dataclass(frozen=True, eq=False)
class Sharpness:
    """One entry a measured snapshot (S,); NaN where the net there is not finite."""

    iteration: IntArray
    value: FloatArray
    error: FloatArray  # the distance within which there is an eigenvalue

    @property
    def nbytes(self) -> int:
        return int(self.iteration.nbytes + self.value.nbytes + self.error.nbytes)


def measured_rows(run: Run) -> IntArray:
    """Which snapshots of a run are measured: the first, the last, and those nearest to places evenly spaced on a log axis.

    Raises SharpnessError for the hinge.
    """
    if run.settings.loss == "hinge":
        raise SharpnessError(HINGE)
    known = run.snapshot_iterations
    wanted = np.append(0, np.geomspace(1, max(int(known[-1]), 1), MAX_SNAPSHOTS - 1))
    rows: IntArray = np.unique(np.abs(known[:, None] - wanted).argmin(axis=0))
    return rows


def sharpness(settings: Settings, data: Split, iterations: IntArray, snapshots: FloatArray) -> Sharpness:
    """The sharpness at snapshots (S, P) of a run, each with the L2 penalty of its phase; of very many points an even sample counts.

    Raises SharpnessError for the hinge.
    """
    train = sampled(data.train)
    found = np.empty((len(iterations), 2))
    with np.errstate(all="ignore"):
        for row, (i, parameters) in enumerate(zip(iterations.tolist(), snapshots, strict=True)):
            hessian = Hessian(network_of(settings, train, parameters), train, settings.phase_at(i).reg)
            found[row] = largest_eigenvalue(hessian, parameters.size)
    return Sharpness(iterations, found[:, 0], found[:, 1])


def has_bound(phase: Settings, points: int) -> bool:
    """Whether a phase's updates are those of gradient descent on one loss, of `points` points, by a rule that has a bound."""
    return math.isfinite(OPTIMIZERS[phase.optimizer].decay_limit(phase)) and not _batches(phase, points) and not drops(phase)


def _batches(phase: Settings, points: int) -> bool:
    return phase.batch_size is not None and phase.batch_size < points


def bound_at(settings: Settings, iteration: int, points: int) -> float:
    """The curvature beyond which the update made at an iteration is unstable, as in FORMULAS; NaN where there is no such bound.

    Along a direction of curvature λ the gradient is λ·x, as that of weight decay is reg·x: the limit of η·λ is the same.
    """
    phase, rate = settings.phase_at(iteration), learning_rate_at(settings, iteration)
    if not has_bound(phase, points) or rate <= 0:
        return math.nan
    return OPTIMIZERS[phase.optimizer].decay_limit(phase) / rate


def reservations(settings: Settings, points: int) -> list[str]:
    """Why there is no bound in some phase, and what it means where the rate varies: sentences, each once."""
    found = []
    for phase in settings.phases:
        if math.isinf(OPTIMIZERS[phase.optimizer].decay_limit(phase)):
            found.append(OTHER_RULE)
        if _batches(phase, points):
            found.append(MINI_BATCHES)
        if drops(phase):
            found.append(DROPOUT)
        if phase.schedule != "constant" and has_bound(phase, points):
            found.append(VARYING)
    return list(dict.fromkeys(found))
