"""The same training (2-100-3 ReLU net, full batch, SGD, step 1, reg 1e-3) in other libraries, each as its users would write it.

Each maker takes the data and the first weights and returns a contestant; it raises ImportError where the library is absent.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from benchmarks.timing import Contestant
from spiral_core.arrays import FloatArray, IntArray

STEP, REG = 1.0, 1e-3


def scikit_learn(X: FloatArray, y: IntArray, W: FloatArray, W2: FloatArray) -> Contestant:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    def run(iterations: int) -> object:
        model = MLPClassifier(
            (W.shape[1],), solver="sgd", batch_size=len(X), learning_rate_init=STEP, momentum=0.0, alpha=REG * len(X),
            max_iter=iterations, tol=0.0, n_iter_no_change=10**9, shuffle=False, random_state=0,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(X, y)

    return run


def pytorch(X: FloatArray, y: IntArray, W: FloatArray, W2: FloatArray) -> Contestant:
    import torch

    torch.set_num_threads(1)
    points, labels = torch.tensor(np.array(X)), torch.tensor(np.array(y))

    def run(iterations: int) -> object:
        parameters = [torch.tensor(np.array(a), requires_grad=True) for a in (W, np.zeros(W.shape[1]), W2, np.zeros(W2.shape[1]))]
        optimizer = torch.optim.SGD(parameters, lr=STEP)
        w, b, w2, b2 = parameters
        for _ in range(iterations):
            optimizer.zero_grad()
            scores = torch.relu(points @ w + b) @ w2 + b2
            loss = torch.nn.functional.cross_entropy(scores, labels) + 0.5 * REG * ((w * w).sum() + (w2 * w2).sum())
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


def jax_compiled(X: FloatArray, y: IntArray, W: FloatArray, W2: FloatArray) -> Contestant:
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    jnp = jax.numpy
    points, labels = jnp.asarray(X), jnp.asarray(y)

    def loss(p: Any) -> Any:
        w, b, w2, b2 = p
        scores = jax.nn.relu(points @ w + b) @ w2 + b2
        own = jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], axis=1)
        return -own.mean() + 0.5 * REG * ((w * w).sum() + (w2 * w2).sum())

    gradient = jax.grad(loss)

    @jax.jit
    def loop(p: Any, iterations: Any) -> Any:
        def step(_: Any, p: Any) -> Any:
            return jax.tree.map(lambda x, dx: x - STEP * dx, p, gradient(p))

        return jax.lax.fori_loop(0, iterations, step, p)

    start = tuple(map(jnp.asarray, (W, np.zeros(W.shape[1]), W2, np.zeros(W2.shape[1]))))
    return lambda iterations: jax.block_until_ready(loop(start, iterations))


def numba_compiled(X: FloatArray, y: IntArray, W: FloatArray, W2: FloatArray) -> Contestant:
    import numba

    @numba.njit(fastmath=True)
    def loop(X: Any, y: Any, W: Any, W2: Any, iterations: int) -> float:
        N, D, H, K = X.shape[0], X.shape[1], W.shape[1], W2.shape[1]
        b, b2 = np.zeros(H), np.zeros(K)
        h, s = np.empty(H), np.empty(K)
        loss = 0.0
        for _ in range(iterations):
            dW, db, dW2, db2 = REG * W, np.zeros(H), REG * W2, np.zeros(K)
            loss = 0.0
            for n in range(N):
                for j in range(H):
                    z = b[j]
                    for d in range(D):
                        z += X[n, d] * W[d, j]
                    h[j] = max(z, 0.0)
                for k in range(K):
                    s[k] = b2[k]
                for j in range(H):
                    for k in range(K):
                        s[k] += h[j] * W2[j, k]
                e = np.exp(s - s.max())
                e /= e.sum()
                loss -= np.log(e[y[n]]) / N
                e[y[n]] -= 1
                e /= N
                for k in range(K):
                    db2[k] += e[k]
                for j in range(H):
                    if h[j] > 0:
                        g = 0.0
                        for k in range(K):
                            dW2[j, k] += h[j] * e[k]
                            g += W2[j, k] * e[k]
                        db[j] += g
                        for d in range(D):
                            dW[d, j] += X[n, d] * g
            W -= STEP * dW
            b -= STEP * db
            W2 -= STEP * dW2
            b2 -= STEP * db2
        return loss

    loop(X, y, np.array(W), np.array(W2), 1)
    return lambda iterations: loop(X, y, np.array(W), np.array(W2), iterations)


PEERS = {
    "scikit-learn MLPClassifier": scikit_learn,
    "PyTorch, eager": pytorch,
    "JAX, compiled loop": jax_compiled,
    "numba, compiled loops": numba_compiled,
}
