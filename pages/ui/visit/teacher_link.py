"""What a teacher's link allows: controls that are hidden, locked or limited, pages that are left out, and the projector mode.

It guides a class; it does not guard anything, since anybody can change an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from pages.ui.text import _, parameter_label, shortened, span, value_text
from spiral_core.fields import format_value
from spiral_core.flat import PARAMETERS, from_values, values
from spiral_core.rules import SettingError
from spiral_core.settings import OWN, Settings

QUERY = ("hide", "lock", "limit", "pages", "projector")  # names in the address
PRESET = "preset"  # the choice of a ready experiment, beside the settings
CONTROLS = (PRESET, *(name for name in PARAMETERS if name != "points"))
LIMITED = tuple(name for name, rule in PARAMETERS.items() if rule.kind in ("integer", "number", "choice"))
# By their places in the address; "" is the Playground.
PAGES = ("", "case_study", "lessons", "data", "compare", "under_the_hood", "search")
PLAYGROUND = "playground"  # how a link names the first of them
_PARTS, _NAME, _VALUES = ";", ":", "~"

Limits = dict[str, tuple[Any, ...]]  # a number's lowest and highest, a choice's choices


@dataclass(frozen=True)
class Rules:
    """What a link asks for. limit: of a number (low, high), of a choice the choices that are left."""

    hide: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    limit: Limits = field(default_factory=dict)
    pages: tuple[str, ...] = ()  # those that are left; none: all
    projector: bool = False

    def to_query(self) -> dict[str, str]:
        """The part of an address that `from_query` reads back."""
        limits = (name + _NAME + _VALUES.join(map(format_value, allowed)) for name, allowed in self.limit.items())
        query = {
            "hide": _PARTS.join(self.hide),
            "lock": _PARTS.join(self.lock),
            "limit": _PARTS.join(limits),
            "pages": _PARTS.join(page or PLAYGROUND for page in self.pages),
            "projector": "1" if self.projector else "",
        }
        return {name: text for name, text in query.items() if text}

    @property
    def any(self) -> bool:
        return self != Rules(projector=self.projector)

    def allows(self, name: str, value: Any) -> bool:
        """Whether a setting may have a value."""
        allowed = self.limit.get(name)
        if allowed is None:
            return True
        if PARAMETERS[name].kind == "choice":
            return value in allowed
        return value is None or allowed[0] <= value <= allowed[1]

    def refused(self, before: Settings, after: Settings) -> list[str]:
        """The settings, by their names in a link, that may not become what they would."""
        old, new = values(before), values(after)
        fixed = {*self.hide, *self.lock}
        fixed |= {"points"} if "data" in fixed else set()
        return [name for name in new if new[name] != old[name] and (name in fixed or not self.allows(name, new[name]))]


def from_query(query: Mapping[str, str]) -> tuple[Rules, list[str]]:
    """The rules of an address, and a sentence for each part that could not be taken."""
    told: list[str] = []
    hide, lock = (_known(query.get(name, ""), CONTROLS, name, told) for name in ("hide", "lock"))
    named = [PLAYGROUND, *PAGES[1:]]
    pages = tuple("" if page == PLAYGROUND else page for page in _known(query.get("pages", ""), named, "pages", told))
    limit: Limits = {}
    for part in filter(None, query.get("limit", "").split(_PARTS)):
        name, colon, text = part.partition(_NAME)
        try:
            limit[name] = _limit(name, text.split(_VALUES) if colon else [])
        except ValueError:
            said = _("“{text}” in the link’s “limit” was left out: it must be a setting’s name, “:”, and values joined by “~”.")
            told.append(said.format(text=shortened(part)))
    projector = query.get("projector", "")
    if projector not in ("", "0", "1"):
        told.append(_("“projector” in the link must be 0 or 1; “{text}” is not.").format(text=shortened(projector)))
    return Rules(hide, lock, limit, pages, projector == "1"), told


def _known(text: str, allowed: Iterable[str], where: str, told: list[str]) -> tuple[str, ...]:
    """The names in a list that are known; each other one is told."""
    names = dict.fromkeys(filter(None, text.split(_PARTS)))
    allowed = list(allowed)
    for name in names:
        if name not in allowed:
            told.append(
                _("“{name}” in the link’s “{where}” is not known and was left out; known are {allowed}.").format(
                    name=shortened(name), where=where, allowed=", ".join(allowed)
                )
            )
    return tuple(name for name in names if name in allowed)


def _limit(name: str, texts: list[str]) -> tuple[Any, ...]:
    """Raises ValueError for what is no limit of a setting."""
    if name not in LIMITED:
        raise ValueError(name)
    rule = PARAMETERS[name]
    allowed = tuple(rule.parse(name, text) for text in texts)  # SettingError is a ValueError
    if rule.kind == "choice":
        if not allowed:
            raise SettingError(name, rule.rule, "")
        return allowed
    if len(allowed) != 2 or None in allowed or not allowed[0] <= allowed[1]:
        raise ValueError(name)
    return allowed


# The rules of this visit.


def has_page(place: str) -> bool:
    """Whether a page, by its place in the address, is left in the menu."""
    return not rules().pages or place in rules().pages


def rules() -> Rules:
    known: Rules = st.session_state.get("classroom", Rules())
    return known


def rules_of_visit() -> Rules:
    """The rules, also before the address of a new visit has been read."""
    return rules() if "classroom" in st.session_state else from_query(st.query_params.to_dict())[0]


def use(new: Rules) -> None:
    st.session_state["classroom"] = new


def base() -> Settings | None:
    """The experiment that the teacher's link opened, to which Reset goes back; None without such a link."""
    opened: Settings | None = st.session_state.get("classroom_base") if rules().any else None
    return opened


def open_with(settings: Settings) -> None:
    st.session_state["classroom_base"] = settings


def within(settings: Settings) -> tuple[Settings, list[str]]:
    """Settings brought within the limits, and a sentence for each that was not."""
    flat, told = values(settings), []
    for name, allowed in rules().limit.items():
        if rules().allows(name, flat[name]):
            continue
        choice = PARAMETERS[name].kind == "choice"
        nearest = allowed[0] if choice else min(max(flat[name], allowed[0]), allowed[1])
        told.append(
            _("{label}: the teacher’s link allows {allowed}; used is {value} instead of {given}.").format(
                label=parameter_label(name), allowed=allowed_text(name, allowed), value=value_text(name, nearest),
                given=value_text(name, flat[name]),
            )
        )  # fmt: skip
        flat[name] = nearest
    if flat["data"] != OWN:
        flat["points"] = ""
    return (from_values(flat), told) if told else (settings, [])


def allowed_text(name: str, allowed: tuple[Any, ...]) -> str:
    """A limit in words."""
    texts = [value_text(name, value) for value in allowed]
    return ", ".join(texts) if PARAMETERS[name].kind == "choice" else span(texts[0], texts[1])


def refusal(names: list[str]) -> str:
    """Why a change was not made, in a sentence."""
    return _("The teacher’s link does not let this change: {names}.").format(names=", ".join(map(parameter_label, names)))
