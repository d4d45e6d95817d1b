"""The link itself: its address, a short one that a camera can read, and the QR code."""

from __future__ import annotations

from urllib.parse import urlencode

import segno
import streamlit as st

from pages.ui.text import _
from pages.ui.visit import address, saved
from pages.ui.widgets import invite

MAX_PLAIN_QR = 110  # characters: a longer link gets a short one for its QR code, whose squares stay large enough for the last row
_STAYS_IN_ADDRESS = ("embed_options",)  # what the browser reads before this server is asked


def show(page: str, query: dict[str, str]) -> None:
    """The address, its QR code, and what to mind."""
    base = invite.server_address()
    if not base:
        return
    whole = invite.whole(base, page, query)
    st.code(whole, language=None, wrap_lines=True)
    short = short_address(base, page, query) if len(whole) > MAX_PLAIN_QR else ""
    if short:
        st.caption(_("A short link, kept on this server:"))
        st.code(short, language=None, wrap_lines=True)
    coded = short or whole
    with st.container(horizontal=True):
        st.link_button(_("Try it in a new tab"), whole, icon=":material/open_in_new:")
        invite.large_qr("teach_qr_large", coded)
    try:
        invite.qr(coded, "width: 260px; max-width: 100%")
    except segno.DataOverflowError:
        st.info(_("The link is too long for a QR code because it contains custom points."))
        return
    if query.get("points", "").startswith("~"):
        st.caption(_("The points are stored on this server, so the link works only here."))


def short_address(base: str, page: str, query: dict[str, str]) -> str:
    """The same link by a short name that this server keeps; empty where it cannot keep it."""
    kept = {name: text for name, text in query.items() if name not in _STAYS_IN_ADDRESS}
    name = saved.keep_link(urlencode(kept))
    stays = {name: text for name, text in query.items() if name in _STAYS_IN_ADDRESS}
    return invite.whole(base, page, {address.SHORT: name} | stays) if name else ""
