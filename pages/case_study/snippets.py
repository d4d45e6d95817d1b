"""The lines of NumPy of each step, in the article's variable names, and the two programs that they make. A test runs both."""

from __future__ import annotations

from textwrap import indent

from pages.ui.text import _
from spiral_core.marking import N_

# What the comments say beside shapes.
COMMENTS = (
    N_("points in each class, dimensions, classes"),
    N_("one class after the other"),
    N_("radius"),
    N_("angle, with noise"),
    N_("drawn and never used by the article"),
    N_("hidden units"),
    N_("so that exp does not overflow"),
    N_("of the true classes"),
    N_("minus 1 for the true class"),
    N_("where the ReLU was off, nothing passes"),
    N_("the penalty's own gradient"),
    N_("a step against the gradient"),
    N_("the share of points classified correctly"),
)

DATA = """\
import numpy as np

N, D, K = 100, 2, 3  # points in each class, dimensions, classes
rng = np.random.RandomState(0)
X = np.zeros((N * K, D))
y = np.zeros(N * K, dtype=int)
for j in range(K):  # one class after the other
    ix = range(N * j, N * (j + 1))
    r = np.linspace(0, 1, N)  # radius
    t = np.linspace(4 * j, 4 * (j + 1), N) + 0.2 * rng.randn(N)  # angle, with noise
    X[ix, 0] = r * np.sin(t)
    X[ix, 1] = r * np.cos(t)
    y[ix] = j
"""

START = """\
rng.randn(18)  # drawn and never used by the article
W = 0.01 * rng.randn(D, K)
b = np.zeros((1, K))
step_size = 1.0
reg = 1e-3
num_examples = X.shape[0]
"""

SCORES = """\
scores = np.dot(X, W) + b  # (300, 3)
"""

PROBS = """\
scores -= np.max(scores, axis=1, keepdims=True)  # so that exp does not overflow
exp_scores = np.exp(scores)
probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)  # (300, 3)
"""

DATA_LOSS = """\
correct_logprobs = -np.log(probs[np.arange(num_examples), y])  # of the true classes
data_loss = np.mean(correct_logprobs)
"""

LOSS = """\
reg_loss = 0.5 * reg * np.sum(W * W)
loss = data_loss + reg_loss
"""

GRADIENT = """\
dscores = np.copy(probs)  # (300, 3)
dscores[np.arange(num_examples), y] -= 1  # minus 1 for the true class
dscores /= num_examples
"""

LINEAR_STEP = """\
dW = np.dot(X.T, dscores)  # (2, 3)
db = np.sum(dscores, axis=0, keepdims=True)  # (1, 3)
dW += reg * W  # the penalty's own gradient
W -= step_size * dW  # a step against the gradient
b -= step_size * db
"""

ACCURACY = """\
predicted_class = np.argmax(scores, axis=1)
print("training accuracy:", np.mean(predicted_class == y))  # the share of points classified correctly
"""

NET_START = """\
h = 100  # hidden units
W = 0.01 * rng.randn(D, h)
b = np.zeros((1, h))
W2 = 0.01 * rng.randn(h, K)
b2 = np.zeros((1, K))
"""

NET_SCORES = """\
hidden_layer = np.maximum(0, np.dot(X, W) + b)  # (300, 100)
scores = np.dot(hidden_layer, W2) + b2  # (300, 3)
"""

NET_LOSS = """\
reg_loss = 0.5 * reg * np.sum(W * W) + 0.5 * reg * np.sum(W2 * W2)
loss = data_loss + reg_loss
"""

RELU_GRADIENT = """\
dhidden = np.dot(dscores, W2.T)  # (300, 100)
dhidden[hidden_layer <= 0] = 0  # where the ReLU was off, nothing passes
"""

NET_STEP = """\
dW2 = np.dot(hidden_layer.T, dscores)  # (100, 3)
db2 = np.sum(dscores, axis=0, keepdims=True)  # (1, 3)
dW = np.dot(X.T, dhidden)  # (2, 100)
db = np.sum(dhidden, axis=0, keepdims=True)  # (1, 100)
dW2 += reg * W2  # the penalty's own gradient
dW += reg * W
W -= step_size * dW  # a step against the gradient
b -= step_size * db
W2 -= step_size * dW2
b2 -= step_size * db2
"""


def _loop(iterations: int, every: int, scores: str, loss: str, step: str) -> str:
    """A whole training: forward, loss, backward and update, over and over; then the accuracy of its end."""
    shown = f'if i % {every} == 0:\n    print("iteration %d: loss %f" % (i, loss))\n'
    body = scores + PROBS + "\n" + DATA_LOSS + loss + shown + "\n" + step
    return f"for i in range({iterations}):\n" + indent(body, "    ") + "\n" + scores + ACCURACY


LINEAR_LOOP = _loop(200, 10, SCORES, LOSS, GRADIENT + LINEAR_STEP)
NET_LOOP = _loop(10_000, 1000, NET_SCORES, NET_LOSS, GRADIENT + RELU_GRADIENT + NET_STEP)


def translated(code: str) -> str:
    """The code with its comments in the language of the visit; shapes stay."""
    lines = []
    for line in code.splitlines():
        statement, mark, comment = line.partition("  # ")
        lines.append(statement + mark + (_(comment) if comment in COMMENTS else comment))
    return "\n".join(lines) + "\n"
