"""Puts a function of ours over a method of a library, which has no other way to change what it does."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def over(owner: type, name: str) -> Callable[[Callable[..., Any]], None]:
    """Decorator: the function is called in place of the method, which it gets first; what was put over it before goes."""
    method = getattr(owner, name)
    own = getattr(method, "__wrapped__", method)

    def put(function: Callable[..., Any]) -> None:
        @functools.wraps(own)
        def called(*args: Any, **named: Any) -> Any:
            return function(own, *args, **named)

        setattr(owner, name, called)

    return put
