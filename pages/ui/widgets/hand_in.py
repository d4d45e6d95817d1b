"""Handing in an experiment to the teacher of the class, with a receipt."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import room, saved
from server.refusals import RoomError
from server.rooms import Look
from server.services import services
from spiral_core.settings import Settings
from spiral_core.store.database import StoreError
from spiral_core.store.shelves import MAX_NAME_LENGTH, MAX_NOTE_LENGTH

_NOTE, _LABEL, _RECEIPT = "hand_in_note", "hand_in_label", "hand_in_receipt"


def popover(look: Look, settings: Settings) -> None:
    """A button that opens the form, from which the experiment on the screen is handed in."""
    with st.popover(_("Hand in"), key="hand_in", icon=":material/outbox:"):
        st.markdown(_("Your teacher gets the settings of the experiment on your screen, and what you write here. Nothing else."))
        if look.state.wants_label:
            st.text_input(
                _("Your label"), key=_LABEL, max_chars=MAX_NAME_LENGTH, help=_("What your teacher asked for: a number, a group.")
            )
        st.text_area(_("Note"), key=_NOTE, max_chars=MAX_NOTE_LENGTH, placeholder=_("What did you try, and what did you see?"))
        st.button(_("Hand in this experiment"), key="hand_in_send", type="primary", on_click=_send, args=(look, settings))
        said = st.session_state.get(_RECEIPT)
        if said:
            icon = ":material/check:" if said[0] else ":material/error:"
            (st.success if said[0] else st.error)(said[1], icon=icon)


def _send(look: Look, settings: Settings) -> None:
    note, label = str(st.session_state.get(_NOTE, "")), str(st.session_state.get(_LABEL, ""))
    try:
        saved.spend(saved.size_of(settings))
        receipt = services().rooms.hand_in(look, saved.own_shelf(), settings, note, label)
    except RoomError as error:
        st.session_state[_RECEIPT] = (False, room.text(error.refusal))
    except StoreError as error:
        st.session_state[_RECEIPT] = (False, _("This could not be handed in: {reason}.").format(reason=_(error.reason.value)))
    else:
        said = _("Handed in. Your receipt: **{receipt}**. Keep it: your teacher finds your work by it.")
        st.session_state[_RECEIPT] = (True, said.format(receipt=receipt))
