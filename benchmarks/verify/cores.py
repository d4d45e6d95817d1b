"""Cases spread over the cores, one BLAS thread each."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Case = TypeVar("Case")
Outcome = TypeVar("Outcome")


def outcomes(judge: Callable[[Case], Outcome], cases: Iterable[Case]) -> list[Outcome]:
    """What `judge` says of each case, in their order. It must be a function of a module, so that other processes find it."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read by the processes when they import NumPy
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as executor:
        return list(executor.map(judge, cases, chunksize=4))
