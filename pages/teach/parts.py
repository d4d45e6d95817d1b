"""The form of a teacher's link, and the link itself with its QR code."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from pages.ui.text import LANGUAGES, _, choice_label, parameter_label, thousands, value_text
from pages.ui.visit import experiment, teacher_link
from pages.ui.visit.presets import PRESETS, START
from pages.ui.visit.teacher_link import CONTROLS, LIMITED, PAGES, PRESET, Rules
from pages.ui.widgets import frame, sidebar
from server import metrics
from server.training import service as runs
from spiral_core import link
from spiral_core.flat import PARAMETERS, values
from spiral_core.marking import N_
from spiral_core.settings import Settings

HERE = "here"  # the experiment on the screen, as against a preset
THEMES = {"": N_("the reader's own"), "light_theme": N_("light"), "dark_theme": N_("dark")}
LONGEST_QR = 2900  # characters: what a QR code holds, less its own needs


def show() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="teach_header"):
        st.header(_("Teach"), width="stretch", anchor=False)
        on = teacher_link.rules().projector
        st.toggle(
            _("Projector mode here"), on, key=f"teach_projector_{on}", on_change=_toggle_projector,
            help=_("Large type, thick lines and fewer controls in this tab, until you switch it off or open the plain address."),
        )  # fmt: skip
    st.markdown(
        _(
            "Make a link for your class: it opens a page with an experiment, and leaves only the controls that the lesson needs. It guides; "
            "whoever changes the address by hand gets all controls back."
        )
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        page, query = _form()
    with right:
        _link(page, query)
    with st.expander(_("This server"), icon=":material/monitor_heart:"):
        _server()


@st.fragment(run_every=2.0)
def _server() -> None:
    """How many are here, what waits, and whether the workers keep up."""
    now = {metric.name: metric.value for metric in metrics.measure()}
    shown = [
        (_("Open pages"), f"{now['pages_open']:g}", _("In browsers, this one among them.")),
        (_("Busy workers"), f"{now['workers_busy']:g} / {now['workers']:g}", _("Each trains one run at a time, in turns.")),
        (_("Runs that wait"), f"{now['runs_waiting']:g}", _("For their next turn. Many, for long: the class needs more cores.")),
        (_("Finished runs"), thousands(int(now["runs_finished_total"])), _("Since the server started.")),
        (_("Searches"), f"{now['searches_running']:g}", _("That run now, behind the runs on screens.")),
        (_("Memory of runs"), f"{now['runs_kept_megabytes']:g} MB", _("At most {most} MB of runs that nobody looks at are kept.").format(most=runs.MEMORY // 1_000_000)),
    ]  # fmt: skip
    for column, (label, value, help) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(label, value, help=help)
    st.caption(_("The same for a monitor: the address {address} of this server.").format(address="`/metrics`"))


def _toggle_projector() -> None:
    rules = teacher_link.rules()
    teacher_link.use(replace(rules, projector=not rules.projector))


def _form() -> tuple[str, dict[str, str]]:
    """What the link shall do: the page that it opens, and the query of its address."""
    titles = frame.titles()
    first, second = st.columns(2)
    page = first.selectbox(_("Opens the page"), list(titles), format_func=titles.__getitem__, key="teach_page")
    starts = {HERE: _("as on the Playground now"), **{preset.name: _(preset.name) for preset in PRESETS}}
    start = second.selectbox(_("With the experiment"), list(starts), format_func=starts.__getitem__, key="teach_start")
    settings = next((preset.settings for preset in PRESETS if preset.name == start), experiment.current())
    names = {name: _("Start from") if name == PRESET else parameter_label(name) for name in CONTROLS}
    hide = st.multiselect(_("Hidden controls"), list(names), format_func=names.__getitem__, key="teach_hide", placeholder=_("none"))
    lock = st.multiselect(
        _("Locked controls"), [name for name in names if name not in hide], format_func=names.__getitem__, key="teach_lock",
        placeholder=_("none"), help=_("They are seen, but cannot be moved."),
    )  # fmt: skip
    free = [name for name in LIMITED if name not in (*hide, *lock)]
    limited = st.multiselect(
        _("Limited controls"), free, format_func=names.__getitem__, key="teach_limit", placeholder=_("none"),
        help=_("They move within a range, or between some of the choices."),
    )  # fmt: skip
    limit = {name: allowed for name in limited if (allowed := _limit(name, settings))}
    others = {place: title for place, title in titles.items() if place != page}
    pages = st.multiselect(
        _("Other pages in the menu"), list(others), format_func=others.__getitem__, key=f"teach_pages_{page}", placeholder=_("all"),
        help=_("Empty: all pages stay in the menu."),
    )  # fmt: skip
    only = st.checkbox(_("Only this page"), key="teach_only", disabled=bool(pages))
    shown = (page, *pages) if pages or only else ()
    third, fourth = st.columns(2)
    languages = {"": _("the reader's own"), **LANGUAGES}
    language = third.selectbox(_("Language"), list(languages), format_func=languages.__getitem__, key="teach_language")
    themes = {name: _(text) for name, text in THEMES.items()}
    theme = fourth.selectbox(_("Theme"), list(themes), format_func=themes.__getitem__, key="teach_theme")
    projector = st.checkbox(_("Projector mode: large type, thick lines, fewer controls"), key="teach_large")
    rules = Rules(tuple(hide), tuple(lock), limit, tuple(p for p in PAGES if p in shown), projector)
    query = link.to_query(settings, START) | rules.to_query()
    query |= {name: text for name, text in (("lang", language), ("embed_options", theme)) if text}
    if settings == experiment.current():
        query |= {name: text for name, text in experiment.address().items() if name == "points"}  # large sets by their name
    return page, query


def _limit(name: str, settings: Settings) -> tuple[Any, ...]:
    """The range or the choices that are left of a control; the experiment's own value is among them."""
    now = values(settings)[name]
    rule = PARAMETERS[name]
    if rule.kind == "choice":
        texts = {choice: choice_label(choice) for choice in rule.choices if choice != "own" or now == "own"}
        chosen = st.pills(
            parameter_label(name), list(texts), default=list(texts), selection_mode="multi", format_func=texts.__getitem__,
            key=f"teach_limit_{name}",
        )  # fmt: skip
        return tuple(choice for choice in texts if choice in chosen or choice == now)
    if name not in sidebar.STEPS:  # a seed
        return (min(now, 0), max(now, 99))
    steps = sorted({step for step in (*sidebar.STEPS[name], now) if step is not None})
    texts = {step: value_text(name, step) for step in steps}
    low, high = st.select_slider(
        parameter_label(name), steps, (steps[0], steps[-1]), format_func=texts.__getitem__, key=f"teach_limit_{name}_{now}"
    )
    return (low, high) if now is None else (min(low, now), max(high, now))


def _link(page: str, query: dict[str, str]) -> None:
    """The address, its QR code, and what to mind."""
    here = urlsplit(st.context.url or "http://localhost:8501")
    base = st.text_input(
        _("Address of this server for your class"),
        f"{here.scheme}://{here.netloc}",
        key="teach_base",
        help=_("As students reach it."),
    ).rstrip("/")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        st.error(_("The address must begin with http:// or https:// and name a machine, as in http://192.168.0.10:8501."))
        return
    if parts.hostname in ("localhost", "127.0.0.1", "::1"):
        st.warning(
            _(
                "“localhost” is this machine alone. For a class start with `streamlit run app.py --server.address 0.0.0.0` and enter this "
                "machine’s address."
            ),
            icon=":material/lan:",
        )
    address = f"{base}/{page}" + ("?" + urlencode(query) if query else "")
    st.code(address, language=None, wrap_lines=True)
    st.link_button(_("Try it in a new tab"), address, icon=":material/open_in_new:")
    if len(address) > LONGEST_QR:
        st.info(_("The link is too long for a QR code: its own points take too much room."))
        return
    code = segno.make(address, error="l", micro=False)
    picture = code.svg_data_uri(scale=6, border=3, light="white")
    st.html(f'<img src="{picture}" width="260" alt="{escape(_("The link as a QR code"))}">')
    if query.get("points", "").startswith("~"):
        st.caption(_("The points stay on this server: the link works here alone."))
