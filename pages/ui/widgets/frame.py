"""What stands round every page: title, language, navigation, and what a link could not set."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Literal

import streamlit as st

from pages.ui.text import LANGUAGES, _, escaped, language
from pages.ui.visit import address, navigation, room, saved, stepwise, teacher_link
from pages.ui.visit.rules import PAGES as LEFT_BY_LINKS
from pages.ui.visit.state import visit
from pages.ui.widgets import class_banner, keyboard, keyed, translated
from server.services import services

_HERE = Path(__file__).parent

# Ours, because a Material icon would be fetched from another host; as text, so that no run of a page reads the file again.
ICON = "data:image/png;base64," + base64.b64encode((_HERE / "icon.png").read_bytes()).decode()

_STYLE = (_HERE / "style.css").read_text("utf-8")
_PROJECTOR = (_HERE / "projector.css").read_text("utf-8")


def titles() -> dict[str, str]:
    """The pages that a teacher can choose from, by their places in the address, and their titles."""
    return {place: _(navigation.PAGES[place][1]) for place in LEFT_BY_LINKS}


def show() -> None:
    """Run the page that the address names."""
    services().runs.turn_page()
    visit().language = address.language_of_visit()
    _send_choices_again()
    st.set_page_config(page_title="Spiral Lab", page_icon=ICON, layout="wide")
    rules = teacher_link.rules()
    page = st.navigation([_page(place, rules.pages) for place in navigation.PAGES], position="top")
    st.html(style(rules.projector) + translated.style())
    if page.url_path:
        stepwise.pause()  # training goes on before the reader's eyes alone
    navigation.depart()
    address.follow(page.url_path)
    keyboard.listen()
    _language_switch()
    with st.container():  # a place of its own, so that the page below stays where it is when this goes
        _link_errors()
    with st.container():
        class_banner.show(page.url_path)
    page.run()
    saved.tell_problem()


def _send_choices_again() -> None:
    """After the language has changed: set each choice to what it is.

    The browser holds the text of a chosen option, not its number, and shows that text until the server sets the value. Widgets of
    `keyed` are replaced by themselves; buttons, files and tables may not be set.
    """
    here = visit()
    before, here.language_on_screen = here.language_on_screen or here.language, here.language
    if before == here.language:
        return
    for key, value in st.session_state.items():
        parts = value if isinstance(value, list | tuple) else [value]
        if str(key).partition("~")[0] not in here.shown and all(type(part) in (str, int) for part in parts):
            st.session_state[key] = value


def style(projector: bool) -> str:
    """The rules that all pages share, as an element."""
    return f"<style>{_STYLE}{_PROJECTOR if projector else ''}</style>"


def _language_switch() -> None:
    """In Streamlit's header, which has no place for widgets of its own: `style.css` puts it there."""
    with st.container(key="language"):
        key = keyed.key("language_switch", language())
        st.segmented_control(
            _("Language"), list(LANGUAGES), default=language(), key=key, format_func=LANGUAGES.__getitem__, required=True,
            label_visibility="collapsed", on_change=keyed.changed(key, address.choose_language),
        )  # fmt: skip


def _link_errors() -> None:
    """What could not be taken from the link, until the reader closes it."""
    errors = visit().link_errors
    if errors:
        with st.container(key="link_errors", horizontal=True, vertical_alignment="center"):
            st.warning("  \n".join(map(escaped, errors)), icon=":material/link_off:", width="stretch")
            st.button(_("Close"), key="close_link_errors", on_click=errors.clear, type="tertiary")


def _page(place: str, left: tuple[str, ...]) -> st.Page:
    """A page of the menu; where a teacher's link leaves only some, the others are there, but not in the menu."""
    script, title, icon = navigation.PAGES[place]
    shown = not left or place in left or (place == room.PAGE and bool(visit().room_code))
    visibility: Literal["visible", "hidden"] = "visible" if shown else "hidden"
    return st.Page(
        script, title=_(title), icon=f":material/{icon}:", url_path=place or None, default=not place, visibility=visibility
    )
