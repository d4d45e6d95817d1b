"""The app as its users run it: `streamlit run app.py` in a process of its own."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.support.catalogue import ROOT

ANY_CERTIFICATE = ssl._create_unverified_context()  # the tests sign their own


def free_port() -> int:
    """Of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server() -> Iterator[str]:
    """`streamlit run app.py` on a free port; its address."""
    with server_process() as (address, _process, _log):
        yield address


@contextmanager
def server_process(
    base: str = "", port: int | str = 0, scheme: str = "http", before: str = "", **environment: str
) -> Iterator[tuple[str, subprocess.Popen[str], IO[str]]]:
    """The same with its process, and what it logs; `environment` is added to this process's.

    before: Python that the server's process runs first, where a test wants another constant than the app's.
    """
    port = port or free_port()
    streamlit = ["-c", f"{before}\nfrom streamlit.web.cli import main\nmain()"] if before else ["-m", "streamlit"]
    command = [sys.executable, *streamlit, "run", "app.py", "--server.headless", "true", "--server.port", str(port)]
    command += ["--server.baseUrlPath", base] if base else []
    with (
        tempfile.TemporaryFile("w+") as log,  # a pipe that nobody reads would stop the server once it is full
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log, text=True, env=os.environ | environment
        ) as process,
    ):
        address = f"{scheme}://localhost:{port}"
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(
                        f"{address}/{base}/_stcore/health".replace(f"{port}//", f"{port}/"), timeout=1, context=ANY_CERTIFICATE
                    )
                    break
                except OSError:
                    log.seek(0)
                    assert process.poll() is None, log.read()
                    time.sleep(0.1)
            yield address, process, log
        finally:
            process.terminate()
            process.wait(20)
