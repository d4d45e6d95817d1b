"""After the answer: is what the lesson claims true of other data? The reader says so first; then it is tried."""

from __future__ import annotations

import streamlit as st

from pages.lessons import pictures
from pages.lessons.lesson import Lesson, with_data
from pages.ui.text import _, choice_label
from pages.ui.widgets import live
from server.training.view import View


def show(key: str, lesson: Lesson, seed: int) -> None:
    """One fold, whose runs are trained when it has been answered."""
    if not lesson.transfer:
        return
    with st.expander(
        _("And on other data?"), icon=":material/swap_horiz:", key=f"lessons_transfer_{key}", on_change="rerun"
    ) as box:
        if box.open:
            _ask(key, lesson, seed)


def _ask(key: str, lesson: Lesson, seed: int) -> None:
    data = choice_label(lesson.transfer)
    question = _("The same runs on the data set “{data}”. Is all of this true there too? {claim}")
    texts = {True: _("Yes, all of it"), False: _("No, not all of it")}
    st.markdown(question.format(data=data, claim=_(lesson.claim)))
    given = st.radio(
        _("Your prediction"), list(texts), index=None, key=f"lessons_transfers_{key}", format_func=texts.__getitem__,
        label_visibility="collapsed",
    )  # fmt: skip
    if given is None:
        return
    family = [(name, with_data(settings, lesson.transfer)) for name, settings in lesson.runs(seed)]

    def draw(views: list[View]) -> None:
        held = lesson.holds([view.run for view in views])
        happened = _("On “{data}” all of it holds.") if held else _("On “{data}” not all of it holds.")
        right = _("As you predicted.") if held == given else _("You predicted otherwise.")
        text = f"{happened.format(data=data)} {right} " + _("Why? Compare with the runs above.")
        (st.success if held == given else st.warning)(text, icon=":material/check:" if held == given else ":material/lightbulb:")
        pictures.show(f"{key}_transfer", lesson, [_(name) for name, _settings in family], views)

    live.follow_all([settings for _name, settings in family], draw)
