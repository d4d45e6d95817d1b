"""What pages send: messages of the kinds that pages need, small enough to be read at once, no faster than a hand makes them."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from types import FrameType
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Part
from starlette.types import Message, Receive, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from server import log
from server.http import crowd
from server.http.bucket import Bucket

MAX_BYTES = 1_000_000  # of a message: a table of 10 000 pasted points takes about 700 000
MAX_STATES = 500  # of widgets in a message; the fullest page has a tenth of that
MAX_VALUES = 5000  # in lists inside a message
MAX_STATE = 1000  # characters that a component of ours keeps in the browser: none does
MAX_TRIGGER = 100_000  # characters that one sends at an event: 2 800 places of drawn lines take half of that
MAX_EVENTS, MAX_DEPTH = 16, 8  # of what it sends then: events of one chart, and lists within lists
MAX_FILES = 10  # for which a message asks where to send them; each answer is as long as ten such names
MAX_MESSAGES = 10.0  # a second that a page may send in the long run; a hand on a slider sends about as many
BURST = 60.0  # and at once
LOOK = 0.03  # seconds between two looks whether a page's scripts have become fewer
MAX_TEXT, MAX_QUERY = 2000, 100_000  # characters of a text; of an address, as long as a short link's may be
MAX_PLAIN = 200_000  # bytes of a text with letters that take four times as much in memory
MAX_EDITS = 20_000  # of a table in one message
MAX_WAIT = 15.0  # seconds that a page may go on sending faster, slowed down, before it is cut off
_FILE = 8.0  # as so many counts one that asks for a file to be made
_BYTES, _STATES = 20_000, 100  # of one that counts as one; larger ones count as several
# What a page of ours may ask for. Streamlit knows more: to clear everybody's cache, to look for a repository, to end the server.
_KINDS = {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request"}
_OPERATIONS = {"deferred_file", "dataframe_chunk"}  # and not: to install something on the server

# Texts that may be longer; those of values are bounded by the message or below.
_LONGER = {
    "query_string": MAX_QUERY, "url": MAX_QUERY + MAX_TEXT, "string_value": MAX_BYTES, "json_value": MAX_BYTES,
    "json_trigger_value": MAX_BYTES,
}  # fmt: skip

_closing = threading.Event()


def is_ending() -> bool:
    """Whether the server has been told to end."""
    return _closing.is_set()


def heed_the_end() -> None:
    """From the signal that ends the server on, nobody's messages are waited for. In the main thread."""
    _closing.clear()
    for number in filter(None, (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGBREAK", None))):  # the last on Windows alone
        before = signal.getsignal(number)

        def close(received: int, frame: FrameType | None, before: Any = before) -> None:
            _closing.set()
            if callable(before):
                before(received, frame)

        signal.signal(number, close)


class RefusedError(Exception):
    """A message that no page of ours sends."""


class Metered:
    """Passes a page's messages on as fast as a hand makes them; what sends faster waits, and what never stops is ended."""

    def __init__(
        self,
        receive: Receive,
        send: Send,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        names: crowd.Names = crowd.NOBODY,
    ) -> None:
        """names: under which the page's scripts are counted."""
        self._receive, self._send, self._names, self._sleep = receive, send, names, sleep
        self._bucket = Bucket(MAX_MESSAGES, BURST, clock)
        self._waited = 0.0

    async def __call__(self) -> Message:
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            if _closing.is_set():  # whatever a page still has to say
                return {"type": "websocket.disconnect", "code": 1012}
            try:
                read = _read(message.get("bytes"))
            except RefusedError as error:
                return await self._cut(str(error))
            seconds = self._seconds_of(_weight(read))
            if self._waited > MAX_WAIT:
                return await self._cut("too many messages")
            await self._sleep(seconds)
            if _is_of_a_page(read):
                while crowd.is_full(self._names) and not _closing.is_set():
                    await self._sleep(LOOK)
                return message

    def _seconds_of(self, weight: float) -> float:
        """How long a message has to wait."""
        if self._bucket.take(weight):
            self._waited = 0.0
            return 0.0
        seconds = weight / MAX_MESSAGES
        self._waited += seconds
        return seconds

    async def _cut(self, reason: str) -> Message:
        log.warning("a page was cut off", reason=reason)
        await self._send({"type": "websocket.close", "code": 1008, "reason": reason})
        return {"type": "websocket.disconnect", "code": 1008}


def _read(data: bytes | None) -> BackMsg:
    if data is None:
        raise RefusedError("a message of text")
    if len(data) > MAX_BYTES:
        raise RefusedError("a message too large")
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise RefusedError("a message that cannot be read") from None
    if len(message.rerun_script.widget_states.widgets) > MAX_STATES:
        raise RefusedError("a message with too many states")
    if _values(message) > MAX_VALUES:
        raise RefusedError("a message with too many values")
    if _is_longer(message):
        raise RefusedError("a message with too long a text")
    for state in message.rerun_script.widget_states.widgets:
        if len(state.json_value) > MAX_STATE:
            raise RefusedError("a component's state too large")
        if state.json_trigger_value and not _is_trigger(state.json_trigger_value):
            raise RefusedError("an event that no component sends")
        if len(state.string_value) > MAX_EDITS and not _is_typed(state.string_value):
            raise RefusedError("a text or a table that nobody fills in")
    if len(message.file_urls_request.file_names) > MAX_FILES:
        raise RefusedError("a message that asks for too many files")
    return message


def _is_longer(message: Part) -> bool:
    """Whether any text in a message is longer than it may be: Streamlit keeps most of them as long as the page is open."""
    for field, value in message.ListFields():
        values = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else (value,)
        if field.type == field.TYPE_STRING and any(len(text) > _LONGER.get(field.name, MAX_TEXT) for text in values):
            return True
        if field.type == field.TYPE_MESSAGE and any(map(_is_longer, values)):
            return True
    return False


def _is_typed(text: str) -> bool:
    """Whether a long text is one that a control of ours may hold, or a table with as many edits as rows can have."""
    if not text.isascii() and len(text.encode()) > MAX_PLAIN:
        return False
    if not text.startswith("{"):
        return True
    try:
        edits = json.loads(text)
    except (ValueError, RecursionError):
        return True
    return all(len(each) <= MAX_EDITS for each in edits.values() if isinstance(each, list | dict))


def _is_trigger(text: str) -> bool:
    """Whether it is a few events of a component, each with its name. Streamlit takes any number, and calls the page for each."""
    if len(text) > MAX_TRIGGER:
        return False
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        return False
    events = sent if isinstance(sent, list) else [sent]
    named = all(isinstance(event, dict) and isinstance(event.get("event"), str) for event in events)
    return named and len(events) <= MAX_EVENTS and not _is_deeper(events, MAX_DEPTH)


def _is_deeper(value: object, depth: int) -> bool:
    """Whether there are lists and objects within one another beyond so many."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth < 0 or any(_is_deeper(each, depth - 1) for each in inside if isinstance(each, dict | list))


def _is_of_a_page(message: BackMsg) -> bool:
    kind = message.WhichOneof("type")
    return kind in _KINDS and (
        kind != "backend_operation_request" or message.backend_operation_request.WhichOneof("payload") in _OPERATIONS
    )


def _values(message: BackMsg) -> int:
    """In lists: what controls hold, and what the browser says to have."""
    request = message.rerun_script
    lists = ("string_array_value", "int_array_value", "double_array_value")
    held = sum(len(getattr(state, name).data) for state in request.widget_states.widgets for name in lists if state.HasField(name))
    return held + len(request.cached_message_hashes)


def _weight(message: BackMsg) -> float:
    """As how many messages one counts."""
    size = int(message.ByteSize())
    file = _FILE if message.backend_operation_request.HasField("deferred_file") else 1.0
    return max(file, size / _BYTES, len(message.rerun_script.widget_states.widgets) / _STATES)
