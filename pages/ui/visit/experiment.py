"""The visit's experiment: one Settings value in session state, followed by the address, changed by the controls."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from pages.ui.text import LANGUAGES, _, escaped, explain, parameter_label, parameter_of, set_language, shortened, value_text
from pages.ui.visit import course, inside, saved, teacher_link
from pages.ui.visit.presets import START
from server.http import cookie
from spiral_core import flat, link
from spiral_core.rules import SettingError
from spiral_core.settings import OWN, Settings

# What else an address may hold: Streamlit's own, and ours for the language and a shelf.
_OTHER_PARAMETERS = {"lang", "shelf", "embed", "embed_options", *teacher_link.QUERY, *inside.PARAMETERS, *course.PARAMETERS}
_PLACES = {inside.PAGE: inside, course.PAGE: course}  # pages whose address says more than the settings

UNDO_STEPS = 50
UNDO_CHARACTERS = 3_000_000  # of points of one's own in all these steps
LONGEST_IN_LINK = 4000  # characters of points of one's own; larger sets stay on the server, and the link names them
_SAVED = "~"  # how such a name begins: no packed points do


def current() -> Settings:
    """The settings on the screen."""
    settings: Settings = st.session_state.setdefault("experiment", START)
    return settings


def change(settings: Settings) -> None:
    """Put other settings on the screen; what was there can be brought back. What a teacher's link does not allow is told."""
    refused = teacher_link.rules().refused(current(), settings)
    if refused:
        st.toast(teacher_link.refusal(refused), icon=":material/lock:")
        return
    _put(settings)


def _put(settings: Settings) -> None:
    if settings != current():
        before = [*_before(), current()][-UNDO_STEPS:]
        while len(before) > 1 and sum(len(s.data.points) for s in before) > UNDO_CHARACTERS:
            del before[0]
        st.session_state["experiments_before"] = before
        st.session_state["experiment"] = settings
    if settings.data.points:
        st.session_state["own_points"] = settings.data.points
    st.session_state.pop("control_error", None)


def _before() -> list[Settings]:
    """The settings that `undo` brings back, the latest last."""
    before: list[Settings] = st.session_state.get("experiments_before", [])
    return before


def change_values(**changes: Any) -> None:
    """Change settings by their names in a link. One that is not allowed changes nothing and is told beside its control."""
    try:
        change(flat.from_values(flat.values(current()) | changes))
    except SettingError as error:
        st.session_state["control_error"] = error


def own_points() -> str:
    """The points of one's own that this visit used last, packed; empty if it had none."""
    return str(st.session_state.get("own_points", ""))


def use_data(name: str) -> None:
    """Change the data set; points of one's own stay at hand."""
    change_values(data=name, points=own_points() if name == OWN else "")


def control_error() -> SettingError | None:
    """Why the last change of a control was refused."""
    error: SettingError | None = st.session_state.get("control_error")
    return error


def undo() -> None:
    """Bring back the settings before the last change."""
    if _before():
        *st.session_state["experiments_before"], st.session_state["experiment"] = _before()
        st.session_state.pop("control_error", None)


def can_undo() -> bool:
    return bool(_before())


def look_inside(settings: Settings, at: int | None) -> None:
    """Go under the hood of a run at an iteration, if the reader has just asked for one."""
    if at is not None:
        change(settings)
        inside.look_at(None if at == settings.iterations else at)
        st.switch_page("under_hood/page.py")


def language_of_visit() -> str:
    """The language chosen in this visit; at its start the address's, then the browser's, then English."""
    if "language" in st.session_state:
        return str(st.session_state["language"])
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    browser = (st.context.locale or "").split("-")[0]
    return browser if browser in LANGUAGES else "en"


def choose_language() -> None:
    """The header's switch was used."""
    chosen = st.session_state.get(f"language_{st.session_state['language']}")
    if chosen:
        _choose(chosen)


def _choose(name: str) -> None:
    set_language(name)
    st.session_state["language_chosen"] = True


def address() -> dict[str, str]:
    """The query part of the address of what is on the screen."""
    query = _query_of(current()) | teacher_link.rules().to_query()
    if "language_chosen" in st.session_state:  # else each reader gets the own browser's
        query["lang"] = st.session_state["language"]
    return query


def _query_of(settings: Settings) -> dict[str, str]:
    """The query part of a link to settings; points that are too many for it are kept on the server, under a name."""
    query = link.to_query(settings, START)
    packed = query.get("points", "")
    return query | ({"points": _SAVED + saved.keep_points(packed)} if len(packed) > LONGEST_IN_LINK else {})


def link_holds_all() -> bool:
    """Whether the link can be opened on any server: not where it names points that only this one has."""
    return len(current().data.points) <= LONGEST_IN_LINK


def follow_address(page: str) -> None:
    """Read the address where the user changed it, else write it.

    Streamlit empties it when the page changes, so only an address of the same page is read, and of a new visit.
    """
    given = st.query_params.to_dict()
    known = st.session_state.get("address")  # (page, query) as this visit last saw them
    if known is None or (known[0] == page and known[1] != given):
        _read(given)
    wanted = {name: value for name, value in given.items() if name.startswith("embed")} | address()
    if page in _PLACES:
        wanted |= _PLACES[page].address()
    if wanted != given:
        st.query_params.from_dict(wanted)
    st.session_state["address"] = (page, wanted)


def _read(query: dict[str, str]) -> None:
    query, told = _with_saved_points(query)
    settings, errors = link.from_query(query, START)
    told += [_refused(error, settings) for error in errors]
    told += [
        _("“{name}” in the link is not a setting and was left out.").format(name=shortened(name))
        for name in query
        if name not in flat.PARAMETERS and name not in _OTHER_PARAMETERS
    ]
    told += [problem for place in _PLACES.values() for problem in place.read(query)]
    asked = query.get("lang")
    if asked in LANGUAGES:
        _choose(asked)
    elif asked is not None:
        told.append(
            _("The language “{name}” in the link is not known; allowed are {allowed}.").format(
                name=shortened(asked), allowed=", ".join(LANGUAGES)
            )
        )
    shelf = query.get("shelf")
    if shelf is not None and cookie.is_shelf(shelf):
        saved.open_shelf(shelf)
    elif shelf is not None:
        told.append(_("“{name}” in the link is not the name of a shelf.").format(name=shortened(shelf)))
    rules, problems = teacher_link.from_query(query)
    teacher_link.use(rules)
    settings, outside = teacher_link.within(settings)
    teacher_link.open_with(settings)
    told += problems + outside
    _put(settings)
    if "address" not in st.session_state:  # a visit's first settings are no change
        st.session_state.pop("experiments_before", None)
    st.session_state["link_errors"] = told


def _with_saved_points(query: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The query with the points that it names, and what is to be told where they are not here."""
    name = query.get("points", "")
    if not name.startswith(_SAVED):
        return query, []
    packed = saved.points_of(name.removeprefix(_SAVED))
    if packed is None:
        rest = {name: value for name, value in query.items() if name not in ("data", "points")}
        return rest, [_("The points that the link names are not on this server; the other settings were taken.")]
    return query | {"points": packed}, []


def _refused(error: SettingError, used: Settings) -> str:
    """What is wrong with a value in the link, and what was used instead."""
    name = parameter_of(error)
    value = value_text(name, flat.values(used)[name])
    instead = _("Used instead: {label} = {value}.").format(label=parameter_label(name), value=value)
    return _("In the link:") + " " + explain(error) + " " + instead


def show_link_errors() -> None:
    """Tell what the link asked for in vain, until the user closes it."""
    errors: list[str] = st.session_state.get("link_errors", [])
    if errors:
        with st.container(key="link_errors", horizontal=True, vertical_alignment="center"):
            st.warning("  \n".join(map(escaped, errors)), icon=":material/link_off:", width="stretch")
            st.button(_("Close"), key="close_link_errors", on_click=lambda: st.session_state.pop("link_errors"), type="tertiary")


def link_here(**more: str) -> str:
    """The whole address of what is on the screen, to copy; `more` is added to it."""
    return _whole(st.context.url or "", address() | more)


def link_of(settings: Settings) -> str:
    """The whole address of the Playground with these settings."""
    here = urlsplit(st.context.url or "")
    return _whole(f"{here.scheme}://{here.netloc}/" if here.netloc else "", _query_of(settings))


def _whole(base: str, query: dict[str, str]) -> str:
    return base.split("?")[0] + ("?" + urlencode(query) if query else "")


def playground_button(key: str, settings: Settings | None = None) -> None:
    """A button that opens settings (None: those on the screen) in the Playground, if a teacher's link leaves that page."""
    if not teacher_link.has_page(""):
        return
    if st.button(_("Open in the Playground"), key=key, icon=":material/open_in_new:"):
        open_in_playground(settings)


def open_in_playground(settings: Settings | None) -> None:
    if settings is not None:
        change(settings)
    st.switch_page("playground/page.py")
