"""The diagnosis of a run as a box, and what helped when it was tried on that run in the background."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import streamlit as st

from pages.ui.text import _, findings, ngettext
from pages.ui.visit import experiment
from pages.ui.widgets import live
from server.services import services
from spiral_core.analysis.diagnosis import Finding
from spiral_core.analysis.remedies import FAILED, Offer, Outcome, judge, next_trial, offers, trials
from spiral_core.run import Run
from spiral_core.settings import Settings

POLL, SLOWEST_POLL = 1.0, 3.0  # seconds between two looks at a trial, the slower the more runs share the workers
HEIGHT = 220  # pixels that the remedies take from the start, so that nothing below moves when they come

_tried: WeakKeyDictionary[Run, dict[Settings, Outcome]] = WeakKeyDictionary()  # for as long as the run itself is kept


def panel(run: Run, key: str, load: float = 1.0) -> None:
    """What was found, and the remedies as they come. load: runs that share a worker."""
    finding = findings.finding_of(run)
    text = f"**{_(findings.words_of(finding).title)}.** {findings.sentence(finding)}"
    if finding.kind == "healthy":
        st.success(text, icon=":material/check_circle:")
    else:
        st.warning(text, icon=":material/stethoscope:")
        _follow(finding, run, key, min(SLOWEST_POLL, POLL * load))
    words = findings.words_of(finding)
    st.caption(_("Rule: {rule} Source: {source}.").format(rule=_(words.rule), source=words.source))


def _follow(finding: Finding, run: Run, key: str, poll: float) -> None:
    """Try remedies until enough helped, and show those that did. poll: seconds between two looks."""
    polling = _advance(finding, run) is not None
    settings, first = run.settings, [run]

    def again() -> None:
        run = first.pop() if first else live.once_more(settings).run
        following = _advance(finding, run) if polling else None
        if polling and following is None:
            st.rerun()  # the whole page once more, which ends the repetition
        with st.container(height=HEIGHT, border=False, key=f"{key}_remedies"):
            _show(finding, run, following, key)

    st.fragment(again, run_every=poll if polling else None)()


def _advance(finding: Finding, run: Run) -> Settings | None:
    """Take the trials that are done; returns the one that is being trained, None where none is left."""
    tried = _tried.setdefault(run, {})
    while (settings := next_trial(finding, run, tried)) is not None:
        try:
            trial = services().runs.watch_trial(settings)
        except Exception:
            tried[settings] = FAILED
            continue
        if trial is None:
            return settings
        tried[settings] = judge(run, trial)
    return None


def _show(finding: Finding, run: Run, trying: Settings | None, key: str) -> None:
    tried = _tried.get(run, {})
    helped = offers(finding, run, tried)
    for i, offer in enumerate(helped):
        st.button(
            findings.remedy_label(offer.remedy), key=f"{key}_remedy_{i}", icon=":material/healing:",
            on_click=experiment.show, args=(offer.settings,),
        )  # fmt: skip
        st.caption(_brought(offer))
    if trying is not None:
        words = _("Trying what may help: {done} of up to {all} changes tried.")
        st.caption(words.format(done=len(tried), all=len(trials(finding, run))))
    elif not trials(finding, run):
        st.caption(_("Nothing was tried: with so many points, weights and iterations a trial would take too long."))
    elif not helped:
        text = ngettext(
            "{count} change was tried on this run; it did not help.",
            "{count} changes were tried on this run; none helped.",
            len(tried),
        )
        st.caption(text.format(count=len(tried)))


def _brought(offer: Offer) -> str:
    """What a remedy did to the run when it was tried."""
    outcome = offer.outcome
    if outcome.held_out:
        text = _("Tried: held-out loss {before} → {after}, held-out accuracy {was} → {now}.")
    else:
        text = _("Tried: data loss {before} → {after}, accuracy {was} → {now}.")
    before, after = (findings.loss_words(loss) for loss in outcome.loss)
    was, now = (f"{accuracy:.1%}" for accuracy in outcome.accuracy)
    return text.format(before=before, after=after, was=was, now=now)
