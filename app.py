"""The server: `streamlit run app.py`. Starts, warms and stops the workers; turns an uncaught error into a sentence."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # each training takes one core; several take several

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit import config, runtime

from pages.ui.charts.component.script import CHART
from pages.ui.text import _
from pages.ui.visit import navigation, presets
from server import clicks, log, machine, metrics, page_time, watchdog
from server.http import answers, cookie, downloads, limits, messages, metered, news, origin, pieces, sending, slow, uploads
from server.http.scripts import PLOTLY, PLOTLY_3D, Preload
from server.services import close_services, open_services
from server.tables import readers

BASE_PATH = "/".join(["", *filter(None, str(config.get_option("server.baseUrlPath") or "").split("/"))])
PRESETS_AFTER = 6.0  # seconds: the first visitor's own page comes first


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    log.start()
    slow.bound_log()
    slow.raise_file_limit()
    limits.check()  # a bad one ends the start with a sentence
    messages.leave_no_orphans()
    sending.send_at_once()
    clicks.keep_whole()
    dog = watchdog.Watchdog()
    downloads.keep_for_a_while(runtime.get_instance().media_file_mgr, page_time.deal(dog))
    metered.heed_the_end()
    services = open_services(machine.worker_count())
    services.runs.start()
    services.runs.prepare(presets.START)  # so that the first visitor sees a picture at once

    def prepare_the_rest() -> None:
        for preset in presets.PRESETS:
            services.runs.prepare(preset.settings)

    later = threading.Timer(PRESETS_AFTER, prepare_the_rest)  # a thread: making points is no work for the event loop
    later.daemon = True
    later.start()
    dog.start()
    log.info("the server started", workers=machine.worker_count(), process=os.getpid())
    async with slow.cutting_slow_requests():
        yield
    dog.stop()
    later.cancel()
    log.info("the server stops")
    readers.close()
    close_services()


def say_error(error: Exception) -> bool:
    """Show the user one sentence, and log the rest under the number that the sentence names."""
    number = uuid.uuid4().hex[:8]
    log.error("a page failed", error, number=number)
    st.error(_("Something went wrong on our side (error {number}). Reload the page to continue.").format(number=number))
    return True


app = st.App(
    "pages/main.py",
    lifespan=lifespan,
    routes=[
        *(script.route(BASE_PATH) for script in (PLOTLY, PLOTLY_3D, CHART)),
        Route(f"{BASE_PATH}/metrics", metrics.page),
        news.route(BASE_PATH),
    ],
    middleware=[
        Middleware(origin.OwnPages),
        Middleware(cookie.ShelfCookie, base_path=BASE_PATH),
        Middleware(answers.PlainAnswers, places=navigation.PAGES, base_path=BASE_PATH),
        Middleware(Preload, scripts=[PLOTLY], modules=[CHART]),
        Middleware(uploads.BoundedUploads),
        Middleware(pieces.InPieces, base_path=BASE_PATH),
    ],
    on_script_error=say_error,
)
