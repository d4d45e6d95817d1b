"""The few lines of NumPy of each step, in the article's variable names. A test runs them: they print our numbers."""

DATA = """\
import numpy as np

N, D, K = 100, 2, 3      # points, dimensions, classes
rng = np.random.RandomState(0)
X = np.zeros((N * K, D))
y = np.zeros(N * K, dtype=int)
for j in range(K):
    ix = slice(N * j, N * (j + 1))
    r = np.linspace(0, 1, N)
    t = np.linspace(4 * j, 4 * (j + 1), N)
    t += 0.2 * rng.randn(N)
    X[ix, 0] = r * np.sin(t)
    X[ix, 1] = r * np.cos(t)
    y[ix] = j
"""

START = """\
rng.randn(18)            # thrown away in the article
W = 0.01 * rng.randn(D, K)
b = np.zeros((1, K))
step_size, reg = 1.0, 1e-3
"""

SCORES = """\
scores = X @ W + b                     # (300, 3)
scores -= scores.max(1, keepdims=True)
exp_scores = np.exp(scores)
total = exp_scores.sum(1, keepdims=True)
probs = exp_scores / total             # (300, 3)
"""

LOSS = """\
num_examples = len(X)
own = np.arange(num_examples), y
data_loss = -np.log(probs[own]).mean()
reg_loss = 0.5 * reg * np.sum(W * W)
loss = data_loss + reg_loss
"""

GRADIENT = """\
dscores = probs.copy()                 # (300, 3)
dscores[own] -= 1
dscores /= num_examples
"""

LINEAR_STEP = """\
dW = X.T @ dscores + reg * W           # (2, 3)
db = dscores.sum(0, keepdims=True)     # (1, 3)
W -= step_size * dW
b -= step_size * db
"""

HIDDEN_START = """\
h = 100                                # units
W = 0.01 * rng.randn(D, h)
b = np.zeros((1, h))
W2 = 0.01 * rng.randn(h, K)
b2 = np.zeros((1, K))
"""

HIDDEN_SCORES = """\
hidden_layer = np.maximum(0, X @ W + b)
scores = hidden_layer @ W2 + b2        # (300, 3)
"""

HIDDEN_LOSS = """\
reg_loss = 0.5 * reg * np.sum(W * W)
reg_loss += 0.5 * reg * np.sum(W2 * W2)
"""

RELU_GRADIENT = """\
dhidden = dscores @ W2.T               # (300, 100)
dhidden[hidden_layer <= 0] = 0
"""

NET_STEP = """\
dW2 = hidden_layer.T @ dscores
db2 = dscores.sum(0, keepdims=True)    # (1, 3)
dW = X.T @ dhidden                     # (2, 100)
db = dhidden.sum(0, keepdims=True)     # (1, 100)
dW2 += reg * W2                        # (100, 3)
dW += reg * W
W -= step_size * dW
b -= step_size * db
W2 -= step_size * dW2
b2 -= step_size * db2
"""
