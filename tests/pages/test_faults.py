"""Pages whose run store fails them: they say so in a sentence and go on, and what is on the screen is not affected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pages.ui.visit import navigation
from server.services import services
from spiral_core.store.database import Database, Reason, StoreError
from tests.pages.conftest import OpenPage, charts, settle, words

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
    settle(at)
    assert not at.exception
    assert "training" in charts(at)
    at.switch_page("compare/page.py").run()
    assert reason.value in words(at)


@pytest.mark.parametrize("reason", WAYS)
def test_a_search_goes_on_unsaved(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, reason: Reason) -> None:
    at = open_page("search/page.py")
    break_store(monkeypatch, reason)
    at.button(key="search_start").click().run()
    assert not at.exception
    assert reason.value in words(at)
    assert at.button(key="search_stop")
    at.button(key="search_stop").click().run()
