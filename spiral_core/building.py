"""Compiles the loops: `python -m spiral_core.building` writes machine code to its standard output, once it has computed with it.

The first line is JSON: the symbols that the code names but never uses. `spiral_core.fast` starts this.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import llvmlite.binding as llvm

from spiral_core import Settings, fast, kernels
from spiral_core.training import train

FOREIGN = ("numba_", "NRT_")  # what numba's own runtime has


def machine_code() -> bytes:
    whole: Any = None
    for name, symbol, code in kernels.compiled():
        module = llvm.parse_assembly(code)
        module.get_function(symbol).name = name
        if whole is None:
            whole = module
        else:
            whole.link_in(module)
    unused = [each.name for each in whole.functions if each.is_declaration and each.name.startswith(FOREIGN)]
    return json.dumps({"unused": unused}).encode() + b"\n" + bytes(fast.machine(llvm).emit_object(whole))


def main() -> None:
    if hasattr(os, "nice"):
        os.nice(10)  # whoever computes meanwhile goes first
    code = machine_code()
    fast.use(code)
    train(Settings(iterations=20))  # code that fails ends this process, and no other
    sys.stdout.buffer.write(code)


if __name__ == "__main__":
    main()
