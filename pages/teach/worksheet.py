"""A lesson on paper: one HTML file that prints on A4, a page for each lesson."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pages.lessons.lesson import Lesson
from pages.lessons.lessons import LESSONS
from pages.lessons.measures import MEASURES
from pages.ui.text import _, in_language

_FILE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
@page {{ size: A4; margin: 14mm }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: #1f2430; max-width: 800px; margin: 2rem auto; padding: 0 1rem }}
:lang(ko) {{ word-break: keep-all }}
section + section {{ break-before: page; margin-top: 4rem }}
header {{ display: flex; justify-content: space-between; gap: 2rem; color: #5b6270; font-size: .85rem }}
h1 {{ font-size: 1.5rem; margin: .6rem 0 }}
h2 {{ font-size: 1.05rem; margin: 1.1rem 0 .2rem }}
p {{ margin: .4rem 0 }}
ol {{ list-style: none; padding: 0; margin: .4rem 0 }} li {{ margin: .35rem 0 }}
.box {{ display: inline-block; width: .8em; height: .8em; border: 1.5px solid #1f2430; margin-right: .6em }}
.line {{ border-bottom: 1px solid #9aa1ad; height: 1.95em }}
.blank {{ display: inline-block; border-bottom: 1px solid #9aa1ad; min-width: 11em }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border: 1px solid #9aa1ad; padding: .3rem .6rem; text-align: left; height: 1.5em }}
@media print {{ body {{ font-size: 14px; margin: 0; max-width: none; padding: 0 }} section + section {{ margin: 0 }} }}
</style></head><body>
{sheets}
</body></html>
"""

_SHEET = """<section>
<header><span>Spiral Lab · {number}</span><span>{name} <span class="blank"></span> {date} <span class="blank"></span></span></header>
<h1>{title}</h1>
<p>{intro}</p>
<h2>1. {question_title}</h2>
<p><b>{question}</b></p>
<ol>{options}</ol>
<h2>2. {prediction_title}</h2>
<p>{prediction}</p>
{two}
<h2>3. {observation_title}</h2>
<p>{observation}</p>
{table}
{two}
<h2>4. {why_title}</h2>
<p>{why}</p>
{four}
</section>"""

_LINE = '<div class="line"></div>'
_MOST_ROWS = 6  # of runs: a search has more than a table on paper can hold


def worksheet(names: Sequence[str], language: str) -> str:
    """The worksheets of some lessons in a language, without their answers."""
    with in_language(language):
        title = _(LESSONS[names[0]].title) if len(names) == 1 else _("Worksheets")
        sheets = "\n".join(_sheet(list(LESSONS).index(name) + 1, LESSONS[name]) for name in names)
        return _FILE.format(language=language, title=escape(title), sheets=sheets)


def _sheet(number: int, lesson: Lesson) -> str:
    options = (
        f'<li><span class="box"></span><b>{chr(ord("A") + i)}</b>&ensp;{escape(_(option.text))}</li>'
        for i, option in enumerate(lesson.options)
    )
    texts = {
        "number": _("lesson {number}").format(number=number), "name": _("Name"), "date": _("Date"), "title": _(lesson.title),
        "intro": _(lesson.intro), "question_title": _("Question"), "question": _(lesson.question),
        "prediction_title": _("Prediction"), "prediction": _("Tick your answer before you see any run. Why do you think so?"),
        "observation_title": _("Observation"), "observation": _("Write down what the runs show. What surprised you?"),
        "why_title": _("Why"), "why": _("Explain what happened, with a drawing if you like. Was your prediction right?"),
    }  # fmt: skip
    shown = {name: escape(text) for name, text in texts.items()}
    return _SHEET.format(**shown, options="".join(options), table=_table(lesson), two=_LINE * 2, four=_LINE * 4)


def _table(lesson: Lesson) -> str:
    """The runs by their names, with room for what the app measures of each; nothing where there are too many of them."""
    runs = [_(name) for name, _settings in lesson.runs(0)]
    if not lesson.measures or len(runs) > _MOST_ROWS:
        return ""
    titles = [_("run"), *(_(MEASURES[name].title) for name in lesson.measures)]
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    rows = "".join(f"<tr><td>{escape(run)}</td>{'<td></td>' * len(lesson.measures)}</tr>" for run in runs)
    return f"<table><tr>{head}</tr>{rows}</table>"
