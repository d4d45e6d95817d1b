"""A run at one of its snapshots: what all parts of the page look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from server.training import cost
from server.training.pictures import area
from server.training.view import View
from spiral_core.analysis.health import sampled
from spiral_core.analysis.trace import Pass, forward_back
from spiral_core.boundary import Area
from spiral_core.datasets import Dataset
from spiral_core.network import Network
from spiral_core.run import Run
from spiral_core.settings import Settings


@dataclass(frozen=True, eq=False)
class Moment:
    view: View
    iteration: int

    @property
    def run(self) -> Run:
        return self.view.run

    @property
    def settings(self) -> Settings:
        """Of the phase that trains at this moment."""
        return self.run.settings.phase_at(self.iteration)

    @cached_property
    def network(self) -> Network:
        return self.run.network_at(self.iteration)

    @property
    def train(self) -> Dataset:
        return self.run.data.train

    @cached_property
    def sample(self) -> Dataset:
        """The training points, or evenly chosen ones of very many."""
        return sampled(self.train)

    @cached_property
    def few(self) -> Dataset:
        """As many of them as there is time for to send through the net and back while somebody waits."""
        return sampled(self.train, cost.page_points(self.settings))

    @cached_property
    def passed(self) -> Pass:
        """These points through the net and back."""
        return forward_back(self.network, self.few.X, self.few.y)

    @property
    def plane(self) -> Area:
        return area(self.settings.data)

    @property
    def picture(self) -> str:
        """The boundary at this snapshot."""
        return self.view.pictures[self.iteration]

    @cached_property
    def everything(self) -> Dataset:
        """All points: first those of the training, then those held out."""
        train, test = self.run.data
        if test is None:
            return train
        return Dataset(np.vstack([train.X, test.X]), np.concatenate([train.y, test.y]), train.classes, train.names)
