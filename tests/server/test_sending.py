"""What a page's script had to say goes as soon as the script is done: whole, in its order, whatever the other pages have to say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import runtime
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.session_manager import SessionClientDisconnectedError

from server.http import sending
from tests.support.server import server_process
from tests.support.visitor import finish, visit

PATCHED = {
    AppSession: ("flush_browser_queue", "_handle_scriptrunner_event_on_event_loop", "_handle_file_urls_request"),
    Runtime: ("_send_message",),
}


class Page:
    """A session of Streamlit's, as far as messages wait in it, and the browser that it sends them to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[str] = []
        self.hung_up_after = 1000
        self.disconnected: list[str] = []
        self.session: Any = AppSession.__new__(AppSession)
        self.session.id, self.session._browser_queue = "a page", ForwardMsgQueue()
        self.session._settle_pending, self.session._state = False, AppSessionState.SHUTDOWN_REQUESTED  # nothing to end
        server: Any = Runtime.__new__(Runtime)
        server._session_mgr = SimpleNamespace(get_active_session_info=lambda _id: self.info)
        server.disconnect_session = lambda name, client: self.disconnected.append(name)
        self.info: Any = SimpleNamespace(session=self.session, client=self, script_run_count=0)
        self.server = server
        monkeypatch.setattr(runtime, "get_instance", lambda: server)

    def write_forward_msg(self, message: ForwardMsg) -> None:
        if len(self.sent) == self.hung_up_after:
            raise SessionClientDisconnectedError
        self.sent.append(message.hash)

    def says(self, *names: str) -> None:
        for name in names:
            self.session._browser_queue.enqueue(ForwardMsg(hash=name))


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    def handled(session: Any, _sender: Any, event: ScriptRunnerEvent) -> None:
        session._browser_queue.enqueue(ForwardMsg(hash=event.name))

    for owner, names in PATCHED.items():
        for name in names:
            monkeypatch.setattr(owner, name, getattr(owner, name))  # as it was, after the test
    monkeypatch.setattr(AppSession, "_handle_scriptrunner_event_on_event_loop", handled)
    monkeypatch.setattr(sending, "open_pages", lambda: sending.FEW + 1)
    sending.send_at_once()
    return Page(monkeypatch)


def test_a_script_that_is_done_has_all_of_it_sent_in_order(page: Page) -> None:
    page.says("a", "b", "c")
    page.session._handle_scriptrunner_event_on_event_loop(None, ScriptRunnerEvent.ENQUEUE_FORWARD_MSG)
    assert page.sent == []
    page.session._handle_scriptrunner_event_on_event_loop(None, ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS)
    assert page.sent == ["a", "b", "c", "ENQUEUE_FORWARD_MSG", "SCRIPT_STOPPED_WITH_SUCCESS"]
    page.session._handle_scriptrunner_event_on_event_loop(None, ScriptRunnerEvent.FRAGMENT_STOPPED_WITH_SUCCESS)
    assert page.sent[-1] == "FRAGMENT_STOPPED_WITH_SUCCESS"
    assert page.session.flush_browser_queue() == []


def test_streamlits_own_loop_sends_what_waits_in_one_piece(page: Page) -> None:
    """So that nothing of the same page comes between."""
    page.says("a", "b")
    (piece,) = page.session.flush_browser_queue()
    page.server._send_message(page.info, piece)
    assert page.sent == ["a", "b"]


def test_where_few_pages_are_open_streamlits_loop_sends_bit_by_bit(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "open_pages", lambda: sending.FEW)
    page.says("a", "b")
    page.session._handle_scriptrunner_event_on_event_loop(None, ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS)
    assert page.sent == []
    assert [len(piece) for piece in page.session.flush_browser_queue()] == [1, 1, 1]


def test_very_many_messages_go_in_pieces_and_nothing_overtakes_them(page: Page) -> None:
    """The line to a browser would be full, and the browser be taken for one that reads nothing."""
    names = [str(number) for number in range(2 * sending.MOST + 1)]
    page.says(*names)
    page.session._handle_scriptrunner_event_on_event_loop(None, ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS)
    assert page.sent == []  # by Streamlit's own loop
    for piece in page.session.flush_browser_queue():
        assert len(piece) <= sending.MOST
        page.server._send_message(page.info, piece)
        if len(page.sent) == sending.MOST:  # the loop lets others have a turn
            page.session._handle_scriptrunner_event_on_event_loop(None, ScriptRunnerEvent.FRAGMENT_STOPPED_WITH_SUCCESS)
    assert page.sent == [*names, "SCRIPT_STOPPED_WITH_SUCCESS"]
    page.session._handle_scriptrunner_event_on_event_loop(None, ScriptRunnerEvent.FRAGMENT_STOPPED_WITH_SUCCESS)
    assert page.sent[-2:] == ["FRAGMENT_STOPPED_WITH_SUCCESS"] * 2


def test_a_browser_that_has_hung_up_is_let_go(page: Page) -> None:
    page.hung_up_after = 1
    page.says("a", "b", "c")
    page.session._handle_scriptrunner_event_on_event_loop(None, ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS)
    assert page.sent == ["a"]
    assert page.disconnected == ["a page"]


def test_what_was_said_to_a_page_that_came_back_as_another_is_kept_for_it(page: Page) -> None:
    page.info.session = None
    page.says("a")
    page.session._handle_scriptrunner_event_on_event_loop(None, ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS)
    assert page.sent == []
    assert len(page.session.flush_browser_queue()[0]) == 2


def test_nobody_waits_for_streamlits_round_of_all_pages() -> None:
    """On a server that makes one round and then rests for an hour."""
    rests = "from streamlit.runtime import runtime; runtime.MESSAGE_FLUSH_INTERVAL_SECS = 3600"
    crowded = "from server.http import sending; sending.FEW = 0"

    async def journey(address: str) -> None:
        async with visit(address, "iterations=50&hidden=3") as visitor:
            await visitor.picture_after(0.0, "", finished=True, timeout=30.0)
            await visitor.set("seed", int_value=5)
            await visitor.settled(30)
            assert (await visitor.place_for_upload("a.csv")).upload_url
            async with visit(address, page="compare") as other:
                assert not other.errors
            assert not visitor.errors

    with server_process(before=f"{rests}\n{crowded}") as (address, _process, _log):
        finish(journey(address))
