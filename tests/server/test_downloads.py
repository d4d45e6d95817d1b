"""A file that was made at a click waits for its browser, while others run their pages."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from server.http import downloads


def test_a_made_file_outlives_the_runs_of_other_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("server.http.downloads.time.monotonic", lambda: now)
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    downloads.keep_for_a_while(manager)
    monkeypatch.setattr("streamlit.runtime.media_file_manager._get_session_id", lambda: "a visit")
    placeholder = manager.add_deferred(lambda: b"a report", "text/html", "here", file_name="report.html")
    file = manager.execute_deferred(placeholder).rpartition("/")[2]
    for _run in range(40):
        manager.remove_orphaned_files()
    assert storage.get_file(file).content == b"a report"
    now += downloads.KEPT + 1
    for _run in range(2):
        manager.remove_orphaned_files()
    with pytest.raises(Exception, match="Bad filename"):
        storage.get_file(file)


def test_made_files_are_bounded_and_the_newest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = MemoryMediaFileStorage("/media")
    manager = MediaFileManager(storage)
    downloads.keep_for_a_while(manager)
    monkeypatch.setattr(downloads, "MAX_BYTES", 3_000)
    monkeypatch.setattr("streamlit.runtime.media_file_manager._get_session_id", lambda: "a visit")
    made = []
    for number in range(20):
        content = bytes([number]) * 1_000
        placeholder = manager.add_deferred(partial(bytes, content), "text/html", f"{number}", file_name="report.html")
        made.append(manager.execute_deferred(placeholder).rpartition("/")[2])
        assert storage.get_file(made[-1]).content == content
        assert len(storage._files_by_id) <= 5
    monkeypatch.setattr(downloads, "MAX_BYTES", 10)
    placeholder = manager.add_deferred(lambda: b"x" * 100, "text/html", "large", file_name="report.html")
    assert storage.get_file(manager.execute_deferred(placeholder).rpartition("/")[2]).content == b"x" * 100


def test_one_file_is_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    downloads.keep_for_a_while(manager)
    monkeypatch.setattr("streamlit.runtime.media_file_manager._get_session_id", lambda: "a visit")
    at_work, most = [0], [0]

    def make() -> bytes:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        time.sleep(0.01)
        at_work[0] -= 1
        return b"a report"

    placeholders = [manager.add_deferred(make, "text/html", f"{number}", file_name="report.html") for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        assert len({*threads.map(manager.execute_deferred, placeholders)}) == 1
    assert most == [1]
