"""The core stands alone, and its public names stay."""

from __future__ import annotations

import subprocess
import sys

import spiral_core

NAMES = {"Settings", "DataSettings", "make_dataset", "make_spiral", "Dataset", "Network", "train", "Run", "gradient_check"}


def test_the_names_that_stay() -> None:
    assert set(spiral_core.__all__) >= NAMES
    assert all(hasattr(spiral_core, name) for name in spiral_core.__all__)


def test_the_core_imports_numpy_and_the_standard_library_alone() -> None:
    code = (
        "import sys, pkgutil, importlib, spiral_core\n"
        "optional = {'spiral_core.kernels', 'spiral_core.building'}\n"  # which compile: in a process of their own, where numba is
        "for m in pkgutil.walk_packages(spiral_core.__path__, 'spiral_core.'):\n"
        "    if m.name not in optional: importlib.import_module(m.name)\n"
        "print({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names))"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, '.')\n{code}"], capture_output=True, text=True, check=True
    )
    third = {name for name in eval(result.stdout) if not name.startswith("_")}
    assert third <= {"numpy", "spiral_core", "sitecustomize", "distutils-precedence"}, third
