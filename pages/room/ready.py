"""Six plans that are ready to teach, each about 50 minutes of a class that has one device for each or for two."""

from __future__ import annotations

from dataclasses import replace

from pages.lessons.layers import INPUTS
from pages.ui.text import _
from pages.ui.visit.presets import PRESETS, START
from spiral_core import link
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.plans import Plan, Step
from spiral_core.classroom.votes import Vote
from spiral_core.marking import N_
from spiral_core.settings import Settings

_OVERFITTING = next(preset.settings for preset in PRESETS if preset.name == "Overfitting")
# With so many points the judgement depends little on the seeds; with so many iterations the net overfits them all the same.
_MORE_POINTS = _OVERFITTING.replace(data=_OVERFITTING.data.replace(points_per_class=100), iterations=4000)
_TOO_HIGH = next(preset.settings for preset in PRESETS if preset.name == "Learning rate too high")
_XOR = INPUTS.runs(0)[0][1]  # the linear classifier on x and y

_THEN = N_("Vote, let neighbours talk for two minutes, vote again, and only then show the tallies.")
_LOOK = N_("Who was right, and who can say why? Draw other random numbers once: does it still hold?")


def _asked(lesson: str, vote: int, runs: int, note: str = _THEN) -> tuple[Step, Step]:
    """A lesson's question as a vote, then the lesson itself."""
    return Step("vote", vote, note, lesson=lesson), Step("lesson", runs, _LOOK, lesson=lesson)


def _experiment(settings: Settings, minutes: int, note: str, page: str = "", **more: str) -> Step:
    return Step("experiment", minutes, note, page=page, query=link.to_query(settings, START) | more)


# By short names, in the order of a course.
READY: dict[str, Plan] = {
    "line": Plan(
        N_("What a line cannot do"),
        (
            Step("pause", 5, N_("Draw three spiral arms on the board. Can three straight edges part them? Let two students try.")),
            *_asked("linear", 6, 6),
            *_asked("folds", 6, 7),
            Step(
                "goal",
                13,
                N_("Start with 8 to 12 units. Who is stuck may try He initialisation or Adam."),
                goal=Goal("accuracy", 0.95, weights=75, start=START),
            ),
            Step("pause", 5, N_("Compare the smallest nets that made it: how many folds does an arm need?")),
        ),
        aim=N_("Students can say why no amount of training lets a linear classifier follow a spiral, and what a hidden unit adds."),
        mistakes=N_(
            "That more iterations help every model. That each hidden unit stands for a class or an arm: it is one fold of the plane, "
            "and the last layer puts folds together."
        ),
    ),
    "rate": Plan(
        N_("How far to step"),
        (
            Step("pause", 4, N_("On paper: x² from x = 1, three steps of gradient descent with rates 0.1, 0.5 and 1.1.")),
            *_asked("rate", 6, 6),
            *_asked("dead", 5, 5),
            *_asked("momentum", 5, 5),
            Step(
                "goal",
                10,
                N_("Only the learning rate and the optimizer can be changed: what do they do for each other?"),
                goal=Goal(
                    "accuracy", 0.95, iterations=500, free=("learning_rate", "optimizer"), start=START.replace(iterations=500)
                ),
            ),
            _experiment(_TOO_HIGH, 3, N_("Scrub the replay of a rate that is too high: at which iteration is it lost?")),
        ),
        aim=N_("Students can choose a learning rate by looking at a loss curve, and know what too low and too high look like."),
        mistakes=N_(
            "That a higher rate only means faster. That a loss that rises once is a failure. That the same rate means the same for "
            "SGD and for Adam."
        ),
    ),
    "overfitting": Plan(
        N_("Learn or memorise"),
        (
            _experiment(_OVERFITTING, 5, N_("Ask before the run: which of the two curves turns upward, and when?")),
            *_asked("twenty", 5, 6),
            *_asked("regularisation", 5, 6),
            Step(
                "goal",
                12,
                N_("Regularisation, fewer iterations, a smaller net: let groups try one way each and compare."),
                goal=Goal("loss", 0.3, start=_MORE_POINTS),
            ),
            *_asked("noise", 4, 5),
        ),
        aim=N_("Students can tell memorising from learning by held-out points, and know two remedies with their price."),
        mistakes=N_(
            "That a training accuracy of 100 % is the goal. That accuracy says everything: the held-out loss rises while the accuracy "
            "stays. That more regularisation is always safer."
        ),
    ),
    "checks": Plan(
        N_("Before you train: three checks"),
        (
            Step("pause", 4, N_("On paper: the loss of a classifier that gives each of 3 classes the probability 1/3.")),
            *_asked("chance", 5, 5),
            *_asked("symmetry", 6, 6),
            Step(
                "pause",
                6,
                N_("On paper: the derivative of x² at 3 by the difference with h = 0.1 and h = 0.01. How wrong is each?"),
            ),
            *_asked("check", 6, 6),
            _experiment(
                START,
                4,
                N_("Choose another step h: why does the error grow again when h is tiny?"),
                "under_the_hood",
                part="gradient",
            ),
        ),
        aim=N_("Students can check a training program before trusting it: its first loss, its initial weights, its gradient."),
        mistakes=N_(
            "That a program whose loss falls must be right. That zero is a neutral start. That a smaller step h always makes the "
            "measured slope better."
        ),
    ),
    "layers": Plan(
        N_("What a layer is for"),
        (
            Step("pause", 4, N_("The four quarters of XOR on the board: which single number about a point tells its class?")),
            *_asked("inputs", 5, 6),
            Step(
                "goal",
                9,
                N_("Without a hidden layer: which inputs are enough? The record is four weights and biases."),
                goal=Goal("accuracy", 0.9, weights=8, start=_XOR),
            ),
            *_asked("depth", 5, 6),
            *_asked("by_hand", 5, 6),
            Step("pause", 3, N_("One sentence each: what does a hidden layer do that you could do by hand?")),
        ),
        aim=N_("Students can say what a hidden layer makes of its inputs, and why depth without a bend is worth nothing."),
        mistakes=N_(
            "That more layers are better by themselves. That a linear classifier is always a straight line on the screen: it is "
            "straight in its inputs. That inputs made by hand are cheating."
        ),
    ),
    "search": Plan(
        N_("Choosing hyperparameters"),
        (
            Step(
                "vote",
                5,
                N_("There is no single right answer. Ask for reasons, and come back to it at the end."),
                vote=Vote(
                    N_("You may tune only one of these. Which one first?"),
                    (N_("the learning rate"), N_("the number of units"), N_("the regularisation"), N_("the random seed")),
                ),
            ),
            *_asked("random", 6, 7),
            _experiment(
                START,
                7,
                N_("One group searches the learning rate, one the units: 16 trials each. Whose best run is better?"),
                "search",
            ),
            Step(
                "goal",
                15,
                N_("Iterations are what everybody runs short of. A record counts only after its judgement over five seeds."),
                goal=Goal("accuracy", 0.95, iterations=300, start=START.replace(iterations=300)),
            ),
            *_asked("twenty", 4, 4),
        ),
        aim=N_("Students can plan a search under a budget, and choose by held-out points rather than by luck with a seed."),
        mistakes=N_(
            "That a fine grid is thorough: it tries few values of what matters. That the best of many trials is as good as it looks. "
            "That a result with one seed is a result."
        ),
    ),
}


def translated(plan: Plan) -> Plan:
    """A plan in the language of the visit, as it becomes the teacher's own."""
    return Plan(_(plan.name), tuple(_step(step) for step in plan.steps), _(plan.aim), _(plan.mistakes))


def _step(step: Step) -> Step:
    vote = step.vote and Vote(_(step.vote.question), tuple(map(_, step.vote.options)))
    return replace(step, note=_(step.note), vote=vote)
