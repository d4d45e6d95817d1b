"""What this is, in a line; and on a first visit three steps, which never come back once they are closed."""

from __future__ import annotations

import streamlit as st

from pages.ui.text import _
from pages.ui.visit import saved, teacher_link, tour
from pages.ui.visit.state import visit

ARTICLE = "https://cs231n.github.io/neural-networks-case-study/"

STYLE = """
<style>
.st-key-intro p {font-size: .92rem; line-height: 1.4; margin: 0}
.st-key-intro [data-testid=stMarkdownContainer] {margin-bottom: 0}
.st-key-intro_ways button {min-height: 1.6rem; padding: 0}
@media (pointer: coarse) {.st-key-intro_ways button {min-height: 40px}}
@media (max-width: 640px) {.st-key-intro_ways {align-items: flex-start}}
@media (min-width: 641px) {
  .st-key-intro {flex-wrap: nowrap}
  .st-key-intro > :first-child {flex: 1 1 0; min-width: 0}
  .st-key-intro > :last-child {flex: none}
}
</style>
"""


def show() -> None:
    rules = teacher_link.rules()
    if rules.projector or tour.step():
        return
    lines = [
        _(
            "**Spiral Lab:** watch a small neural network learn, following the case study of Stanford's course [CS231n]({link})."
        ).format(link=ARTICLE)
    ]
    new = "hint" not in saved.notes() and not rules.any and not visit().room
    if new:
        steps = (
            _("**1.** Change a control, or click its number to type a new one: the net is retrained."),
            _("**2.** Press ▶: watch it learn."),
            _("**3.** Below: diagnosis, link, files."),
        )
        lines.append(" ".join(steps))
    st.html(STYLE)
    with st.container(key="intro", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("  \n".join(lines), width="stretch")
        if new:
            with st.container(key="intro_ways", gap=None, width="content", horizontal_alignment="right"):
                st.button(
                    _("Show me: 3 minutes"), key="begin_tour", icon=":material/route:", type="tertiary", on_click=tour.go, args=(1,)
                )
                st.button(_("Got it"), key="close_hint", on_click=saved.note, args=("hint", "closed"), type="tertiary")
