"""The compiled loops: what `backprop` and `optimizers` compute, for narrow inputs and outputs, in one pass over the units.

Imported by `spiral_core.building` alone. Samples lie along the contiguous axis, as in `backprop`, and names are the same. Two
differences save work: scores are taken relative to those of the last class, which the softmax does not see, so that this class
needs neither products nor a gradient of its own (dscores sum to zero over the classes); and a unit's h is used for all of its
sums while it is in a register.

A kinked activation is h = z where z > 0, else leak·z: ReLU, leaky ReLU, linear. A smooth one has h' = c0 + c1·h - h².
Sums may be taken in any order that is the same each time (`reassoc`); NaN and infinities stay what they are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import carray, cfunc, njit  # type: ignore[attr-defined]

from spiral_core.arrays import FloatArray, IntArray

FLAGS: Any = {"fastmath": {"reassoc", "nsz", "contract"}, "error_model": "numpy"}
Pointer = Any

_loop = njit(**FLAGS)
_exact = njit(fastmath={"contract"}, error_model="numpy")  # where the order of operations is the point


LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10  # their sum is ln 2, to more digits than a number has
ROUNDER = 6755399441055744.0  # 1.5·2⁵²: adding it and taking it off rounds to a whole number
MOST = 708.0  # e^±MOST is a normal number
STRIDE = (
    32  # samples that a loop takes at a time; a batch ends with columns of zeros up to a multiple, so that nothing is left over
)
PRODUCT = 64  # sums of at most 8 classes, each 1 to 8, whose product is far from overflow: one logarithm for all

KINKED, TANH, SIGMOID = 0, 1, 2
SOFTMAX, HINGE = 0, 1
SGD, MOMENTUM, NESTEROV, ADAGRAD, RMSPROP, ADAM = range(6)


@_exact
def _exp_parts(x: float) -> tuple[float, float]:
    """e^x = s·(1 + p): s = 2^k, and p = e^r - 1 by its series, |r| ≤ ½·ln 2; within an ulp. NaN stays NaN."""
    x = -MOST if x < -MOST else x
    x = MOST if x > MOST else x
    k = (x * LOG2_E + ROUNDER) - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    p = 1 / 6227020800
    p = p * r + 1 / 479001600
    p = p * r + 1 / 39916800
    p = p * r + 1 / 3628800
    p = p * r + 1 / 362880
    p = p * r + 1 / 40320
    p = p * r + 1 / 5040
    p = p * r + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    p = p * r + 0.5
    p = p * r + 1.0
    return np.int64((np.int64(k) + 1023) << 52).view(np.float64), p * r


@_exact
def _exp(x: FloatArray) -> None:
    for i in range(len(x)):
        s, p = _exp_parts(x[i])
        x[i] = s + s * p


@_exact
def _tanh(z: FloatArray) -> None:
    """tanh z = (e^2z - 1) / (e^2z + 1), where e^2z - 1 keeps the digits of a small z."""
    for i in range(len(z)):
        x = 2 * z[i]
        x = -80.0 if x < -80.0 else x
        x = 80.0 if x > 80.0 else x
        s, p = _exp_parts(x)
        e = s * p + (s - 1)
        z[i] = e / (e + 2)


@_exact
def _sigmoid(z: FloatArray) -> None:
    for i in range(len(z)):
        s, p = _exp_parts(-z[i])
        z[i] = 1 / (1 + (s + s * p))


@_loop
def _bend(z: FloatArray, leak: float) -> None:
    for i in range(len(z)):
        z[i] = z[i] if z[i] > 0 else leak * z[i]


@_loop
def _activate(z: FloatArray, kind: int, leak: float) -> None:
    """h of z, in place."""
    if kind == KINKED:
        _bend(z, leak)
    elif kind == TANH:
        _tanh(z)
    else:
        _sigmoid(z)


@_loop
def _through(h: FloatArray, dh: FloatArray, kind: int, leak: float) -> None:
    """dz of dh, in place of h."""
    if kind == KINKED:
        for i in range(len(h)):
            h[i] = dh[i] if h[i] > 0 else leak * dh[i]
    elif kind == TANH:
        for i in range(len(h)):
            h[i] = dh[i] * (1 - h[i] * h[i])
    else:
        for i in range(len(h)):
            h[i] = dh[i] * (h[i] - h[i] * h[i])


@_loop
def _bent2(z: FloatArray, b: float, x0: FloatArray, x1: FloatArray, w0: float, w1: float, leak: float) -> None:
    for i in range(len(z)):
        h = b + w0 * x0[i] + w1 * x1[i]
        z[i] = h if h > 0 else leak * h


@_loop
def _mix4(
    z: FloatArray,
    b: float,
    x0: FloatArray,
    x1: FloatArray,
    x2: FloatArray,
    x3: FloatArray,
    w0: float,
    w1: float,
    w2: float,
    w3: float,
) -> None:
    for i in range(len(z)):
        z[i] = b + w0 * x0[i] + w1 * x1[i] + w2 * x2[i] + w3 * x3[i]


@_loop
def _add(z: FloatArray, x: FloatArray, w: float) -> None:
    for i in range(len(z)):
        z[i] += w * x[i]


@_loop
def _fill(x: FloatArray, value: float) -> None:
    for i in range(len(x)):
        x[i] = value


@_loop
def _raise_to(x: FloatArray, other: FloatArray) -> None:
    for i in range(len(x)):
        x[i] = other[i] if other[i] > x[i] else x[i]


@_loop
def _multiply(x: FloatArray, other: FloatArray) -> None:
    for i in range(len(x)):
        x[i] *= other[i]


@_loop
def _product(x: FloatArray) -> float:
    total = 1.0
    for i in range(len(x)):
        total *= x[i]
    return total


@_loop
def _sum(x: FloatArray) -> float:
    total = 0.0
    for i in range(len(x)):
        total += x[i]
    return total


@_loop
def _add4(
    z: FloatArray, x0: FloatArray, x1: FloatArray, x2: FloatArray, x3: FloatArray, w0: float, w1: float, w2: float, w3: float
) -> None:
    for i in range(len(z)):
        z[i] += w0 * x0[i] + w1 * x1[i] + w2 * x2[i] + w3 * x3[i]


@_loop
def _add8(
    z: FloatArray, x0: FloatArray, x1: FloatArray, x2: FloatArray, x3: FloatArray, x4: FloatArray, x5: FloatArray, x6: FloatArray,
    x7: FloatArray, w0: float, w1: float, w2: float, w3: float, w4: float, w5: float, w6: float, w7: float,
) -> None:  # fmt: skip
    for i in range(len(z)):
        z[i] += (
            w0 * x0[i] + w1 * x1[i] + w2 * x2[i] + w3 * x3[i] + w4 * x4[i] + w5 * x5[i] + w6 * x6[i] + w7 * x7[i]
        )  # fmt: skip


@_loop
def _or_zero(w: FloatArray, d: int, D: int) -> float:
    return w[d] if d < D else 0.0


@_loop
def _unit(z: FloatArray, X: FloatArray, a: int, w: FloatArray, kind: int, leak: float) -> None:
    """The output (n,) of one unit of the first layer for the samples from a on. X: (D + 1, N), w: (D + 1,)."""
    D, b = len(w) - 1, a + len(z)
    if D <= 2 and kind == KINKED:
        _bent2(z, w[D], X[0][a:b], X[D - 1][a:b], w[0], _or_zero(w, 1, D), leak)
        return
    for d in range(0, D, 4):
        x0, x1 = X[d][a:b], X[min(d + 1, D)][a:b]
        x2, x3 = X[min(d + 2, D)][a:b], X[min(d + 3, D)][a:b]
        w1, w2, w3 = _or_zero(w, d + 1, D), _or_zero(w, d + 2, D), _or_zero(w, d + 3, D)
        if d == 0:
            _mix4(z, w[D], x0, x1, x2, x3, w[d], w1, w2, w3)
        else:
            _add4(z, x0, x1, x2, x3, w[d], w1, w2, w3)
    _activate(z, kind, leak)


@_loop
def _scores(s: FloatArray, V: FloatArray, h: FloatArray, a: int, b: int) -> None:
    """The first K - 1 rows of s become the scores of their class less those of the last one. V: (K, H + 1); h: its columns a..b."""
    last, H, n = len(V) - 1, V.shape[1] - 1, b - a
    whole = H - H % 8
    for k in range(last):
        _fill(s[k][:n], V[k, H] - V[last, H])
    for j in range(0, whole, 8):
        h0, h1, h2, h3 = h[j][a:b], h[j + 1][a:b], h[j + 2][a:b], h[j + 3][a:b]
        h4, h5, h6, h7 = h[j + 4][a:b], h[j + 5][a:b], h[j + 6][a:b], h[j + 7][a:b]
        u = V[last]
        for k in range(last):
            v = V[k]
            _add8(
                s[k][:n], h0, h1, h2, h3, h4, h5, h6, h7,
                v[j] - u[j], v[j + 1] - u[j + 1], v[j + 2] - u[j + 2], v[j + 3] - u[j + 3],
                v[j + 4] - u[j + 4], v[j + 5] - u[j + 5], v[j + 6] - u[j + 6], v[j + 7] - u[j + 7],
            )  # fmt: skip
    for j in range(whole, H):
        for k in range(last):
            _add(s[k][:n], h[j][a:b], V[k, j] - V[last, j])


@_loop
def _softmax(s: FloatArray, y: IntArray, m: int, share: float) -> float:
    """Relative scores become dscores = share · (probs - onehot(y)), but for the last row. Returns the summed cross-entropy.

    The first m columns, of which those that have a class count; the others become zero.
    """
    last, n = len(s) - 1, len(y)
    top = s[last][:m]
    _fill(top, 0.0)
    for k in range(last):
        _raise_to(top, s[k][:m])
    for k in range(last):
        _add(s[k][:m], top, -1.0)
    for i in range(m):
        top[i] = -top[i]
    loss = 0.0
    for i in range(n):
        loss -= s[y[i], i]  # -log p = log Σe^s - s_y
    for k in range(last + 1):
        _exp(s[k][:m])
    for k in range(last):
        _add(top, s[k][:m], 1.0)  # the sums
    for a in range(0, n, PRODUCT):
        loss += math.log(_product(top[a : min(a + PRODUCT, n)]))
    for i in range(m):
        top[i] = share / top[i]
    for k in range(last):
        _multiply(s[k][:m], top)
        _fill(s[k][n:m], 0.0)
    for i in range(n):
        if y[i] < last:
            s[y[i], i] -= share
    return loss


@_loop
def _hinge(s: FloatArray, y: IntArray, m: int, share: float) -> float:
    """The same with the hinge: dscores = share · 1[s_j - s_y + 1 > 0], for the own class less their number; returns its sum."""
    last, n = len(s) - 1, len(y)
    loss = 0.0
    for i in range(n):
        own = s[y[i], i] if y[i] < last else 0.0
        over = share * 0.0
        for k in range(last + 1):
            if k != y[i]:
                margin = (s[k, i] if k < last else 0.0) - own + 1.0
                costs = 1.0 if margin > 0 else (0.0 if margin <= 0 else margin)  # NaN stays NaN
                loss += costs * margin
                over += costs
                if k < last:
                    s[k, i] = share * costs
        if y[i] < last:
            s[y[i], i] = -share * over
    for k in range(last):
        _fill(s[k][n:m], 0.0)
    return loss


@_loop
def _cost(s: FloatArray, y: IntArray, m: int, share: float, loss: int) -> float:
    """Relative scores become dscores, but for the last row; returns the summed loss."""
    found: float = _hinge(s, y, m, share) if loss == HINGE else _softmax(s, y, m, share)
    return found


@_loop
def _dot(a: FloatArray, b: FloatArray) -> float:
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@_loop
def _difference(V: FloatArray, k: int, j: int) -> float:
    last = len(V) - 1
    return V[k, j] - V[last, j] if k < last else 0.0


@_loop
def _sums_kinked(
    h: FloatArray, d0: FloatArray, d1: FloatArray, x0: FloatArray, x1: FloatArray, v0: float, v1: float, leak: float
) -> tuple[float, float, float, float, float]:
    """Σ h·d0, Σ h·d1, Σ dz·x0, Σ dz·x1, Σ dz of one unit, where dz = (v0·d0 + v1·d1) through the activation."""
    a0 = a1 = b0 = b1 = b = 0.0
    for i in range(len(h)):
        dh = v0 * d0[i] + v1 * d1[i]
        dz = dh if h[i] > 0 else leak * dh
        a0 += h[i] * d0[i]
        a1 += h[i] * d1[i]
        b0 += dz * x0[i]
        b1 += dz * x1[i]
        b += dz
    return a0, a1, b0, b1, b


@_loop
def _sums_smooth(
    h: FloatArray, d0: FloatArray, d1: FloatArray, x0: FloatArray, x1: FloatArray, v0: float, v1: float, c0: float, c1: float
) -> tuple[float, float, float, float, float]:
    """The same where h' = c0 + c1·h - h²."""
    a0 = a1 = b0 = b1 = b = 0.0
    for i in range(len(h)):
        dz = (v0 * d0[i] + v1 * d1[i]) * (c0 + h[i] * (c1 - h[i]))
        a0 += h[i] * d0[i]
        a1 += h[i] * d1[i]
        b0 += dz * x0[i]
        b1 += dz * x1[i]
        b += dz
    return a0, a1, b0, b1, b


@_loop
def _add_narrow(
    dW: FloatArray,
    dV: FloatArray,
    V: FloatArray,
    X: FloatArray,
    a: int,
    b: int,
    h: FloatArray,
    d: FloatArray,
    kind: int,
    leak: float,
) -> None:
    """Add the gradient of both layers, for at most two inputs and three classes: each h is read once."""
    D, H, last, m = dW.shape[1] - 1, len(dW), len(V) - 1, b - a
    d0, d1, x0, x1 = d[0][:m], d[last - 1][:m], X[0][a:b], X[D - 1][a:b]
    c0, c1 = (1.0, 0.0) if kind == TANH else (0.0, 1.0)
    for j in range(H):
        v0, v1 = _difference(V, 0, j), _difference(V, 1, j)
        if kind == KINKED:
            s = _sums_kinked(h[j][:m], d0, d1, x0, x1, v0, v1, leak)
        else:
            s = _sums_smooth(h[j][:m], d0, d1, x0, x1, v0, v1, c0, c1)
        dV[0, j] += s[0]
        if last > 1:
            dV[1, j] += s[1]
        dW[j, 0] += s[2]
        if D > 1:
            dW[j, 1] += s[3]
        dW[j, D] += s[4]


@_loop
def _sums8(
    a0: FloatArray, a1: FloatArray, b0: FloatArray, b1: FloatArray, b2: FloatArray, b3: FloatArray
) -> tuple[float, float, float, float, float, float, float, float]:
    """Σ a0·b0 … Σ a0·b3, Σ a1·b0 … Σ a1·b3."""
    s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = 0.0
    for i in range(len(a0)):
        s0 += a0[i] * b0[i]
        s1 += a0[i] * b1[i]
        s2 += a0[i] * b2[i]
        s3 += a0[i] * b3[i]
        t0 += a1[i] * b0[i]
        t1 += a1[i] * b1[i]
        t2 += a1[i] * b2[i]
        t3 += a1[i] * b3[i]
    return s0, s1, s2, s3, t0, t1, t2, t3


@_loop
def _add_at(out: FloatArray, j: int, k: int, columns: int, across: bool, s0: float, s1: float, s2: float, s3: float) -> None:
    sums = (s0, s1, s2, s3)
    for m in range(min(4, columns - k)):
        if across:
            out[k + m, j] += sums[m]
        else:
            out[j, k + m] += sums[m]


@_loop
def _add_products(
    out: FloatArray, A: FloatArray, a: int, rows: int, B: FloatArray, b: int, columns: int, n: int, across: bool
) -> None:
    """Add the sums of products of n samples of A, from a on, and of B, from b on: to out[j, k], or to out[k, j] where `across`."""
    for j in range(0, rows, 2):
        i = min(j + 1, rows - 1)
        for k in range(0, columns, 4):
            b0, b1 = B[k][b : b + n], B[min(k + 1, columns - 1)][b : b + n]
            b2, b3 = B[min(k + 2, columns - 1)][b : b + n], B[min(k + 3, columns - 1)][b : b + n]
            s0, s1, s2, s3, t0, t1, t2, t3 = _sums8(A[j][a : a + n], A[i][a : a + n], b0, b1, b2, b3)
            _add_at(out, j, k, columns, across, s0, s1, s2, s3)
            if i > j:
                _add_at(out, i, k, columns, across, t0, t1, t2, t3)


@_loop
def _add_last_layer(dV: FloatArray, V: FloatArray, h: FloatArray, H: int, d: FloatArray, m: int, kind: int, leak: float) -> None:
    """Add the gradient of the last layer, for any number of classes; the outputs h of its H inputs become their dz."""
    last = len(V) - 1
    if last <= 2:
        d0, d1, (c0, c1) = d[0][:m], d[last - 1][:m], ((1.0, 0.0) if kind == TANH else (0.0, 1.0))
        for j in range(H):
            v0, v1 = _difference(V, 0, j), _difference(V, 1, j)
            a = _last_kinked(h[j][:m], d0, d1, v0, v1, leak) if kind == KINKED else _last_smooth(h[j][:m], d0, d1, v0, v1, c0, c1)
            dV[0, j] += a[0]
            if last > 1:
                dV[1, j] += a[1]
        return
    _add_products(dV, h, 0, H, d, 0, last, m, True)
    dh = d[last][:m]  # a row that is not used any more
    for j in range(H):
        for k in range(0, last, 4):
            d0, d1 = d[k][:m], d[min(k + 1, last - 1)][:m]
            d2, d3 = d[min(k + 2, last - 1)][:m], d[min(k + 3, last - 1)][:m]
            v0, v1, v2, v3 = _difference(V, k, j), _difference(V, k + 1, j), _difference(V, k + 2, j), _difference(V, k + 3, j)
            if k == 0:
                _mix4(dh, 0.0, d0, d1, d2, d3, v0, v1, v2, v3)
            else:
                _add4(dh, d0, d1, d2, d3, v0, v1, v2, v3)
        _through(h[j][:m], dh, kind, leak)


@_loop
def _last_kinked(h: FloatArray, d0: FloatArray, d1: FloatArray, v0: float, v1: float, leak: float) -> tuple[float, float]:
    """Σ h·d0 and Σ h·d1 of a unit before the last layer, whose h becomes dz."""
    a0 = a1 = 0.0
    for i in range(len(h)):
        a0 += h[i] * d0[i]
        a1 += h[i] * d1[i]
        dh = v0 * d0[i] + v1 * d1[i]
        h[i] = dh if h[i] > 0 else leak * dh
    return a0, a1


@_loop
def _last_smooth(h: FloatArray, d0: FloatArray, d1: FloatArray, v0: float, v1: float, c0: float, c1: float) -> tuple[float, float]:
    a0 = a1 = 0.0
    for i in range(len(h)):
        a0 += h[i] * d0[i]
        a1 += h[i] * d1[i]
        h[i] = (v0 * d0[i] + v1 * d1[i]) * (c0 + h[i] * (c1 - h[i]))
    return a0, a1


@_loop
def _first_kinked(h: FloatArray, dh: FloatArray, x0: FloatArray, x1: FloatArray, leak: float) -> tuple[float, float, float]:
    """Σ dz·x0, Σ dz·x1 and Σ dz of a unit of the first layer."""
    b0 = b1 = b = 0.0
    for i in range(len(h)):
        dz = dh[i] if h[i] > 0 else leak * dh[i]
        b0 += dz * x0[i]
        b1 += dz * x1[i]
        b += dz
    return b0, b1, b


@_loop
def _first_smooth(
    h: FloatArray, dh: FloatArray, x0: FloatArray, x1: FloatArray, c0: float, c1: float
) -> tuple[float, float, float]:
    b0 = b1 = b = 0.0
    for i in range(len(h)):
        dz = dh[i] * (c0 + h[i] * (c1 - h[i]))
        b0 += dz * x0[i]
        b1 += dz * x1[i]
        b += dz
    return b0, b1, b


@_loop
def _add_biases(dV: FloatArray, d: FloatArray, m: int) -> None:
    for k in range(len(dV) - 1):
        dV[k, dV.shape[1] - 1] += _sum(d[k][:m])


@_loop
def _last_class(dV: FloatArray) -> None:
    """The last row: dscores sum to zero over the classes."""
    last = dV[len(dV) - 1]
    for k in range(len(dV) - 1):
        _add(last, dV[k], -1.0)


@_loop
def _gradient(
    W: FloatArray, V: FloatArray, g: FloatArray, dW: FloatArray, dV: FloatArray, X: FloatArray, y: IntArray, begin: int, N: int,
    kind: int, leak: float, cost: int, h: FloatArray, d: FloatArray,
) -> float:  # fmt: skip
    """The gradient of the mean loss of N samples from `begin` on, of a net with hidden units or none; returns the loss."""
    D, H, K, block = len(X) - 1, len(W), len(V), d.shape[1]
    _fill(g, 0.0)
    share, loss, done = 1 / N, 0.0, 0
    while done < N:
        a, n = begin + done, min(block, N - done)
        done += n
        m = -(-n // STRIDE) * STRIDE  # with the columns of zeros that follow
        b = a + m
        if H == 0:
            _scores(d, V, X, a, b)
            loss += _cost(d, y[a : a + n], m, share, cost)
            _add_products(dV, X, a, D, d, 0, K - 1, m, True)
        else:
            for j in range(H):
                _unit(h[j][:m], X, a, W[j], kind, leak)
            _scores(d, V, h, 0, m)
            loss += _cost(d, y[a : a + n], m, share, cost)
            if D <= 2 and K <= 3:
                _add_narrow(dW, dV, V, X, a, b, h, d, kind, leak)
            else:
                _add_last_layer(dV, V, h, H, d, m, kind, leak)
                _add_products(dW, h, 0, H, X, a, D + 1, m, False)
        _add_biases(dV, d, m)
    _last_class(dV)
    return loss * share


@_loop
def _regularise(p: FloatArray, g: FloatArray, mask: FloatArray, reg: float, reg_l1: float) -> float:
    """Add the gradient of the penalties; returns their loss."""
    loss = 0.0
    if reg > 0:
        for i in range(len(p)):
            decay = reg * mask[i] * p[i]
            g[i] += decay
            loss += 0.5 * decay * p[i]
    if reg_l1 > 0:
        for i in range(len(p)):
            sign = reg_l1 * mask[i]
            sign = sign if p[i] > 0 else (-sign if p[i] < 0 else 0.0)
            g[i] += sign
            loss += sign * p[i]
    return loss


@_loop
def _step(p: FloatArray, g: FloatArray, memory: FloatArray, rule: int, rate: float, t: int, c: FloatArray) -> None:
    """Update number t, as in `optimizers`. c: from its fourth on momentum, decay, beta1, beta2, epsilon."""
    momentum, decay, beta1, beta2, epsilon = c[3], c[4], c[5], c[6], c[7]
    if rule == SGD:
        for i in range(len(p)):
            p[i] -= rate * g[i]
        return
    m = memory[0]
    if rule == MOMENTUM:
        for i in range(len(p)):
            m[i] = momentum * m[i] - rate * g[i]
            p[i] += m[i]
    elif rule == NESTEROV:
        for i in range(len(p)):
            m[i] = momentum * m[i] - rate * g[i]
            p[i] += momentum * m[i] - rate * g[i]
    elif rule == ADAGRAD:
        for i in range(len(p)):
            m[i] += g[i] * g[i]
            p[i] -= rate * (g[i] / (math.sqrt(m[i]) + epsilon))
    elif rule == RMSPROP:
        for i in range(len(p)):
            m[i] = decay * m[i] + (1 - decay) * (g[i] * g[i])
            p[i] -= rate * (g[i] / (math.sqrt(m[i]) + epsilon))
    else:
        v = memory[1]
        bias, length = 1 - beta2**t, rate / (1 - beta1**t)
        for i in range(len(p)):
            m[i] = beta1 * m[i] + (1 - beta1) * g[i]
            v[i] = beta2 * v[i] + (1 - beta2) * (g[i] * g[i])
            p[i] -= length * (m[i] / (math.sqrt(v[i] / bias) + epsilon))


def updates(
    parameters: Pointer, last_layer: Pointer, gradient: Pointer, last_gradient: Pointer, slots: Pointer, inputs: Pointer,
    classes: Pointer, weights: Pointer, outputs: Pointer, scores: Pointer, constants: Pointer, shape: Pointer, rates: Pointer,
    extremes: Pointer, first: int, t: int, count: int,
) -> int:  # fmt: skip
    """Make `count` updates, but none with a gradient that is not finite; returns how many were made.

    parameters, gradient, weights (the mask): (P,), with their last layers; slots: the optimizer's memory, (2, P), of which it uses
    what it needs; inputs: (D + 1, M) and classes: (M,), as `fused.laid_out` makes them of N samples; outputs, scores: room for
    (H, block) and (K, block) numbers; constants: leak, reg, reg_l1 and those of `_step`; shape: P, D, H, K, N, kind, block, rule,
    batch size, loss; rates: a learning rate each; extremes: the lowest and highest loss, which take in those before the updates;
    first: the number of the first batch; t: what the optimizer counts the first update as.
    """
    s = carray(shape, 10)
    P, D, H, K, N, kind, block, rule, size, cost = s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9]
    width = (H if H > 0 else D) + 1
    p, g, mask, memory = carray(parameters, P), carray(gradient, P), carray(weights, P), carray(slots, (2, P))
    W, V = carray(parameters, (H, D + 1)), carray(last_layer, (K, width))
    dW, dV = carray(gradient, (H, D + 1)), carray(last_gradient, (K, width))
    batches, stride = -(-N // size), -(-size // STRIDE) * STRIDE
    X, y = carray(inputs, (D + 1, batches * stride)), carray(classes, batches * stride)
    h, d = carray(outputs, (H, block)), carray(scores, (K, block))
    rate, seen, c = carray(rates, count), carray(extremes, 2), carray(constants, 8)
    for u in range(count):
        batch = first + u if size < N else 0
        n = min(size, N - batch * size)
        loss = _gradient(W, V, g, dW, dV, X, y, batch * stride, n, kind, c[0], cost, h, d)
        loss += _regularise(p, g, mask, c[1], c[2])
        if not math.isfinite(_dot(g, g)):
            return u
        if -math.inf < loss < seen[0]:
            seen[0] = loss
        if seen[1] < loss < math.inf:
            seen[1] = loss
        _step(p, g, memory, rule, rate[u], t + u, c)
    return count


def enter(first_layer: Pointer, inputs: Pointer, outputs: Pointer, leak: float, kind: int, D: int, H: int, n: int) -> int:
    """Write the outputs of the first layer, (H, n), for inputs (D + 1, n)."""
    W, X, h = carray(first_layer, (H, D + 1)), carray(inputs, (D + 1, n)), carray(outputs, (H, n))
    for j in range(H):
        _unit(h[j], X, 0, W[j], kind, leak)
    return 0


def activate(rows: Pointer, leak: float, kind: int, H: int, n: int) -> int:
    """z (H, n) becomes h."""
    z = carray(rows, (H, n))
    for j in range(H):
        _activate(z[j], kind, leak)
    return 0


def head(
    last_layer: Pointer, rows: Pointer, scores: Pointer, last_gradient: Pointer, loss: Pointer, classes: Pointer, share: float,
    leak: float, kind: int, cost: int, H: int, K: int, n: int,
) -> int:  # fmt: skip
    """z (H, n) of the last hidden layer becomes dz; writes the gradient of the last layer, (K, H + 1), and the summed loss."""
    V, z, d = carray(last_layer, (K, H + 1)), carray(rows, (H, n)), carray(scores, (K, n))
    dV, y, total = carray(last_gradient, (K, H + 1)), carray(classes, n), carray(loss, 1)
    for j in range(H):
        _activate(z[j], kind, leak)
    _scores(d, V, z, 0, n)
    total[0] = _cost(d, y, n, share, cost)
    for k in range(K):
        _fill(dV[k], 0.0)
    _add_last_layer(dV, V, z, H, d, n, kind, leak)
    _add_biases(dV, d, n)
    _last_class(dV)
    return 0


def through(rows: Pointer, slopes: Pointer, leak: float, kind: int, H: int, n: int) -> int:
    """h (H, n) becomes the dz of dh (H, n)."""
    h, dh = carray(rows, (H, n)), carray(slopes, (H, n))
    for j in range(H):
        _through(h[j], dh[j], kind, leak)
    return 0


def leave(
    rows: Pointer, slopes: Pointer, inputs: Pointer, first_gradient: Pointer, leak: float, kind: int, D: int, H: int, n: int
) -> int:
    """`through` for the first layer, whose gradient (H, D + 1) it writes."""
    h, dh, X = carray(rows, (H, n)), carray(slopes, (H, n)), carray(inputs, (D + 1, n))
    dW = carray(first_gradient, (H, D + 1))
    if D <= 2:
        c0, c1 = (1.0, 0.0) if kind == TANH else (0.0, 1.0)
        for j in range(H):
            if kind == KINKED:
                b = _first_kinked(h[j], dh[j], X[0], X[D - 1], leak)
            else:
                b = _first_smooth(h[j], dh[j], X[0], X[D - 1], c0, c1)
            dW[j, 0] = b[0]
            if D > 1:
                dW[j, 1] = b[1]
            dW[j, D] = b[2]
        return 0
    for j in range(H):
        _through(h[j], dh[j], kind, leak)
        _fill(dW[j], 0.0)
    _add_products(dW, h, 0, H, X, 0, D + 1, n, False)
    return 0


def finish(
    parameters: Pointer, gradient: Pointer, slots: Pointer, weights: Pointer, constants: Pointer, loss: Pointer, rate: float,
    t: int, rule: int, P: int,
) -> int:  # fmt: skip
    """Add the penalties to a gradient and their loss to the loss, and make update t, if the gradient is finite: 1, else 0."""
    p, g, memory, mask = carray(parameters, P), carray(gradient, P), carray(slots, (2, P)), carray(weights, P)
    c, total = carray(constants, 8), carray(loss, 1)
    total[0] += _regularise(p, g, mask, c[1], c[2])
    if not math.isfinite(_dot(g, g)):
        return 0
    _step(p, g, memory, rule, rate, t, c)
    return 1


# What other code may call, and what it takes: pointers to numbers (d) and whole numbers (l), numbers (D) and whole numbers (L).
ENTRIES = {
    updates: "ddddddlddddlddLLL",
    enter: "dddDLLLL",
    activate: "dDLLL",
    head: "dddddlDDLLLLL",
    through: "ddDLLL",
    leave: "ddddDLLLL",
    finish: "ddddddDLLL",
}
TYPES = {"d": "CPointer(float64)", "l": "CPointer(int64)", "D": "float64", "L": "int64"}


def compiled() -> list[tuple[str, str, str]]:
    """Of each entry its name, the symbol under which its code has it, and the code, in LLVM's language."""
    found = []
    for function, takes in ENTRIES.items():
        entry: Any = cfunc(f"int64({', '.join(TYPES[letter] for letter in takes)})", **FLAGS)(function)
        found.append((function.__name__, entry.native_name.removeprefix("cfunc."), entry.inspect_llvm()))
    return found
