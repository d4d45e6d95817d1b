"""The connection to a Dask cluster that carries searches out where one is named, one for all searches."""

from __future__ import annotations

import threading
from concurrent.futures import Executor
from typing import Any

SCHEDULER = "SPIRAL_LAB_SCHEDULER"  # the address of the cluster
SECONDS = 10.0  # to reach it


class Cluster:
    """Connects when it is first needed, and anew where the connection was lost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: Any = None

    def executor(self, address: str) -> Executor:
        """Raises OSError where the cluster cannot be reached, ImportError where the package is missing."""
        from distributed import Client

        with self._lock:
            if self._client is None or self._client.status != "running":
                self._client = Client(address, timeout=SECONDS)
            executor: Executor = self._client.get_executor(retries=3)
            return executor

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
