"""What a page's script had to say goes to its browser as soon as the script is done, and in one piece.

Streamlit sends message by message, one page after another, and lets all else have a turn between any two. Beside busy scripts one
turn takes milliseconds, a page has dozens of messages, and a class has forty pages: each waited a second for what was there.
Where few pages are open it stays so: a browser that gets a page bit by bit draws its first picture sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from streamlit import runtime
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.session_manager import ActiveSessionInfo, SessionClientDisconnectedError

from server.http.origin import open_pages
from server.over import over

Messages = list[ForwardMsg]
FEW = 4  # pages open at once, up to which Streamlit's way is the quicker one
MOST = 100  # that go in one piece: Streamlit's line to a browser holds 500, and nobody takes from it meanwhile
DONE = (ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS, ScriptRunnerEvent.FRAGMENT_STOPPED_WITH_SUCCESS)

_to_come: WeakKeyDictionary[AppSession, int] = WeakKeyDictionary()  # pieces that Streamlit's own loop has taken and not yet sent


def send_at_once() -> None:
    """For all pages of this process. All of it runs on the event loop, and no message of a page overtakes another."""

    @over(AppSession, "flush_browser_queue")
    def in_pieces(flush: Callable[[AppSession], Messages], session: AppSession) -> list[Messages]:
        messages = flush(session)
        length = 1 if open_pages() <= FEW else MOST
        pieces = [messages[at : at + length] for at in range(0, len(messages), length)]
        _to_come[session] = len(pieces)
        return pieces

    @over(Runtime, "_send_message")
    def send_all(send: Callable[..., None], server: Runtime, page: ActiveSessionInfo, messages: Messages) -> None:
        _to_come[page.session] -= 1
        for message in messages:
            send(server, page, message)

    @over(AppSession, "_handle_scriptrunner_event_on_event_loop")
    def send_when_done(
        handle: Callable[..., None], session: AppSession, sender: Any, event: ScriptRunnerEvent, *more: Any, **named: Any
    ) -> None:
        handle(session, sender, event, *more, **named)
        if event in DONE:
            _send(session)

    @over(AppSession, "_handle_file_urls_request")
    def answer(handle: Callable[..., None], session: AppSession, *asked: Any) -> None:
        handle(session, *asked)
        _send(session)


def _send(session: AppSession) -> None:
    """What waits for a page's browser. For few pages, for more than a piece, and after pieces that wait, Streamlit does."""
    if open_pages() <= FEW:
        return
    server = runtime.get_instance()
    page = server._session_mgr.get_active_session_info(session.id)
    waiting = len(session._browser_queue._queue)
    if page is None or page.session is not session or _to_come.get(session) or waiting > MOST:
        return
    for messages in session.flush_browser_queue():
        try:
            server._send_message(page, messages)
        except SessionClientDisconnectedError:
            server.disconnect_session(session.id, client=page.client)
            return
    session.on_flushed_messages_sent()
