"""How students get here: the address of this server in their network, and QR codes."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from pages.ui.text import _
from pages.ui.visit import address
from pages.ui.visit.state import visit
from pages.ui.widgets import keyed, lan
from server import machine


def server_address() -> str:
    """Ask for the address of this server for students, without a slash at its end; empty where it is no such address."""
    shown = visit().form.server or guessed()
    parts, elsewhere = urlsplit(shown), _elsewhere(shown)
    here_alone = parts.hostname in lan.HERE_ALONE
    key = keyed.key("teach_base", shown)

    def keep(typed: str) -> None:
        visit().form = replace(visit().form, server=typed.strip())

    base = st.text_input(
        _("This server's address for your class"), shown, key=key, help=_("The address that students use."),
        on_change=keyed.changed(key, keep),
    ).strip().rstrip("/")  # fmt: skip
    if not _is_server(base):
        st.error(_("The address must begin with http:// or https:// and name a machine, as in http://192.168.0.10:8501."))
        return ""
    if here_alone:
        said = _(
            "“localhost” can be reached from this machine only. For a class, start the server with "
            "`spiral-lab --class` and enter this machine’s address."
        )
        if elsewhere:
            said += " " + _("On your network it is {address}.").format(address=f"`{elsewhere}`")
        st.warning(said, icon=":material/lan:")
        if elsewhere and lan.is_open():
            st.button(_("Use {address}").format(address=elsewhere), key="teach_lan", on_click=_use, args=(elsewhere,))
    return base


def guessed() -> str:
    """The address that students probably use: the form's, else this tab's, with the machine's number where that says localhost."""
    if visit().form.server:
        return visit().form.server.rstrip("/")
    shown = address.root().rstrip("/") or "http://localhost:8501"
    here_alone, elsewhere = urlsplit(shown).hostname in lan.HERE_ALONE, _elsewhere(shown)
    return elsewhere if here_alone and elsewhere and lan.is_open() else shown


def _elsewhere(shown: str) -> str:
    """The same address with the number of this machine in its network; empty where it has none."""
    parts, number = urlsplit(shown), machine.address()
    return f"{parts.scheme}://{number}" + (f":{parts.port}" if parts.port else "") + parts.path if number else ""


def _use(server: str) -> None:
    visit().form = replace(visit().form, server=server)


def _is_server(base: str) -> bool:
    try:
        parts = urlsplit(base)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is no number, a bracket that does not close
        return False


def whole(base: str, page: str, query: dict[str, str]) -> str:
    """An address for students."""
    return f"{base}/{page}" + ("?" + urlencode(query) if query else "")


def qr(text: str, style: str) -> None:
    """A QR code. Raises segno.DataOverflowError for a text that is too long."""
    picture = segno.make(text, error="m", micro=False).svg_data_uri(scale=6, border=3, light="white")
    st.html(f'<img src="{picture}" style="{style}" alt="{escape(_("The link as a QR code"))}">')


def large_qr(key: str, text: str) -> None:
    """A button that shows a QR code as large as the screen allows, until the reader closes it, however often the page runs."""
    opened = f"{key}_opened"

    def open_it(wanted: bool) -> None:
        st.session_state[opened] = wanted

    st.button(_("Full-screen QR code"), key=key, icon=":material/fullscreen:", on_click=open_it, args=(True,))
    if st.session_state.get(opened):
        st.dialog(_("Point your camera here"), width="large", on_dismiss=lambda: open_it(False))(_large)(text)


def _large(text: str) -> None:
    qr(text, "display: block; margin: auto; width: min(70vh, 100%)")
    st.code(text, language=None, wrap_lines=True)
