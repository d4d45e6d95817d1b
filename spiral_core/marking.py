"""Marks texts that are shown to users where they stand in tables: `N_` so that translators' tools find them, `Term` for pages."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 (gettext's usual name)
    """The text as it is; `_` translates it when it is shown."""
    return text


class Term(str):
    """A name of ours among those that users give: pages translate it, and no other."""

    __slots__ = ()
