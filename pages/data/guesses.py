"""What was guessed of a file, in one line; unfolded, every guess can be changed, also where reading failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui.text import _, escaped, thousands
from pages.ui.text.files import ENCODINGS
from server.tables.table import Guess, Reading
from spiral_core.marking import N_

Choose = Callable[[str, Any], None]

DELIMITERS = {",": N_("commas"), ";": N_("semicolons"), "\t": N_("tabs"), "|": N_("vertical bars"), " ": N_("spaces")}
DECIMALS = {".": N_("decimal point"), ",": N_("decimal comma")}
TITLES = {
    "encoding": N_("Encoding"),
    "sheet": N_("Sheet"),
    "delimiter": N_("Delimiter"),
    "decimal": N_("Number format"),
    "header": N_("Column names"),
    "missing": N_("Entries such as NA, ? or – in the class column"),
}
DOUBTS = {
    "encoding": N_("The encoding is a guess. Do the letters look right?"),
    "delimiter": N_("The delimiter is a guess. Are the columns right?"),
    "decimal": N_(
        "The sign in numbers such as 1,601 or 1.601 may be a decimal sign or a thousands separator; the file does not say which. "
        "Is this right?"
    ),
    "header": N_("The first line may be column names or a point. Is this right?"),
}
MAX_SHOWN = 20  # columns of a file that could not be read


def need_a_look(reading: Reading) -> bool:
    """Whether the guesses are shown unfolded: something failed, or the file leaves something open."""
    return reading.error is not None or bool(_doubts(reading))


def show(reading: Reading, unfolded: bool, choose: Choose) -> None:
    """The guesses, and which columns are used."""
    for doubt in _doubts(reading):
        st.info(doubt, icon=":material/help:")
    if reading.guesses:
        with st.expander(escaped(summary(reading)), expanded=unfolded, key="data_guesses"):
            for guess in reading.guesses:
                _control(guess, choose)
            _skipped(reading)
    if len(reading.columns) >= 3:
        _columns(reading, choose)


def _doubts(reading: Reading) -> list[str]:
    kinds = {guess.kind for guess in reading.guesses if not guess.sure} - ({"header"} if reading.unfit else set())
    doubts = [_(doubt) for kind, doubt in DOUBTS.items() if kind in kinds]
    if reading.unfit:
        line, count = reading.unfit
        text = _("Line {line} has names for {names} columns, but the rows have {columns}: it is not used. Are the columns right?")
        doubts.append(text.format(line=thousands(line), names=count, columns=len(reading.columns)))
    if not reading.axes_sure:
        doubts.append(_("A column of whole numbers may number the rows or be a measurement. Are the two coordinates right?"))
    return doubts


def summary(reading: Reading) -> str:
    """All guesses in one line."""
    words = [_value(guess) for guess in reading.guesses if guess.kind != "missing"]
    return _("Read as: {guesses}").format(guesses=", ".join(words))


def _value(guess: Guess) -> str:
    """One guess in a few words."""
    value = guess.value
    if guess.kind == "header":
        return _("column names in line {line}").format(line=thousands(value)) if value else _("no column names")
    if guess.kind == "missing":
        return _("mean that the class is unknown") if value else _("are classes")
    if guess.kind == "delimiter":
        return _(DELIMITERS[value])
    if guess.kind == "decimal":
        return _(DECIMALS[value])
    return ENCODINGS.get(value, value) if guess.kind == "encoding" else str(value)


def _control(guess: Guess, choose: Choose) -> None:
    """A box with what was guessed; another choice has the file read again."""
    key = f"data_guess_{guess.kind}"
    st.session_state[key] = guess.value
    texts = {option: _value(Guess(guess.kind, option, ())) for option in guess.options}
    st.selectbox(
        _(TITLES[guess.kind]), guess.options, key=key, format_func=lambda option: texts.get(option, str(option)),
        on_change=lambda: choose(guess.kind, st.session_state[key]),
    )  # fmt: skip


def _skipped(reading: Reading) -> None:
    """Lines that are neither names nor points."""
    if reading.skipped:
        lines = ", ".join(map(str, reading.skipped[:8])) + (" …" if len(reading.skipped) > 8 else "")
        st.caption(_("Lines skipped: {lines}").format(lines=lines))


def preview(reading: Reading) -> None:
    """The first rows as they stand in the file, under the names of their columns."""
    if not reading.preview:
        return
    names = [column.name for column in reading.columns]
    width = len(names) or min(MAX_SHOWN, max(map(len, reading.preview)))
    titles = names or [str(number) for number in range(1, width + 1)]
    rows = [(row + ("",) * width)[:width] for row in reading.preview]
    st.dataframe(
        pd.DataFrame(rows, columns=titles, index=list(reading.preview_lines)),
        height="content",
        alt=_("The first rows of the file."),
    )


def _columns(reading: Reading, choose: Choose) -> None:
    """Which columns are used: guessed, and changeable."""
    titles = (_("First coordinate"), _("Second coordinate"), _("Class"))
    names = [column.name for column in reading.columns]
    for place, title, kind, chosen in zip(st.columns(3), titles, ("x", "y", "label"), reading.roles, strict=True):
        key = f"data_column_{kind}"
        st.session_state[key] = chosen
        place.selectbox(
            title, range(len(names)), None if chosen is None else 0, key=key, placeholder=_("choose"), format_func=_name_of(names),
            on_change=lambda kind=kind, key=key: choose(kind, st.session_state[key]),
        )  # fmt: skip


def _name_of(names: Sequence[str]) -> Callable[[int], str]:
    return lambda at: names[at] if at < len(names) else str(at + 1)


def notes(reading: Reading) -> list[str]:
    """What was left out or drawn, a sentence each."""
    said = []
    if reading.incomplete:
        said.append(
            _("Rows left out because one of the three values is missing: {count}").format(count=thousands(reading.incomplete))
        )
    if reading.sampled_from and reading.points is not None:
        text = _("A random sample of {count} of {all} rows, stratified by class.")
        said.append(text.format(count=thousands(len(reading.points)), all=thousands(reading.sampled_from)))
    return said
