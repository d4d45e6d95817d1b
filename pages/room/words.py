"""Questions and answers in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from pages.lessons.lessons import LESSONS
from pages.ui.text import _, choice_label, escaped, number_text, run_name, story, thousands, value_text
from spiral_core.classroom.borders import Plane
from spiral_core.classroom.drawings import Curve
from spiral_core.classroom.votes import Vote


def lesson_titles() -> dict[str, str]:
    """The lessons by their names, with their numbers."""
    return {name: f"{number}. {_(lesson.title)}" for number, (name, lesson) in enumerate(LESSONS.items(), 1)}


def vote_of_lesson(name: str) -> Vote:
    """A vote on a lesson's question."""
    return Vote(lesson=name, choices=len(LESSONS[name].options))


def question(vote: Vote) -> str:
    """The question, harmless as Markdown."""
    return _(LESSONS[vote.lesson].question) if vote.lesson in LESSONS else escaped(vote.question)


def to_draw(task: Curve | Plane) -> str:
    """What is to be drawn, harmless as Markdown."""
    draws = LESSONS[task.lesson].draws if task.lesson in LESSONS else None
    if draws:
        return _(draws.text)
    settings = task.settings
    course = story(settings)
    if settings.after is None:
        course = _("{iterations} iterations, learning rate {rate}").format(
            iterations=thousands(settings.iterations), rate=value_text("learning_rate", settings.learning_rate)
        )
    run = f"{choice_label(settings.data.name)} · {run_name(settings)} · {course}"
    text = _("How will the loss of this run go: {run}?")
    if isinstance(task, Plane):
        text = _("Where will the decision boundaries of this run be at the end: {run}?")
    return text.format(run=escaped(run))


def options(vote: Vote) -> list[str]:
    """What can be answered; none where the answer is a number."""
    if vote.lesson in LESSONS:
        return [_(option.text) for option in LESSONS[vote.lesson].options]
    return [escaped(option) for option in vote.options]


def lettered(texts: Sequence[str]) -> dict[int, str]:
    """Options by their numbers, with the letters by which a class speaks of them."""
    return {number: f"**{chr(ord('A') + number)}**\u2002{text}" for number, text in enumerate(texts)}


def answer(vote: Vote, kept: str) -> str:
    """A kept answer, as it was chosen or typed."""
    texts = options(vote)
    return lettered(texts)[int(kept)] if texts else number_text(float(kept))
