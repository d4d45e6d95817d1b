"""A file that was made at a click waits for its browser, while others run their pages."""

from __future__ import annotations

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
