"""The rules of this visit's teacher's link: read from the address, applied to settings, and said in words.

They guide a class; they guard nothing, since anybody can change an address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from pages.ui.text import _, explain, parameter_label, shortened, span, value_text
from pages.ui.visit.rules import CONTROLS, LIMITED, NAME, PAGES, PARTS, PLAYGROUND, VALUES, Limits, Rules
from pages.ui.visit.state import visit
from spiral_core.data_settings import OWN
from spiral_core.flat import from_values, values
from spiral_core.rules import SettingError
from spiral_core.settings import Settings

QUERY = ("hide", "lock", "limit", "pages", "projector")  # names in the address


def from_query(query: Mapping[str, str]) -> tuple[Rules, list[str]]:
    """The rules of an address, and a sentence for each part that could not be taken."""
    told: list[str] = []
    hide, lock = (_known(query.get(name, ""), CONTROLS, name, told) for name in ("hide", "lock"))
    named = [PLAYGROUND, *PAGES[1:]]
    pages = tuple("" if page == PLAYGROUND else page for page in _known(query.get("pages", ""), named, "pages", told))
    limit: Limits = {}
    for part in filter(None, query.get("limit", "").split(PARTS)):
        name, colon, text = part.partition(NAME)
        try:
            limit[name] = _limit(name, text.split(VALUES) if colon else [])
        except ValueError:
            said = _("“{text}” in the link’s “limit” was left out: it must be a setting’s name, “:”, and values joined by “~”.")
            told.append(said.format(text=shortened(part)))
    projector = query.get("projector", "")
    if projector not in ("", "0", "1"):
        told.append(_("“projector” in the link must be 0 or 1; “{text}” is not.").format(text=shortened(projector)))
    return Rules(hide, lock, limit, pages, projector == "1"), told


def _known(text: str, allowed: Iterable[str], where: str, told: list[str]) -> tuple[str, ...]:
    """The names in a list that are known; the others are added to `told`."""
    names = dict.fromkeys(filter(None, text.split(PARTS)))
    allowed = list(allowed)
    for name in names:
        if name not in allowed:
            told.append(
                _("“{name}” in the link’s “{where}” is not known and was left out; known: {allowed}.").format(
                    name=shortened(name), where=where, allowed=", ".join(allowed)
                )
            )
    return tuple(name for name in names if name in allowed)


def _limit(name: str, texts: list[str]) -> tuple[Any, ...]:
    """Raises ValueError for what is no limit of a setting."""
    if name not in LIMITED:
        raise ValueError(name)
    rule = LIMITED[name]
    allowed = tuple(rule.parse(name, text) for text in texts)  # SettingError is a ValueError
    if rule.kind == "choice":
        if not allowed:
            raise SettingError(name, rule.rule, "")
        return allowed
    if len(allowed) != 2 or None in allowed or not allowed[0] <= allowed[1]:
        raise ValueError(name)
    return allowed


def rules() -> Rules:
    """The rules of this visit, also before the address of a new visit has been read."""
    known = visit().rules
    return from_query(st.query_params.to_dict())[0] if known is None else known


def use(new: Rules) -> None:
    """Let other rules hold from now on."""
    visit().rules = new


def base() -> Settings | None:
    """The experiment that the teacher's link opened, to which Reset goes back; None without such a link."""
    return visit().base if rules().any else None


def within(settings: Settings) -> tuple[Settings, list[str]]:
    """Settings brought within the limits, and a sentence for each value that was outside."""
    flat, told = values(settings), []
    names = {"hidden" if name in ("units", "layers") else name for name in rules().limit}
    for name in flat:
        if name not in names or rules().allows(name, flat[name]):
            continue
        nearest = rules().nearest(name, flat[name])
        told.append(
            _("{label}: the teacher’s link allows {allowed}; {value} is used instead of {given}.").format(
                label=parameter_label(name), allowed=allowed_text(name), value=value_text(name, nearest),
                given=value_text(name, flat[name]),
            )
        )  # fmt: skip
        flat[name] = nearest
    if flat["data"] != OWN:
        flat["points"] = ""
    if not told:
        return settings, []
    try:
        return from_values(flat), told
    except SettingError as error:  # each limit may be met by itself, but not all of them together
        return settings, [_("The limits of the teacher’s link cannot all be met:") + " " + explain(error)]


def allowed_text(name: str) -> str:
    """A limit of this visit in words; that of the hidden layers is one of units, of layers, or both."""
    limit = rules().limit
    if name == "hidden":
        return "; ".join(f"{parameter_label(part)} {allowed_text(part)}" for part in ("layers", "units") if part in limit)
    texts = [value_text(name, value) for value in limit[name]]
    return ", ".join(texts) if LIMITED[name].kind == "choice" else span(texts[0], texts[1])


def refusal(names: list[str]) -> str:
    """Why a change was not made, in a sentence."""
    return _("The teacher’s link does not allow this to be changed: {names}.").format(names=", ".join(map(parameter_label, names)))
