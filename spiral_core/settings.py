"""What an experiment is: frozen, validated values. Each setting is declared once, with everything that is known about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from spiral_core.activations import ACTIVATIONS, INITIALISATIONS
from spiral_core.data_settings import DATA_FIELDS, GENERATED, OWN, DataSettings
from spiral_core.features import FEATURES, PLAIN
from spiral_core.fields import (
    MAX_SEED,
    Choice,
    Condition,
    Field,
    Integer,
    Layers,
    Number,
    Several,
    fields_of,
    plain_values,
    setting,
    validate,
)  # fmt: skip
from spiral_core.layers import LAYERS
from spiral_core.losses import LABELS
from spiral_core.marking import N_
from spiral_core.optimizers import OPTIMIZERS
from spiral_core.phases import MAX_PHASES, SHARED, Chain, Earlier, Edits, check
from spiral_core.rules import Rule, SettingError, mapping_of, no_unknown
from spiral_core.schedules import SCHEDULES

__all__ = [
    "DATA_FIELDS", "FIELDS", "GENERATED", "LAYERS", "MAX_WEIGHTS", "OWN", "PHASE_FIELDS", "TOGETHER", "WORK", "DataSettings",
    "Settings",
]  # fmt: skip

MAX_WEIGHTS = 1_100_000  # two layers of 1000; more would not be trained in a lesson, nor its snapshots kept
MAX_WORK = 20_000_000_000_000  # points × weights × iterations of one run: about an hour of one core
MAX_ITERATIONS = 100_000

WEIGHTS = Rule("weights", N_("layers with at most {weights} weights in all"), {"weights": f"{MAX_WEIGHTS:,}".replace(",", " ")})
TOGETHER = Rule("iterations of all phases", N_("few enough that all phases together have at most {most}"), {"most": MAX_ITERATIONS})
PHASE_LIST = Rule("list of phases", "a list of at most {most} objects of names and values", {"most": MAX_PHASES - 1})
WORK = Rule("work", N_("few enough that points × weights × iterations stay below 20 trillion"))


def _decades(first: int, last: int) -> list[float]:
    """1 and 3 times each power of ten from 10^first to 10^last."""
    return [float(f"{digit}e{power}") for power in range(first, last + 1) for digit in (1, 3)]


def _optimizers_using(name: str) -> Condition:
    return Condition("optimizer", tuple(key for key, each in OPTIMIZERS.items() if name in each.uses))


def _schedules_using(name: str) -> Condition:
    return Condition("schedule", tuple(key for key, each in SCHEDULES.items() if name in each.uses))


@dataclass(frozen=True)
class Settings(Chain):
    """Everything about an experiment; the default is the article's two-layer net.

    Raises SettingError (a ValueError) that names the field, what is allowed and what came.
    """

    data: DataSettings = field(default_factory=DataSettings)
    hidden: tuple[int, ...] = setting(
        (100,),
        Layers(),
        N_("Hidden layers"),
        N_("Units in each hidden layer. None: the linear classifier."),
    )
    features: tuple[str, ...] = setting(
        PLAIN,
        Several({name: each.formula for name, each in FEATURES.items()}),
        N_("Inputs"),
        N_("What the net sees of each point. With curved inputs even the linear classifier draws curves."),
        added_later=True,
    )
    activation: str = setting(
        "relu",
        Choice({name: each.label for name, each in ACTIVATIONS.items()}),
        N_("Activation"),
        N_("The function that bends what a unit computes. Linear: depth without a bend."),
        used_when=Condition("hidden", ((),), negated=True),
    )
    loss: str = setting(
        "softmax",
        Choice(LABELS),
        N_("Loss function"),
        N_(
            "What the scores cost. The hinge asks only that the right class leads by 1: a point where it does "
            "costs nothing and changes nothing."
        ),
        added_later=True,
    )
    init: str = setting(
        "small",  # 0.01·randn, as in the article
        Choice({name: each.label for name, each in INITIALISATIONS.items()}),
        N_("Initial weights"),
        N_("How large the random initial weights are."),
    )
    optimizer: str = setting(
        "sgd",
        Choice({name: each.label for name, each in OPTIMIZERS.items()}),
        N_("Optimizer"),
        N_("How a gradient becomes a step."),
    )
    learning_rate: float = setting(
        1.0,
        Number(1e-6, 100),
        N_("Learning rate"),
        N_("The length of a step: too low crawls, too high explodes."),
        steps=[*_decades(-4, 1), 100.0],
        log_scale=True,
        search_range=(1e-3, 10.0),
    )
    momentum: float = setting(
        0.9,
        Number(0, 0.999),
        N_("Momentum µ"),
        N_("The share of the previous step that is kept."),
        steps=[0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999],
        used_when=_optimizers_using("momentum"),
    )
    decay: float = setting(
        0.99,
        Number(0, 0.9999),
        N_("Decay"),
        N_("How long RMSprop remembers squared gradients."),
        steps=[0.5, 0.9, 0.95, 0.99, 0.999, 0.9999],
        used_when=_optimizers_using("decay"),
    )
    beta1: float = setting(
        0.9,
        Number(0, 0.9999),
        N_("β₁"),
        N_("How long Adam remembers gradients."),
        steps=[0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999],
        used_when=_optimizers_using("beta1"),
    )
    beta2: float = setting(
        0.999,
        Number(0, 0.99999),
        N_("β₂"),
        N_("How long Adam remembers squared gradients."),
        steps=[0.9, 0.95, 0.99, 0.995, 0.999, 0.9999],
        used_when=_optimizers_using("beta2"),
    )
    epsilon: float = setting(
        1e-8,
        Number(1e-12, 1),
        N_("ε"),
        N_("Keeps the division by a tiny gradient finite."),
        steps=[1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1.0],
        log_scale=True,
        used_when=_optimizers_using("epsilon"),
    )
    schedule: str = setting(
        "constant",
        Choice({name: each.label for name, each in SCHEDULES.items()}),
        N_("Schedule"),
        N_("How the learning rate changes over time."),
    )
    schedule_rate: float = setting(
        1e-3,
        Number(0, 1),
        N_("Decay rate k"),
        N_("k in exp(-k·t) or 1/(1 + k·t), where t counts iterations."),
        steps=[0.0, *_decades(-5, -2), 1e-1, 1.0],
        log_scale=True,
        used_when=_schedules_using("schedule_rate"),
    )
    schedule_factor: float = setting(
        0.5,
        Number(0.01, 1),
        N_("Factor"),
        N_("What the rate is multiplied by at each drop."),
        steps=[0.01, 0.1, 0.2, 0.5, 0.7, 0.9, 1.0],
        used_when=_schedules_using("schedule_factor"),
    )
    schedule_every: int = setting(
        1000,
        Integer(1, 100_000),
        N_("Length in iterations"),
        N_("How many iterations a step, the fall of a cosine, the warm-up or a tenfold growth takes."),
        steps=[10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
        log_scale=True,
        used_when=_schedules_using("schedule_every"),
    )
    reg: float = setting(
        1e-3,
        Number(0, 10),
        N_("Regularisation (L2)"),
        N_("Weight of ½·ΣW² in the loss: keeps weights small."),
        steps=[0.0, *_decades(-5, 0), 10.0],
        log_scale=True,
        search_range=(1e-5, 1e-1),
    )
    reg_l1: float = setting(
        0.0,
        Number(0, 10),
        N_("L1 regularisation"),
        N_("Weight of Σ|W| in the loss: drives weights to zero."),
        steps=[0.0, *_decades(-5, -1), 1.0],
        log_scale=True,
    )
    dropout: float = setting(
        0.0,
        Number(0, 0.9),
        N_("Dropout"),
        N_(
            "The share of hidden units that each update leaves out at random, so that no unit relies on another. "
            "Loss and boundary are the whole net’s."
        ),
        steps=[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        used_when=Condition("hidden", ((),), negated=True),
        added_later=True,
    )
    iterations: int = setting(
        10_000,
        Integer(1, MAX_ITERATIONS),
        N_("Iterations"),
        N_("How many updates."),
        steps=[10, 20, 50, 100, 200, 500, 1000, 2000, 3000, 5000, 10_000, 20_000, 50_000, 100_000],
        log_scale=True,
        search_range=(200, 5000),
    )
    batch_size: int | None = setting(
        None,  # full batch
        Integer(1, 10_000, optional=True),
        N_("Batch size"),
        N_("Points in each update. None, or more than there are, means all of them."),
        steps=[1, 2, 5, 10, 20, 30, 50, 100, 200, 500, 1000, None],
        log_scale=True,
    )
    patience: int = setting(
        0,
        Integer(0, MAX_ITERATIONS),
        N_("Patience (stop early)"),
        N_(
            "Stop when the held-out loss has not fallen for so many iterations. 0: never. Only logged iterations count: "
            "each below 100, every 10th below 1 000, and so on."
        ),
        steps=[0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
        log_scale=True,
        search_range=(10, 1000),
        used_when=Condition("data.test_fraction", (0.0,), negated=True),
        added_later=True,
    )
    seed: int = setting(0, Integer(0, MAX_SEED), N_("Seed"), N_("Which random initial weights and batches are drawn."))
    edits: tuple[tuple[int, float], ...] = setting(
        (),
        Edits(),
        N_("Weights set by hand"),
        N_("Weights that were set by hand before the first update."),
        used_when=Condition("edits", ((),), negated=True),
        added_later=True,
    )
    after: Settings | None = setting(  # noqa: RUF009 (a field like the others)
        None,
        Earlier(),
        N_("Earlier phases"),
        N_("What was trained before with other hyperparameters: this phase begins where that ended."),
        used_when=Condition("after", (None,), negated=True),
        added_later=True,
    )

    def __post_init__(self) -> None:
        if not isinstance(self.data, DataSettings):
            raise SettingError("data", Rule("data settings", "a DataSettings"), self.data)
        validate(self, FIELDS)
        if self.after is not None and self.after.patience:  # a phase that others follow has the iterations that it says
            object.__setattr__(self, "after", self.after.replace(patience=0))
        if self.parameter_count > MAX_WEIGHTS:
            raise SettingError("hidden", WEIGHTS, self.hidden)
        check(self)
        if self.last_iteration > MAX_ITERATIONS:
            raise SettingError("iterations", TOGETHER, self.iterations)
        if self.iterations > self.max_iterations:
            raise SettingError("iterations", WORK, self.iterations)

    @property
    def training_points(self) -> int:
        """How many points are not held out, as far as the settings tell."""
        return max(1, round(self.data.point_count * (1 - self.data.test_fraction)))

    @property
    def batch_points(self) -> int:
        """How many points an update sees."""
        return min(self.training_points, self.batch_size or self.training_points)

    @property
    def iterations_per_epoch(self) -> int:
        """How many updates see each training point once."""
        return -(-self.training_points // self.batch_points)

    @property
    def max_iterations(self) -> int:
        """As many as one run may have, what its earlier phases have taken off."""
        spent = self.after.work if self.after is not None else 0
        return min(MAX_ITERATIONS - self.begin, (MAX_WORK - spent) // (self.batch_points * self.parameter_count))

    @property
    def parameter_count(self) -> int:
        """How many weights and biases the network has."""
        return sum((n_in + 1) * n_out for n_in, n_out in pairwise((len(self.features), *self.hidden, self.data.class_count)))

    def replace(self, **changes: Any) -> Settings:
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain JSON types; `from_dict` gives them back exactly."""
        fields = {name: field for name, field in FIELDS.items() if name != "after"}
        plain = {"data": plain_values(self.data, DATA_FIELDS), **plain_values(self, fields)}
        if self.after is not None:  # of earlier phases what is not shared, the first one first
            plain["after"] = [plain_values(phase, PHASE_FIELDS) for phase in self.after.phases]
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Settings:
        """Read settings from plain JSON types. A name that is missing takes its default; one that is unknown is an error."""
        plain = dict(mapping_of("settings", plain))
        data = dict(mapping_of("data", plain.pop("data", {})))
        no_unknown(data, DATA_FIELDS, "data.")
        no_unknown(plain, FIELDS, "")
        listed = plain.pop("after", None)
        if listed is not None and not (isinstance(listed, list | tuple) and len(listed) < MAX_PHASES):
            raise SettingError("after", PHASE_LIST, listed)
        plain["data"] = DataSettings(**data)
        shared = {name: plain[name] for name in SHARED if name in plain}
        before: Settings | None = None
        for earlier in listed or ():
            no_unknown(mapping_of("after", earlier), PHASE_FIELDS, "after.")
            before = cls(after=before, **shared, **earlier)
        return cls(after=before, **plain)


FIELDS: dict[str, Field] = fields_of(Settings)
PHASE_FIELDS: dict[str, Field] = {name: each for name, each in FIELDS.items() if name not in (*SHARED, "after")}
