"""The terms of the field that the screen uses, a sentence each, and which of them a lesson needs. No sentence answers a lesson."""

from __future__ import annotations

from typing import NamedTuple

from pages.ui.text import _, language
from spiral_core.marking import N_


class Term(NamedTuple):
    """A term and what it means."""

    term: str
    means: str


GLOSSARY: dict[str, Term] = {
    "accuracy": Term(N_("Accuracy"), N_("The share of points whose class is predicted right.")),
    "activation": Term(N_("Activation"), N_("The function that a hidden unit applies to its weighted sum, such as the ReLU.")),
    "adam": Term("Adam", N_("An optimizer that gives each weight a step of its own, by the usual size of its gradient.")),
    "backward": Term(N_("Backward pass"), N_("The chain rule, layer by layer from the loss back to the inputs: it gives all gradients.")),
    "boundary": Term(N_("Decision boundary"), N_("Where the predicted class changes from one to another.")),
    "numerical": Term(N_("Numerical gradient"), N_("The slope of the loss measured by small steps of a weight to both sides.")),
    "dead": Term(N_("Dead unit"), N_("A ReLU unit that gives 0 at every point.")),
    "input": Term(N_("Input"), N_("A number that a model reads of a point: a coordinate, or something computed from the coordinates.")),
    "fold": Term(N_("Fold"), N_("The line in the plane along which a hidden ReLU unit switches on or off.")),
    "gradient": Term(N_("Gradient"), N_("For each weight, how fast the loss grows when that weight grows: training goes the other way.")),
    "grid": Term(N_("Grid search"), N_("Trials at all combinations of a few chosen values of each setting.")),
    "held_out": Term(N_("Held-out points"), N_("Points that are kept from training, to see how a model does on points it has not met.")),
    "hidden": Term(N_("Hidden unit"), N_("A unit between inputs and scores: a weighted sum of what comes in, then the activation.")),
    "hyper": Term(N_("Hyperparameter"), N_("A setting that is chosen before training, such as the learning rate or the number of units.")),
    "initial": Term(N_("Initial weights"), N_("The weights before the first update, usually small random numbers.")),
    "iteration": Term(N_("Iteration"), N_("One update of all weights.")),
    "regularisation": Term(N_("Regularisation λ"), N_("How much the squares of the weights add to the loss.")),
    "layer": Term(N_("Hidden layer"), N_("Hidden units side by side that read the same inputs.")),
    "linear": Term(N_("Linear classifier"), N_("A model whose score for each class is a weighted sum of the inputs plus a number, the bias.")),
    "loss": Term(N_("Loss"), N_("What training makes small: how wrong the predictions are, and with regularisation how large the weights.")),
    "momentum": Term(N_("Momentum"), N_("A step that keeps a part of the steps before it.")),
    "noise": Term(N_("Noise"), N_("How far points are scattered at random from where their class would have them.")),
    "overfitting": Term(N_("Overfitting"), N_("A model follows its training points so closely that it does worse on others.")),
    "softmax": Term(N_("Softmax"), N_("Turns the scores of a point into probabilities: positive numbers whose sum is 1.")),
    "random": Term(N_("Random search"), N_("Trials at places drawn at random from the ranges of the settings.")),
    "rate": Term(N_("Learning rate"), N_("What the gradient is multiplied by to make a step.")),
    "relative": Term(N_("Relative error"), N_("The difference of two numbers divided by the larger of them.")),
    "relu": Term("ReLU", N_("max(0, z): what is above 0 stays, what is below becomes 0.")),
    "score": Term(N_("Score"), N_("What a model computes for each class; the class with the highest score is predicted.")),
    "seed": Term(N_("Seed"), N_("A number from which all random numbers follow: the same seed, the same run.")),
    "sgd": Term("SGD", N_("Stochastic gradient descent: each step is the learning rate times the gradient.")),
    "weight": Term(N_("Weight"), N_("A number that training changes: how much one unit counts for another.")),
}  # fmt: skip

# By lesson, in the order in which a reader meets them.
TERMS: dict[str, tuple[str, ...]] = {
    "chance": ("loss", "softmax", "score", "initial"),
    "linear": ("linear", "accuracy", "iteration", "boundary"),
    "folds": ("hidden", "fold", "relu", "boundary"),
    "inputs": ("input", "linear", "layer", "boundary"),
    "depth": ("layer", "activation", "linear", "relu"),
    "by_hand": ("weight", "fold", "hidden", "gradient"),
    "rate": ("rate", "gradient", "iteration", "loss"),
    "symmetry": ("initial", "gradient", "layer", "seed"),
    "regularisation": ("regularisation", "held_out", "loss", "overfitting"),
    "twenty": ("held_out", "accuracy", "overfitting"),
    "momentum": ("sgd", "momentum", "adam", "rate"),
    "check": ("numerical", "backward", "relative", "relu"),
    "random": ("hyper", "grid", "random", "rate"),
    "dead": ("dead", "relu", "rate", "hidden"),
    "noise": ("noise", "held_out", "hidden", "overfitting"),
}


def of_lesson(lesson: str) -> str:
    """The terms of a lesson as Markdown."""
    return "\n".join(f"- {_line(GLOSSARY[name])}" for name in TERMS[lesson])


def whole() -> str:
    """All terms as Markdown, in the order of the reader's language."""
    return "\n".join(f"- {_line(term)}" for term in sorted(GLOSSARY.values(), key=lambda term: _(term.term).casefold()))


def _line(term: Term) -> str:
    """The term, with its English name where the reader's is another, and its sentence."""
    name = _(term.term)
    english = f" ({term.term.lower()})" if language() != "en" and name != term.term else ""
    return f"**{name}**{english}: {_(term.means)}"
