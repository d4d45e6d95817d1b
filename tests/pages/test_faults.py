"""Pages whose run store fails them: they say so in a sentence and go on, and what is on the screen is not affected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from pages.ui.visit import navigation
from server.http import limits
from server.services import services
from spiral_core import DataSettings
from spiral_core.points import Points, pack
from spiral_core.store.database import Database, Reason, StoreError
from spiral_core.store.keys import points_name
from tests.pages.conftest import OpenPage, charts, settle, visit, words

WAYS = (Reason.FULL, Reason.LOCKED, Reason.DAMAGED)


def break_store(monkeypatch: pytest.MonkeyPatch, reason: Reason) -> None:
    """From now on nothing can be written; and where that is not for want of room, nothing be read."""

    @contextmanager
    def writing(self: Database) -> Iterator[None]:
        raise StoreError(reason)
        yield

    def read(self: Database, query: str, *values: object) -> list[tuple[object, ...]]:
        raise StoreError(reason)

    assert services().store  # it was fine when the server started
    monkeypatch.setattr(Database, "writing", writing)
    if reason is not Reason.FULL:
        monkeypatch.setattr(Database, "read", read)


@pytest.mark.parametrize("reason", WAYS)
@pytest.mark.parametrize("place", navigation.PAGES)
def test_every_page_opens(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, place: str, reason: Reason) -> None:
    break_store(monkeypatch, reason)
    at = open_page(navigation.PAGES[place][0] if place else None)
    assert not at.exception
    assert "went wrong on our side" not in words(at)


@pytest.mark.parametrize("reason", WAYS)
def test_what_cannot_be_saved_is_said(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, reason: Reason) -> None:
    at = open_page()
    break_store(monkeypatch, reason)
    at.button(key="pin").click().run()
    assert [reason.value in toast.value for toast in at.toast] == [True]
    settle(at)
    assert not at.exception
    assert "training" in charts(at)


def test_what_one_network_saves_has_an_end_that_is_said(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shelf, a search and a set of points: each says in a sentence that it was not kept, and works on."""
    monkeypatch.setattr(limits, "max_saved_per_address", lambda: 1)
    at = open_page()
    at.button(key="pin").click().run()
    assert [Reason.NETWORK.value in toast.value for toast in at.toast] == [True]
    settle(at)
    assert "training" in charts(at)
    assert not services().store.pins(visit(at).own_shelf)
    at.switch_page("search/page.py").run()
    at.button(key="search_start").click().run()
    assert Reason.NETWORK.value in words(at)
    at.button(key="search_stop").click().run()
    assert not services().store.searches(visit(at).own_shelf)
    rng = np.random.default_rng(606)  # points that no other test keeps
    large = Points(rng.normal(size=(2000, 2)), rng.integers(0, 2, 2000), ("a", "b"))
    at.switch_page("data/page.py").run()
    visit(at).settings = visit(at).settings.replace(data=DataSettings(name="own", points=pack(large), test_fraction=0.2))
    at.run()
    assert Reason.NETWORK.value in words(at)
    assert services().store.points(points_name(pack(large))) is None


@pytest.mark.parametrize("reason", WAYS)
def test_a_search_goes_on_unsaved(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, reason: Reason) -> None:
    at = open_page("search/page.py")
    break_store(monkeypatch, reason)
    at.button(key="search_start").click().run()
    assert not at.exception
    assert reason.value in words(at)
    assert at.button(key="search_stop")
    at.button(key="search_stop").click().run()
