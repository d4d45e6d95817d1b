"""The engine that computes: NumPy, BLAS with the kernels it chose, and threads. On the same engine a run has the same digits.

A matrix product that is shared between threads may be added up in another order, so the app computes on one thread; importing
spiral_core before NumPy sees to that for a notebook too. Where NumPy came first, `identity` says how many threads there are.
"""

from __future__ import annotations

import ctypes
import glob
import os
import platform
import sys
from functools import lru_cache

from spiral_core import fast

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def use_one_thread() -> bool:
    """Ask BLAS for one thread, unless the environment says otherwise; False where NumPy is loaded and has decided already."""
    if "numpy" in sys.modules:
        return False
    for name in THREADS:
        os.environ.setdefault(name, "1")
    return True


def identity(compiled: bool = False) -> str:
    """NumPy, BLAS and kernels, processor, threads; as "NumPy 2.4.6, OpenBLAS 0.3.31 SkylakeX, x86_64, 1 thread".

    compiled: of a run that the compiled loops train, which adds "numba 0.68.1, compiled loops".
    """
    return f"{_numpy()}, {fast.identity()}" if compiled else _numpy()


@lru_cache(maxsize=1)
def _numpy() -> str:
    import numpy as np

    built = np.show_config(mode="dicts")
    blas = built.get("Build Dependencies", {}).get("blas", {})
    found = built.get("SIMD Extensions", {}).get("found", [])
    kernels, threads = _openblas()
    name = f"{blas.get('name', 'unknown BLAS')} {blas.get('version', '')} {kernels or ' '.join(found[-1:])}"
    count = f"{threads} thread{'' if threads == 1 else 's'}" if threads else "threads unknown"
    return f"NumPy {np.__version__}, {' '.join(name.split())}, {platform.machine()}, {count}"


def _openblas() -> tuple[str, int]:
    """The kernels that NumPy's own OpenBLAS chose, and its threads; "" and 0 where another library computes."""
    import numpy as np

    for path in glob.glob(os.path.join(os.path.dirname(np.__file__), os.pardir, "numpy.libs", "*openblas*")):
        try:
            library = ctypes.CDLL(path)  # which is loaded already
            corename = library.scipy_openblas_get_corename64_
            corename.restype = ctypes.c_char_p
            return corename().decode("ascii", "replace"), int(library.scipy_openblas_get_num_threads64_())
        except (OSError, AttributeError):
            continue
    return "", 0
