"""The link itself: its address, a short one that a camera can read, and the QR code."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from pages.teach import lan
from pages.ui.text import _
from pages.ui.visit import address, saved
from pages.ui.visit.state import visit
from pages.ui.widgets import keyed
from server import machine

MAX_PLAIN_QR = 110  # characters: a longer link gets a short one for its QR code, whose squares stay large enough for the last row
_STAYS_IN_ADDRESS = ("embed_options",)  # what the browser reads before this server is asked


def show(page: str, query: dict[str, str]) -> None:
    """The address, its QR code, and what to mind."""
    base = _server()
    if not base:
        return
    whole = _address(base, page, query)
    st.code(whole, language=None, wrap_lines=True)
    short = short_address(base, page, query) if len(whole) > MAX_PLAIN_QR else ""
    if short:
        st.caption(_("A short link, kept on this server:"))
        st.code(short, language=None, wrap_lines=True)
    coded = short or whole
    with st.container(horizontal=True):
        st.link_button(_("Try it in a new tab"), whole, icon=":material/open_in_new:")
        if st.button(_("Full-screen QR code"), key="teach_qr_large", icon=":material/fullscreen:"):
            st.dialog(_("Point your camera here"), width="large")(_large)(coded)
    try:
        _qr(coded, "width: 260px; max-width: 100%")
    except segno.DataOverflowError:
        st.info(_("The link is too long for a QR code because it contains custom points."))
        return
    if query.get("points", "").startswith("~"):
        st.caption(_("The points are stored on this server, so the link works only here."))


def _server() -> str:
    """The address of this server for students, without a slash at its end; empty where it is no such address."""
    shown = visit().form.server or address.root().rstrip("/") or "http://localhost:8501"
    parts, number = urlsplit(shown), machine.address()
    here_alone = parts.hostname in lan.HERE_ALONE
    elsewhere = f"{parts.scheme}://{number}" + (f":{parts.port}" if parts.port else "") + parts.path if number else ""
    if here_alone and elsewhere and lan.is_open() and not visit().form.server:
        shown, here_alone = elsewhere, False
    key = keyed.key("teach_base", shown)

    def keep(typed: str) -> None:
        visit().form = replace(visit().form, server=typed.strip())

    base = st.text_input(
        _("This server's address for your class"), shown, key=key, help=_("The address that students use."), on_change=keyed.changed(key, keep)
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


def _use(server: str) -> None:
    visit().form = replace(visit().form, server=server)


def _is_server(base: str) -> bool:
    try:
        parts = urlsplit(base)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is no number, a bracket that does not close
        return False


def _address(base: str, page: str, query: dict[str, str]) -> str:
    return f"{base}/{page}" + ("?" + urlencode(query) if query else "")


def short_address(base: str, page: str, query: dict[str, str]) -> str:
    """The same link by a short name that this server keeps; empty where it cannot keep it."""
    kept = {name: text for name, text in query.items() if name not in _STAYS_IN_ADDRESS}
    name = saved.keep_link(urlencode(kept))
    stays = {name: text for name, text in query.items() if name in _STAYS_IN_ADDRESS}
    return _address(base, page, {address.SHORT: name} | stays) if name else ""


def _qr(text: str, style: str) -> None:
    picture = segno.make(text, error="m", micro=False).svg_data_uri(scale=6, border=3, light="white")
    st.html(f'<img src="{picture}" style="{style}" alt="{escape(_("The link as a QR code"))}">')


def _large(text: str) -> None:
    _qr(text, "display: block; margin: auto; width: min(70vh, 100%)")
    st.code(text, language=None, wrap_lines=True)
