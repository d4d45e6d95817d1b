"""The frame of the page: the list of lessons, the question and its answer, and what the runs show."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.lessons import drawing, glossary, pictures, toy, transfer
from pages.lessons.lesson import SEED_LIMIT, Lesson
from pages.lessons.lessons import LESSONS
from pages.ui.text import _, escaped, goals
from pages.ui.visit import course, goal, navigation, saved, teacher_link
from pages.ui.widgets import keyed, live
from server.services import services
from server.training.view import View
from spiral_core.classroom.goals import Goal
from spiral_core.settings import Settings
from spiral_core.store.shelves import MAX_NOTE_LENGTH


def answer_of(key: str) -> int | None:
    """The answer that this browser's owner gave; None before there is one."""
    return course.answer(key, len(LESSONS[key].options))


def show() -> None:
    key = course.lesson()
    _list()
    _header(key)
    saved.show_problems()
    lesson = LESSONS[key]
    st.markdown(_(lesson.intro))
    family = [settings for _name, settings in lesson.runs(_seed(key))]
    if answer_of(key) is None:
        for settings in family:
            services().runs.watch(settings)  # trained while the question is read
        _ask(key, lesson)
    else:
        _answered(key, lesson)
        live.follow_all(family, lambda views: _results(key, lesson, views))
        if key == "momentum":
            toy.show()


def _seed(key: str) -> int:
    """What is added to the seeds of a lesson's runs."""
    return int(st.session_state.get(f"lesson_seed_{key}", 0))


# Which lesson.


def _list() -> None:
    """All lessons in the sidebar, with a tick where there is an answer."""
    done = [key for key in LESSONS if answer_of(key) is not None]
    titles = {
        key: f"{number}. {_(lesson.title)}" + (" ✓" if key in done else "")
        for number, (key, lesson) in enumerate(LESSONS.items(), 1)
    }
    with st.sidebar:
        lesson = course.lesson()
        chosen = keyed.key("lessons_choice", lesson, len(done))  # where a text changes, Streamlit loses which one was chosen
        st.radio(
            _("Lessons"), list(titles), list(titles).index(lesson), key=chosen, format_func=titles.__getitem__,
            on_change=keyed.changed(chosen, course.choose),
        )  # fmt: skip
        st.progress(len(done) / len(LESSONS), _("{done} of {all} answered").format(done=len(done), all=len(LESSONS)))
        with st.popover(_("Terms of this lesson"), icon=":material/dictionary:", key="lessons_terms"):
            st.markdown(glossary.of_lesson(lesson))
        if done:
            with st.popover(_("Start over"), icon=":material/restart_alt:", key="lessons_reset"):
                st.markdown(_("Your answers will be deleted. This cannot be undone."))
                st.button(
                    _("Delete my answers"),
                    key="lessons_forget",
                    on_click=course.forget_answers,
                    args=tuple(LESSONS),
                )
        st.caption(_("Answers are kept for this browser on this server. Nobody else sees them."))


def _header(key: str) -> None:
    """The title, and the way to the lessons before and after."""
    keys = list(LESSONS)
    at = keys.index(key)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lessons_header"):
        st.header(f"{at + 1}. {_(LESSONS[key].title)}", width="stretch", anchor=False)
        for name, label, icon, step, keyboard in (
            ("previous", _("Previous"), ":material/arrow_back:", -1, "P"),
            ("next", _("Next"), ":material/arrow_forward:", 1, "N"),
        ):
            other = keys[min(max(at + step, 0), len(keys) - 1)]
            st.button(
                label, key=f"lessons_{name}", icon=icon, disabled=other == key, on_click=course.choose, args=(other,),
                shortcut=keyboard,
            )  # fmt: skip


# The question.


def _ask(key: str, lesson: Lesson) -> None:
    """The question and its options; the answer is kept before any run is shown."""
    st.subheader(_("Predict"), anchor=False)
    texts = {number: _(option.text) for number, option in enumerate(lesson.options)}
    st.markdown(f"**{_(lesson.question)}**")
    chosen = st.radio(
        _(lesson.question), list(texts), index=None, key=f"lessons_answer_{key}", format_func=texts.__getitem__,
        label_visibility="collapsed",
    )  # fmt: skip

    if chosen is not None:
        drawing.ask(key, lesson)

    def keep() -> None:
        course.note_answer(key, st.session_state[f"lessons_answer_{key}"])

    st.button(
        _("Answer and show the runs"), key="lessons_run", type="primary", icon=":material/play_arrow:", disabled=chosen is None,
        on_click=keep, help=_("Your answer is saved first; then you see what happens."),
    )  # fmt: skip


def _answered(key: str, lesson: Lesson) -> None:
    """What was asked and answered; what came of it stands with the runs."""
    given = answer_of(key)
    if given is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lessons_answered"):
        st.markdown(f"**{_(lesson.question)}**", width="stretch")
        st.button(
            _("Answer again"), key="lessons_again", on_click=course.forget_answers, args=(key,), type="tertiary",
            icon=":material/undo:",
        )  # fmt: skip


def _verdict(lesson: Lesson, given: int, held: bool) -> None:
    """Whether the answer was right; where these random numbers do not show what the lesson claims, that instead."""
    answer, right = _(lesson.options[given].text), _(lesson.options[lesson.answer].text)
    if not held:
        text = _(
            "You predicted “{given}”. In at least 95 of 100 draws “{answer}” is right, and all of this holds: {claim} These "
            "random numbers are an exception: not all of it does."
        ).format(given=answer, answer=right, claim=_(lesson.claim))
        st.info(text, icon=":material/casino:")
    elif given == lesson.answer:
        st.success(_("You predicted “{answer}”. Correct.").format(answer=right), icon=":material/check:")
    else:
        text = _("You predicted “{given}”; what happens is “{answer}”.").format(given=answer, answer=right)
        st.warning(f"{text} {_(lesson.options[given].reply)}", icon=":material/lightbulb:")


# What the runs show.


def _results(key: str, lesson: Lesson, views: Sequence[View]) -> None:
    given = answer_of(key)
    if given is None:
        return
    trained = [view.run for view in views]
    names = [_(name) for name, _settings in lesson.runs(_seed(key))]
    held = lesson.holds(trained)
    _verdict(lesson, given, held)
    pictures.show(key, lesson, names, views)
    left, right = st.columns(2, gap="large")
    if held:
        left.markdown(f"**{_('What you see')}.** {_(lesson.see)}")
        left.caption(_("True with these random numbers: {claim}").format(claim=_(lesson.claim)))
    else:
        left.markdown(
            f"**{_('What you see')}.** " + _("The numbers above are what happened instead. Which part of the claim do they miss?")
        )
    right.markdown(f"**{_('Why')}.** {_(lesson.why)}")
    with right:
        _own_words(key)
    transfer.show(key, lesson, _seed(key))
    _onward(key, lesson, names, [run.settings for run in trained])


def _own_words(key: str) -> None:
    """One sentence of the reader's own, which nobody else sees."""
    said = course.own_words(key)
    field = keyed.key(f"lessons_words_{key}", said)
    st.text_input(
        _("And in your own words?"), said, key=field, max_chars=MAX_NOTE_LENGTH, placeholder=_("One sentence: why is it so?"),
        help=_("Kept for this browser; nobody else sees it."),
        on_change=keyed.changed(field, lambda words: course.note_own_words(key, words.strip())),
    )  # fmt: skip


def _try_goal(found: Goal) -> None:
    """Begin with the lesson's first run, and its goal above it."""
    goal.set_own(found)
    navigation.open_in_playground(found.start)


def _onward(key: str, lesson: Lesson, names: Sequence[str], family: Sequence[Settings]) -> None:
    """The same runs with other random numbers, and one of them in the Playground."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lessons_onward"):
        st.button(
            _("Other random numbers"), key="lessons_seed", icon=":material/casino:",
            help=_("The same lesson with other points and other initial weights: does it still hold?"),
            on_click=st.session_state.update, args=({f"lesson_seed_{key}": (_seed(key) + 1) % SEED_LIMIT},),
        )  # fmt: skip
        if _seed(key):
            st.caption(_("seed {number}").format(number=_seed(key)), width="content")
        if not teacher_link.rules().has_page(""):
            return
        if lesson.goal:
            found = Goal.from_query(lesson.goal, family[0])
            st.button(
                _("Now you"), key="lessons_goal", icon=":material/flag:", type="primary", on_click=_try_goal, args=(found,),
                help="  \n".join([goals.target(found), *goals.limits(found)]),
            )  # fmt: skip
        by_number = {f"{name} ({number})" if names.count(name) > 1 else name: number for number, name in enumerate(names)}
        with st.popover(_("Open in the Playground"), icon=":material/open_in_new:", key="lessons_open"):
            for name, number in by_number.items():
                st.button(
                    escaped(name), key=f"lessons_open_{number}", width="stretch",
                    on_click=navigation.open_in_playground, args=(family[number],),
                )  # fmt: skip
