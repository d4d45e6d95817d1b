"""What a page may send: messages of its kinds, of a size that is read at once, no faster than a hand makes them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from server.http import crowd
from server.http.metered import (
    BURST,
    LOOK,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_EDITS,
    MAX_EVENTS,
    MAX_FILES,
    MAX_MESSAGES,
    MAX_PLAIN,
    MAX_QUERY,
    MAX_STATE,
    MAX_STATES,
    MAX_TEXT,
    MAX_TRIGGER,
    MAX_VALUES,
    MAX_WAIT,
    Metered,
)
from tests.support.visitor import finish, visit


def rerun(states: int = 0, text: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = text
    message.rerun_script.widget_states.widgets.extend(WidgetState(id=f"{number}", int_value=1) for number in range(states))
    return bytes(message.SerializeToString())


def asking(files: int, name: str = "") -> bytes:
    message = BackMsg()
    message.file_urls_request.file_names.extend(f"{name}{number}" for number in range(files))
    return bytes(message.SerializeToString())


def saying(name: str, length: int) -> bytes:
    """A message in which a text is longer than so many characters."""
    message = BackMsg()
    setattr(message.rerun_script, name, "x" * (length + 1))
    return bytes(message.SerializeToString())


def typed(text: str) -> bytes:
    """What somebody has typed in a field or changed in a table."""
    message = BackMsg()
    message.rerun_script.widget_states.widgets.add(id="a", string_value=text)
    return bytes(message.SerializeToString())


def holding(name: str, values: list[Any]) -> bytes:
    """A message with a list, of a control or of what the browser has."""
    message = BackMsg()
    if name == "cached_message_hashes":
        message.rerun_script.cached_message_hashes.extend(values)
    else:
        getattr(message.rerun_script.widget_states.widgets.add(id="a"), name).data.extend(values)
    return bytes(message.SerializeToString())


def of_component(name: str, text: str) -> bytes:
    """A message with what a component keeps in the browser, or sends at an event."""
    message = BackMsg()
    setattr(message.rerun_script.widget_states.widgets.add(id="a"), name, text)
    return bytes(message.SerializeToString())


def event(value: Any = 1, name: Any = "draw") -> dict[str, Any]:
    return {"event": name, "value": value}


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


DRAWN = {"of": "a lesson", "points": [[[0.1234, 0.5678]] * 230] * 12}  # as many places as one can draw


class Sent:
    """A session of which these messages come at once; how long each of them had to wait, and what the page was told at last."""

    def __init__(self, messages: Iterable[bytes | str]) -> None:
        self.messages = iter(messages)
        self.waits: list[float] = []
        self.passed: list[bytes] = []
        self.said: list[dict[str, Any]] = []
        self.now = 0.0
        self.end = finish(self._all())

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    async def receive(self) -> dict[str, Any]:
        message = next(self.messages, None)
        if message is None:
            return {"type": "websocket.disconnect", "code": 1000}
        return {"type": "websocket.receive", "text" if isinstance(message, str) else "bytes": message}

    async def send(self, message: Any) -> None:
        self.said.append(message)

    async def _all(self) -> int:
        session = Metered(self.receive, self.send, lambda: self.now, self.sleep)
        while (message := await session())["type"] == "websocket.receive":
            self.passed.append(message["bytes"])
        return int(message["code"])


def test_what_a_hand_sends_does_not_wait() -> None:
    sent = Sent([rerun(60)] * int(BURST))
    assert len(sent.passed) == BURST
    assert set(sent.waits) == {0.0}
    assert sent.end == 1000


def test_who_never_stops_is_slowed_down_and_then_ended() -> None:
    sent = Sent([rerun()] * 1000)
    assert len(sent.passed) == pytest.approx(BURST + MAX_WAIT * MAX_MESSAGES, abs=2)
    assert sent.waits[-1] == 1 / MAX_MESSAGES
    assert (sent.end, sent.said[-1]["reason"]) == (1008, "too many messages")


@pytest.mark.parametrize("message", [rerun(MAX_STATES), rerun(0, "x" * 100_000)])
def test_a_large_message_counts_as_several(message: bytes) -> None:
    sent = Sent([message] * 1000)
    assert len(sent.passed) == pytest.approx((BURST + MAX_WAIT * MAX_MESSAGES) / 5, abs=2)
    assert sent.waits[-1] == pytest.approx(5 / MAX_MESSAGES, rel=0.01)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (rerun(MAX_STATES + 1), "a message with too many states"),
        (rerun(0, "x" * MAX_BYTES), "a message too large"),
        (asking(MAX_FILES + 1), "a message that asks for too many files"),
        (holding("string_array_value", [""] * (MAX_VALUES + 1)), "a message with too many values"),
        (holding("int_array_value", [1] * (MAX_VALUES + 1)), "a message with too many values"),
        (holding("cached_message_hashes", ["a"] * (MAX_VALUES + 1)), "a message with too many values"),
        (of_component("json_value", '"' + MAX_STATE * "x" + '"'), "a component's state too large"),
        *(
            (of_component("json_trigger_value", text), "an event that no component sends")
            for text in (
                json.dumps([event()] * (MAX_EVENTS + 1)),
                json.dumps([event("x" * MAX_TRIGGER)]),
                '[{"event": "draw"',
                "[1]",
                "[{}]",
                "7",
                json.dumps(event(name=1)),
                nested(90_000),
                nested(900),
                f'{{"event": "draw", "value": {nested(MAX_DEPTH)}}}',
            )
        ),
        *(
            (saying(name, text), "a message with too long a text")
            for name, text in (("query_string", MAX_QUERY), ("page_name", MAX_TEXT), ("fragment_id", MAX_TEXT))
        ),
        (asking(1, "x" * (MAX_TEXT + 1)), "a message with too long a text"),
        (typed("가" * (MAX_PLAIN // 3 + 1)), "a text or a table that nobody fills in"),
        (typed(json.dumps({"deleted_rows": [0] * (MAX_EDITS + 1)})), "a text or a table that nobody fills in"),
        (
            typed(json.dumps({"edited_rows": {f"{row:08}": {} for row in range(MAX_EDITS + 1)}})),
            "a text or a table that nobody fills in",
        ),
        (b"\xff\xff\xff", "a message that cannot be read"),
        ("text", "a message of text"),
    ],
)
def test_what_no_page_sends_ends_the_session(message: bytes | str, reason: str) -> None:
    sent = Sent([rerun(), message, rerun()])
    assert sent.passed == [rerun()]
    assert (sent.end, sent.said[-1]["code"], sent.said[-1]["reason"]) == (1008, 1008, reason)


@pytest.mark.parametrize("sent", [event(), [], [event()] * MAX_EVENTS, event({"moves": [{"from": [0, 1]}] * 200}), [event(DRAWN)]])
def test_events_of_a_chart_are_passed_on(sent: Any) -> None:
    message = of_component("json_trigger_value", json.dumps(sent))
    assert Sent([message]).passed == [message]


@pytest.mark.parametrize(
    "text", ["x" * 900_000, "가" * (MAX_PLAIN // 3), '{"x": 1' + " " * 100_000, json.dumps({"added_rows": [{"x": 1}] * MAX_EDITS})]
)
def test_what_people_paste_is_passed_on(text: str) -> None:
    assert Sent([typed(text)]).passed == [typed(text)]


def test_while_a_page_or_its_browser_has_many_scripts_that_wait_its_messages_stay_unread() -> None:
    names = crowd.Names("page 1", "here x")
    for others in (crowd.Names("page 1"), crowd.Names("", "here x")):
        most = crowd.MAX_OF_PAGE if others.page else crowd.MAX_OF_BROWSER
        for _script in range(most):
            assert not crowd.is_full(names)
            crowd.begin(others)
        assert crowd.is_full(names)
        assert not crowd.is_full(crowd.Names("page 2", "here y"))
        looks: list[float] = []

        async def receive() -> Any:
            return {"type": "websocket.receive", "bytes": rerun()}

        async def sleep(seconds: float, looks: list[float] = looks, others: crowd.Names = others) -> None:
            looks.append(seconds)
            if looks.count(LOOK) == 3:
                crowd.end(others)

        async def send(message: Any) -> None: ...

        message = finish(Metered(receive, send, sleep=sleep, names=names)())
        assert message["bytes"] == rerun()
        assert looks.count(LOOK) == 3
        for _script in range(most - 1):
            crowd.end(others)
    assert not crowd._scripts


def test_nobody_names_a_page_but_the_server() -> None:
    given: dict[str, Any] = {"headers": [(b"x-spiral-lab-page", b"forged"), (b"Host", b"a")]}
    scope, names = crowd.named(given, "10.0.0.1", "cookie")
    headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
    assert crowd.names_of(headers, "10.0.0.1", "cookie") == names
    assert names.page not in ("", "forged", crowd.named(scope, "10.0.0.1", "")[1].page)
    assert crowd.named(scope, "10.0.0.1", "")[1].browser == ""


def test_what_no_page_of_ours_asks_for_is_passed_over() -> None:
    """To clear what all visits share, to run git, to end the server: Streamlit knows these, for work on an app."""
    others = ("clear_cache", "set_run_on_save", "load_git_info", "debug_disconnect_websocket", "debug_shutdown_runtime")
    messages = []
    for kind in others:
        message = BackMsg()
        setattr(message, kind, True)
        messages.append(message.SerializeToString())
    for operation in ("install_skills", "dismiss_skills_nudge"):
        message = BackMsg()
        getattr(message.backend_operation_request, operation).SetInParent()
        messages.append(message.SerializeToString())
    sent = Sent([*messages, b"", rerun(3)])
    assert sent.passed == [rerun(3)]
    assert sent.end == 1000
    assert len(Sent(messages * 1000).waits) < 300  # but counted


def test_a_file_that_is_to_be_made_counts_as_several() -> None:
    message = BackMsg()
    message.backend_operation_request.deferred_file.file_id = "a"
    sent = Sent([message.SerializeToString()] * 1000)
    assert len(sent.passed) == pytest.approx((BURST + MAX_WAIT * MAX_MESSAGES) / 8, abs=2)


@pytest.mark.parametrize("frame", ["ping", "piece"])
def test_a_flood_of_frames_is_cut_and_the_server_answers_others(server: str, frame: str) -> None:
    """Pings and empty pieces never become messages."""

    async def journey() -> int:
        async with visit(server) as bystander, visit(server) as flooder:
            sent = 0

            async def pieces() -> Any:
                nonlocal sent
                for _ in range(100_000):
                    yield b""
                    sent += 1

            with contextlib.suppress(ConnectionClosed):
                if frame == "piece":
                    await flooder.send(pieces())
                while frame == "ping" and sent < 100_000:
                    await flooder.ping()
                    sent += 1
            await asyncio.wait_for(flooder.closed(), 30)
            await bystander.rerun()
            await bystander.settled()
            return sent

    assert finish(journey()) < 50_000


def test_pings_now_and_then_are_answered(server: str) -> None:
    async def journey() -> None:
        async with visit(server) as visitor:
            for _ in range(20):
                await (await visitor.ping())

    finish(journey())


def test_a_message_without_end_is_cut_where_it_is_too_large(server: str) -> None:
    """Sent in pieces, none of which is the last."""

    async def journey() -> int:
        async with visit(server) as visitor:
            sent = 0

            async def pieces() -> Any:
                nonlocal sent
                for _ in range(200):
                    yield b"\0" * 100_000
                    sent += 100_000
                    await asyncio.sleep(0.01)

            with contextlib.suppress(ConnectionClosed):
                await visitor.send(pieces())
            await asyncio.wait_for(visitor.closed(), 30)
            return sent

    assert finish(journey()) < 5 * MAX_BYTES
