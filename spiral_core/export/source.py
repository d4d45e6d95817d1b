"""The core's own code as text for exported scripts, so that no formula is written twice."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any


def _definition(function: Callable[..., Any]) -> tuple[ast.FunctionDef, list[str]]:
    text = textwrap.dedent(inspect.getsource(function))
    (definition,) = ast.parse(text).body
    assert isinstance(definition, ast.FunctionDef)
    return definition, text.splitlines()


def plain_source(function: Callable[..., Any]) -> str:
    """A function as it stands in the core, without decorators and types."""
    definition, lines = _definition(function)
    names = ", ".join(argument.arg for argument in definition.args.args)
    return "\n".join([f"def {definition.name}({names}):", *lines[definition.body[0].lineno - 1 :]])


def expression(function: Callable[..., Any], values: dict[str, Any], names: dict[str, str]) -> ast.expr:
    """What a function of one `return` returns, with values in place of its arguments and of attributes such as `settings.reg`.

    names: other names for what stays a variable. Functions of `math` become NumPy's.
    """
    definition, _lines = _definition(function)
    returned = definition.body[-1]
    assert isinstance(returned, ast.Return)
    assert returned.value is not None
    substituted: ast.expr = _Substituted(values, names | {"math": "np"}).visit(returned.value)
    return substituted


class _Substituted(ast.NodeTransformer):
    def __init__(self, values: dict[str, Any], names: dict[str, str]) -> None:
        self._values, self._names = values, names

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if node.attr in self._values:
            return ast.Constant(self._values[node.attr])
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._values:
            return ast.Constant(self._values[node.id])
        return ast.Name(self._names.get(node.id, node.id))


def product(factor: float, expr: ast.expr) -> str:
    """factor · expr as code, with brackets where they are needed."""
    if isinstance(expr, ast.Constant) and expr.value == 1:
        return repr(factor)
    return ast.unparse(ast.BinOp(ast.Constant(factor), ast.Mult(), expr))


def indented(text: str, by: int = 1) -> str:
    return "\n".join("    " * by + line if line else line for line in text.splitlines())
