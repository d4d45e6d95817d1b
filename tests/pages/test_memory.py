"""An open page keeps no run in memory: what the run service lets go is gone, however many pages show it."""

from __future__ import annotations

import gc
import time
import weakref

import pytest
import streamlit as st

from pages.ui.widgets import live
from server.services import services
from spiral_core import Run, Settings
from tests.pages.conftest import OpenPage
from tests.support.polling import until

NET = {"hidden": "20-20", "iterations": "60", "optimizer": "adam", "test_fraction": "0.2"}
ALL_GOES_WRONG = {"hidden": "", "learning_rate": "30", "reg": "0.1"}  # so that there are remedies to try
PARTS = ("point", "units", "gradient", "health", "landscape", "diagnosis", "start")
PAGES: list[tuple[str | None, dict[str, str]]] = [
    (None, {}),
    (None, ALL_GOES_WRONG),
    *(("under_hood/page.py", {"part": part}) for part in PARTS),
    *((f"{page}/page.py", {}) for page in ("case_study", "lessons", "data", "compare", "search")),
]


def let_go() -> dict[Settings, weakref.ref[Run]]:
    """Have the service forget all runs that are done; the runs, where there still are some."""
    with services().runs._lock:
        jobs = services().runs._jobs
        done = [settings for settings, job in jobs.items() if job.run.finished and not job.working]
        runs = {settings: weakref.ref(jobs[settings].run) for settings in done}
        for settings in done:
            del jobs[settings]
    return runs


@pytest.mark.parametrize(("page", "query"), PAGES)
def test_what_the_service_lets_go_no_page_holds(open_page: OpenPage, page: str | None, query: dict[str, str]) -> None:
    until(lambda: services().runs.load().working == 0, "runs of others are in work")
    let_go()
    at = open_page(page, **NET | query)
    for _again in range(2):
        time.sleep(0.3)
        at.run()
    until(lambda: services().runs.load().working == 0, "it is still in work")
    runs = let_go()
    assert runs
    until(lambda: gc.collect() >= 0 and not any(run() for run in runs.values()), "a page holds a run")
    assert not at.exception


def test_a_part_whose_run_is_gone_has_the_whole_page_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class BegunError(Exception):
        pass

    def rerun() -> None:
        raise BegunError

    monkeypatch.setattr(st, "rerun", rerun)
    settings = Settings(hidden=(5,), iterations=50)
    with pytest.raises(BegunError):
        live.once_more(settings)
    until(lambda: services().runs.finished(settings), "it is not trained again")
    assert live.once_more(settings).run.finished
    let_go()
    with pytest.raises(BegunError):
        live.once_more(settings)
