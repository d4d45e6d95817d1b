"""In a frame on another site, as a learning platform shows it: the shelf stays, files arrive, nobody else may frame it."""

from __future__ import annotations

import http.server
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from playwright.sync_api import Browser, FrameLocator, expect

from tests.support.browser import SECONDS, new_context
from tests.support.server import free_port, server_process

pytestmark = pytest.mark.browser


@contextmanager
def course_page(certificate: Path, address: str) -> Iterator[str]:
    """A page of another site over HTTPS (127.0.0.1 and localhost are two sites to a browser), with the app in a frame."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(
                f"<!doctype html><title>A course</title><iframe src='{address}' width=1200 height=650></iframe>".encode()
            )

        def log_message(self, *_given: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as course:
        course.socket = context.wrap_socket(course.socket, server_side=True)
        threading.Thread(target=course.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{course.server_port}"
        course.shutdown()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "both.pem"
    trustme.CA().issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)
    return file


def test_a_learning_platform_frames_it_over_https(browser: Browser, certificate: Path, tmp_path: Path) -> None:
    port = free_port()
    tls = {"STREAMLIT_SERVER_SSL_CERT_FILE": str(certificate), "STREAMLIT_SERVER_SSL_KEY_FILE": str(certificate)}
    app = f"https://localhost:{port}"
    with (
        course_page(certificate, app + "/compare?embed=true") as course,
        server_process(port=port, scheme="https", SPIRAL_LAB_FRAMES=course, SPIRAL_LAB_STORE=str(tmp_path / "runs.sqlite"), **tls),
    ):
        context = new_context(browser, ignore_https_errors=True, viewport={"width": 1280, "height": 720})
        page = context.new_page()
        page.goto(course)
        lab: FrameLocator = page.frame_locator("iframe")
        lab.get_by_role("button", name="Linear versus net").click(timeout=SECONDS)
        expect(lab.locator(".st-key-compare_gallery .main-svg").first).to_be_visible(timeout=SECONDS)
        page.reload()
        expect(lab.locator(".st-key-compare_gallery .main-svg").first).to_be_visible(timeout=SECONDS)
        lab.get_by_role("link", name="Data").click()
        lab.get_by_text("File", exact=True).click(timeout=SECONDS)
        file = tmp_path / "points.csv"
        file.write_text("x,y,kind\n" + "".join(f"{i},{i % 3},{'ab'[i % 2]}\n" for i in range(20)))
        with page.expect_response(re.compile("upload_file")) as answer:
            lab.locator(".st-key-data_upload input[type=file]").set_input_files(file)
        assert answer.value.status == 204
        context.close()


def test_a_site_that_is_not_named_shows_an_empty_frame(browser: Browser, certificate: Path, server: str) -> None:
    with course_page(certificate, server) as course:
        context = new_context(browser, ignore_https_errors=True)
        page = context.new_page()
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(course)
        context.close()
