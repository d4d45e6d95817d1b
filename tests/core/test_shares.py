"""What can be opened by a name: a shelf by its token, a link by its short name, and nothing else by either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from spiral_core import Settings
from spiral_core.store import short_links
from spiral_core.store.keys import new_id
from spiral_core.store.run_store import RunStore
from spiral_core.store.shares import Share

A = "a" * 22


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    found = RunStore(tmp_path / "runs.sqlite")
    yield found
    found.close()


def test_a_token_opens_one_shelf_and_is_not_its_id(store: RunStore) -> None:
    own, other = new_id(), new_id()
    read, change = store.share(own, False), store.share(own, True)
    assert len({own, read, change}) == 3
    assert store.shared(read) == Share(own, False)
    assert store.shared(change) == Share(own, True)
    assert store.share(own, False) == read
    assert store.share(other, False) != read


def test_a_token_as_the_id_of_a_shelf_opens_nothing(store: RunStore) -> None:
    own = new_id()
    store.pin(own, Settings())
    store.note(own, "lesson:rate", "1")
    token = store.share(own, True)
    assert (store.pins(token), store.notes(token), store.searches(token), store.restore(token)) == ([], {}, [], [])


def test_sharing_ends(store: RunStore) -> None:
    own = new_id()
    token = store.share(own, False)
    store.stop_sharing(own)
    assert store.shared(token) is None
    assert store.share(own, False) != token


def test_a_link_of_before_tokens_opens_its_shelf_to_read(store: RunStore) -> None:
    own = new_id()
    assert store.shared(own) is None
    store.pin(own, Settings())
    assert store.shared(own) == Share(own, False)


def test_a_short_link_comes_back_and_is_short(store: RunStore) -> None:
    query = "hidden=12&limit=iterations%3A10~500&lang=ko"
    name = store.keep_link(query, A)
    assert len(name) == 6
    assert store.keep_link(query, A) == name
    assert store.link(name) == query
    assert store.link("zzzzzz") is None
    assert store.link("") is None
    assert store.link("' OR 1=1") is None


def test_equal_beginnings_get_longer_names(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_links, "_ALPHABET", "ab")  # 64 names of six letters
    queries = [f"seed={i}" for i in range(200)]
    names = [store.keep_link(query, A) for query in queries]
    assert len(set(names)) == 200
    assert [store.link(name) for name in names] == queries


def test_links_have_an_end_and_those_in_use_stay(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_links, "MAX_LINKS", 3)
    first, *rest = (store.keep_link(f"seed={i}", A) for i in range(3))
    assert store.link(first) == "seed=0"  # used: now the latest
    store.keep_link("seed=3", A)
    assert store.link(rest[0]) is None
    assert store.link(first) == "seed=0"
    with pytest.raises(ValueError, match="at most"):
        store.keep_link("x" * (short_links.MAX_QUERY + 1), A)
