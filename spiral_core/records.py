"""The stored form of a finished run: settings, summary, thinned history and final parameters, in a few kilobytes."""

from __future__ import annotations

import math
import zlib
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from spiral_core.arrays import AnyArray
from spiral_core.datasets import data_of
from spiral_core.network import Network
from spiral_core.run import Divergence, History, Run, is_snapshot, network_of
from spiral_core.settings import Settings

MAX_PARAMETERS = 20_000  # a larger network is not stored: training it again gives the same
_HISTORY_BYTES = 7000  # of a long run's thinned history, compressed


@dataclass(frozen=True)
class Summary:
    """A run in a few numbers; losses in nats, accuracies 0..1. Held-out values are NaN where nothing is held out."""

    iterations: int  # that were completed
    loss: float  # at the end
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    best_loss: float  # the best value logged during training
    best_train_accuracy: float
    best_test_loss: float
    best_test_accuracy: float
    seconds: float  # of training

    @classmethod
    def of(cls, run: Run) -> Summary:
        h = run.history
        last = {
            "loss": h.loss[-1],
            "train_accuracy": h.train_accuracy[-1],
            "test_loss": h.test_loss[-1],
            "test_accuracy": h.test_accuracy[-1],
            "best_loss": h.loss.min(),
            "best_train_accuracy": h.train_accuracy.max(),
            "best_test_loss": h.test_loss.min(),
            "best_test_accuracy": h.test_accuracy.max(),
        }
        return cls(iterations=run.iteration, seconds=run.seconds, **{name: float(value) for name, value in last.items()})


def stored_bytes(settings: Settings) -> int:
    """About how much room a run of these settings takes where it is stored, beside the settings themselves."""
    return _HISTORY_BYTES + (4 * settings.parameter_count if settings.parameter_count <= MAX_PARAMETERS else 0)


@dataclass(frozen=True, eq=False)
class Record:
    """A finished run without its snapshots. `history` is thinned, and its values are in single precision."""

    settings: Settings
    summary: Summary
    history: History
    parameters: AnyArray | None  # (P,) float32; None where there are more than MAX_PARAMETERS
    divergence: Divergence | None
    engine: str = ""  # as `Run.engine`; "" where an older version kept it

    @classmethod
    def of(cls, run: Run) -> Record:
        """Raises ValueError for a run that is not finished."""
        if not run.finished:
            raise ValueError(f"run must be finished, got one at iteration {run.iteration} of {run.settings.last_iteration}")
        small = run.snapshots.shape[1] <= MAX_PARAMETERS
        with np.errstate(over="ignore"):  # a loss of 1e60 on the way to overflow
            parameters = run.snapshots[-1].astype(np.float32) if small else None
            return cls(run.settings, Summary.of(run), _thinned(run.history), parameters, run.divergence, run.engine)

    def network(self) -> Network | None:
        """The network at the end of the run, to single precision, if its parameters were kept."""
        if self.parameters is None:
            return None
        return network_of(self.settings, data_of(self.settings.data).train, self.parameters.astype(np.float64))

    def packed(self) -> tuple[dict[str, Any], bytes, bytes]:
        """Everything but the settings: plain JSON and two compressed arrays, history and parameters. `unpacked` is the inverse."""
        plain = {
            "summary": {name: _plain(value) for name, value in asdict(self.summary).items()},
            "divergence": asdict(self.divergence) if self.divergence else None,
            "engine": self.engine,
            "columns": len(fields(History)),
        }
        return plain, _squeezed(np.array(self.history.columns())), b"" if self.parameters is None else _squeezed(self.parameters)

    @classmethod
    def unpacked(cls, settings: Settings, plain: dict[str, Any], history: bytes, parameters: bytes) -> Record:
        """The inverse of `packed`. Raises ValueError, KeyError, TypeError or zlib.error for anything else."""
        numbers: dict[str, Any] = {name: math.nan if value is None else value for name, value in plain["summary"].items()}
        summary = Summary(**numbers)
        divergence = Divergence(**plain["divergence"]) if plain["divergence"] else None
        iteration, *columns = _spread(history).astype(np.float64).reshape(plain.get("columns", 7), -1)
        unknown = [np.full(len(iteration), math.nan)] * (len(fields(History)) - 1 - len(columns))  # to the version that saved it
        kept = History(iteration.astype(np.int64), *columns, *unknown)
        return cls(settings, summary, kept, _spread(parameters) if parameters else None, divergence, str(plain.get("engine", "")))


def _thinned(history: History) -> History:
    """All rows from iteration 100 on, about twenty a decade before, and the last.

    The extremes of a row that is left out count for the next one.
    """
    rows = np.array([i >= 100 or is_snapshot(int(i), 1) for i in history.iteration])
    rows[-1:] = True
    starts = np.concatenate([[0], np.flatnonzero(rows)[:-1] + 1])
    lowest, highest = history.lowest.copy(), history.highest.copy()
    lowest[rows] = np.minimum.reduceat(history.lowest, starts)
    highest[rows] = np.maximum.reduceat(history.highest, starts)
    iteration, *columns = replace(history, lowest=lowest, highest=highest).columns()
    return History(iteration[rows], *(column[rows].astype(np.float32).astype(np.float64) for column in columns))


def _squeezed(values: AnyArray) -> bytes:
    return zlib.compress(values.astype("<f4").tobytes())


def _spread(packed: bytes) -> AnyArray:
    return np.frombuffer(zlib.decompress(packed), dtype="<f4")


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value
