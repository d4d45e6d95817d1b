"""A visit without a browser: a session over Streamlit's own WebSocket, which sends what its front end would send."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterable
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from pages.ui.visit.presets import START
from spiral_core import Settings, link
from tests.support import uploads

_LIVE = re.compile(r'"live": ?(true|false)')
_RUN = re.compile(r'"run": ?"([^"]*)"')
Result = TypeVar("Result")


def finish(journey: Coroutine[Any, Any, Result]) -> Result:
    """Run it to its end in a thread of its own: Playwright keeps a running event loop in the main thread of a test process."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, journey).result()


class Visitor:
    """One student's tab. Sends reruns, keeps the widgets that it was shown, and notes when pictures of a run arrive."""

    def __init__(self, socket: ClientConnection, query: str, source: uploads.Source = None) -> None:
        self._socket, self._query, self._source = socket, query, source
        self.widgets: dict[str, Any] = {}  # by the end of their ids, which is their key
        self.states: dict[str, WidgetState] = {}  # as the front end would send them
        self.pictures: list[tuple[float, bool, str]] = []  # when, finished, of which run
        self.charts: dict[str, str] = {}  # the data of each chart as JSON, by its key
        self.fragments: dict[str, str] = {}  # the part of the page that each of them belongs to
        self.texts: list[str] = []  # the latest that were shown
        self.errors: list[str] = []
        self.rate = "1"  # the learning rate on its slider
        self.reruns = 0
        self.bytes = 0
        self._page_hash = self._page = ""
        self._upload: FileURLs | None = None
        self._polls: dict[str, asyncio.Task[None]] = {}
        self._announced: set[str] = set()
        self._done = asyncio.Event()
        self._heard = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    async def close(self) -> None:
        for task in self._polls.values():
            task.cancel()
        await self._socket.close()  # while the reader still takes what comes before the other side's farewell
        self._reader.cancel()

    # What a student does.

    async def rerun(self, query: str | None = None, page: str | None = None, fragment: str = "", repeats: bool = True) -> None:
        """Run the script: all of it, or a fragment, which repeats itself or had something to say."""
        if query is not None:
            self._query = query
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        if page is not None:
            self._page, self._page_hash = page, ""
            self.states.clear()  # as the front end forgets the controls of a page that it leaves
        state.page_name, state.page_script_hash = ("", self._page_hash) if self._page_hash else (self._page, "")
        if fragment:
            state.fragment_id, state.is_auto_rerun = fragment, repeats
        else:
            self._done.clear()
        state.widget_states.widgets.extend(self.states.values())
        state.context_info.locale, state.context_info.timezone = "en-US", "UTC"
        state.context_info.color_scheme = "light"
        await self._socket.send(message.SerializeToString())

    async def closed(self) -> None:
        """Wait until the server has ended the session."""
        await self._socket.wait_closed()

    async def send(self, data: bytes | AsyncIterator[bytes]) -> None:
        """Anything at all, in pieces too."""
        await self._socket.send(data)

    async def write(self, data: bytes) -> None:
        """Bytes of frames that the library would not send."""
        if self._socket.transport.is_closing():
            raise ConnectionError
        self._socket.transport.write(data)

    async def ping(self) -> Awaitable[float]:
        """What is returned waits for the answer."""
        return await self._socket.ping()

    async def set(self, key: str, **value: Any) -> None:
        """Use a control.

        A number (int_value=…), a slider of steps (text=…), radio buttons (choice=…), an uploader (file=…), a toggle (on=…), a
        button (trigger=True).
        """
        name = self.widgets[key].id
        state = WidgetState(id=name)
        if "text" in value:
            state.string_array_value.data.append(value["text"])
        elif "trigger" in value:
            state.trigger_value = True
        elif "choice" in value:
            state.string_value = value["choice"]
        elif "on" in value:
            state.bool_value = value["on"]
        elif "file" in value:
            state.file_uploader_state_value.uploaded_file_info.append(value["file"])
        else:
            state.int_value = value["int_value"]
        self.states[name] = state
        await self.rerun()
        if "trigger" in value:
            del self.states[name]

    async def act(self, key: str, name: str, value: Any) -> None:
        """Do something on a chart, as it would tell the page."""
        state = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{self.widgets[key].id}__events")
        state.json_trigger_value = json.dumps([{"event": name, "value": value}])
        self.states[state.id] = state
        await self.rerun()
        del self.states[state.id]

    async def place_for_upload(self, name: str) -> FileURLs:
        """Where the front end would send a file."""
        message = BackMsg()
        message.file_urls_request.file_names.append(name)
        async with self._heard:
            self._upload = None
            await self.send(message.SerializeToString())
            await asyncio.wait_for(self._heard.wait_for(lambda: self._upload), 10)
        assert self._upload
        return self._upload

    async def upload(self, key: str, address: str, content: bytes, name: str = "a.csv", timeout: float = 60.0) -> None:
        """Choose a file in an uploader, and wait until the script has run with it."""
        place = await self.place_for_upload(name)
        token = await asyncio.to_thread(uploads.token, address)
        form = uploads.form(content, name)
        status = await asyncio.to_thread(uploads.put, address, place.upload_url, form, token, self._source)
        assert status == 204, status
        info = UploadedFileInfo(name=name, size=len(content), file_id=place.file_id, file_urls=place)
        await self.set(key, file=info)
        await self.settled(timeout)

    async def settled(self, timeout: float = 60.0) -> None:
        """Wait until the script has run."""
        await asyncio.wait_for(self._done.wait(), timeout)

    async def picture_after(self, moment: float, run: str, finished: bool, timeout: float) -> float:
        """When the next picture of another run than `run` came: the first, or the one at its end."""

        def found() -> float | None:
            return next((at for at, done, name in self.pictures if at > moment and name != run and (done or not finished)), None)

        async with self._heard:
            await asyncio.wait_for(self._heard.wait_for(found), timeout)
        when = found()
        assert when is not None
        return when

    @property
    def iteration(self) -> int:
        """The last one that the training's chart shows."""
        replay = json.loads(self.charts["training"]).get("replay")  # none while the run waits for a worker
        return int(replay["iterations"][-1]) if replay else -1

    @property
    def loss(self) -> str:
        """The last loss on the screen, as it stands there."""
        return str(json.loads(self.charts["training"])["replay"]["figures"][0]["values"][-1])

    @property
    def run(self) -> str:
        """The run that is on the screen."""
        return self.pictures[-1][2] if self.pictures else ""

    # What the server sends.

    async def _read(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            async for data in self._socket:
                assert isinstance(data, bytes)
                self.bytes += len(data)
                message = ForwardMsg()
                message.ParseFromString(data)
                await self._take(message)

    async def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._announced.clear()
            self._page_hash = message.new_session.page_script_hash or self._page_hash
        elif kind == "navigation":
            self._page_hash = message.navigation.page_script_hash or self._page_hash
        elif kind == "delta":
            await self._show(message)
        elif kind == "auto_rerun":
            self._announced.add(message.auto_rerun.fragment_id)
            self._poll(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "file_urls_response":
            async with self._heard:
                self._upload = message.file_urls_response.file_urls[0]
                self._heard.notify_all()
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "script_finished":
            self.reruns += 1
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self.errors.append("the script does not compile")
            if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                self._stop_polls(self._polls.keys() - self._announced)
                self._done.set()

    async def _show(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "alert" and "Something went wrong" in element.alert.body:
            self.errors.append(element.alert.body)
        if kind in ("markdown", "alert", "progress", "heading"):
            shown = getattr(element, kind)
            self.texts = self.texts[-200:]
            self.texts.append(str(getattr(shown, "body", "") or getattr(shown, "text", "")))
        if kind and hasattr(getattr(element, kind), "id"):
            widget = getattr(element, kind)
            if widget.id:
                self.widgets[widget.id.rpartition("-")[2]] = widget
        if kind == "bidi_component":
            content = element.bidi_component.json or element.bidi_component.mixed.json
            name = element.bidi_component.id.rpartition("-")[2]
            self.charts[name], self.fragments[name] = content, message.delta.fragment_id
        if kind == "bidi_component" and element.bidi_component.id.endswith("-training"):
            live, run = _LIVE.search(content), _RUN.search(content)
            if live and run:
                async with self._heard:
                    self.pictures.append((time.perf_counter(), live[1] == "false", run[1]))
                    self._heard.notify_all()

    def _poll(self, fragment: str, interval: float) -> None:
        async def again() -> None:
            while True:
                await asyncio.sleep(interval)
                await self.rerun(fragment=fragment)

        self._stop_polls({fragment} & self._polls.keys())  # it may have been announced with another interval
        self._polls[fragment] = asyncio.create_task(again())

    def _stop_polls(self, fragments: Iterable[str]) -> None:
        """Fragments that a run of the whole script did not announce again no longer repeat themselves."""
        for fragment in fragments:
            self._polls.pop(fragment).cancel()


@contextlib.asynccontextmanager
async def visit(
    address: str,
    query: str = "",
    page: str = "",
    cookies: dict[str, str] | None = None,
    origin: str | None = None,
    headers: dict[str, str] | None = None,
    source: uploads.Source = None,
) -> AsyncIterator[Visitor]:
    """Open a page as a browser does; the script has run once when the visitor is handed over."""
    host = urlsplit(address).netloc
    sent = (headers or {}) | {"Cookie": "; ".join(f"{k}={v}" for k, v in (cookies or {}).items())}
    async with connect(
        f"ws://{host}/_stcore/stream", subprotocols=[Subprotocol("streamlit")], origin=Origin(origin or address), max_size=None,
        compression=None, open_timeout=30, additional_headers=sent, local_addr=source,
    ) as socket:  # fmt: skip
        visitor = Visitor(socket, query, source)
        try:
            await visitor.rerun(page=page)
            await visitor.settled()
            yield visitor
        finally:
            await visitor.close()


@contextlib.asynccontextmanager
async def who_waits(address: str, settings: Settings, cookies: dict[str, str] | None = None) -> AsyncIterator[Visitor]:
    """Somebody who has seen the end of a run."""
    async with visit(address, query_of(settings), cookies=cookies) as visitor:
        await visitor.picture_after(0.0, "", finished=True, timeout=60.0)
        yield visitor


def query_of(settings: Settings) -> str:
    """The query part of a link to settings."""
    return urlencode(link.to_query(settings, START))
