"""The app behind a real nginx, each way that a school may have it: a path, another Host, TLS in front. Needs nginx and trustme.

    python -m benchmarks.proxies

For each way a browser looks at a chart, moves a slider, sends a file and opens the teacher's link; then the health check and the
counts are asked for. Prints a line for each way, and ends with 1 where something failed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import trustme
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.browser import SECONDS, chart, control, launch, settled
from tests.support.server import ANY_CERTIFICATE, free_port, server_process

POINTS = "x,y,class\n1,2.5,a\n2,4.5,b\n3,5.5,a\n4,1.5,b\n"
NGINX = """
pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  map $http_upgrade $connection_upgrade {{ "" close; default upgrade; }}
  server {{
    listen {port}{tls};
    location {path} {{
      proxy_pass http://127.0.0.1:{app}{inner};
      proxy_http_version 1.1;
      proxy_set_header Host {host};
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Way:
    """path: where the proxy shows the app; inner: what it asks the app for instead; base: the app's own base path."""

    name: str
    path: str = "/"
    inner: str = ""
    base: str = ""
    host: str = "$http_host"
    tls: bool = False


WAYS = (
    Way("at the root"),
    Way("a path that the proxy takes off", path="/lab/", inner="/"),
    Way("a base path", path="/school/lab/", base="school/lab"),
    Way("another Host, told what the browser's is", host="lab.internal"),
    Way("TLS in front", tls=True),
    Way("TLS, a base path and another Host", path="/school/lab/", base="school/lab", host="lab.internal", tls=True),
)


@contextmanager
def proxy(way: Way, app: int, folder: Path) -> Iterator[str]:
    """nginx in front of the app; the address at which a browser finds it."""
    port, tls = free_port(), ""
    if way.tls:
        certificate = folder / "certificate.pem"
        trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(certificate)
        tls = f" ssl; ssl_certificate {certificate}; ssl_certificate_key {certificate}"
    file = folder / "nginx.conf"
    file.write_text(
        NGINX.format(folder=folder, port=port, tls=tls, path=way.path, app=app, inner=way.inner, host=way.host), "utf-8"
    )
    process = subprocess.Popen(["nginx", "-c", str(file)])
    try:
        time.sleep(0.5)
        assert process.poll() is None, "nginx did not start"
        yield f"{'https' if way.tls else 'http'}://localhost:{port}{way.path}"
    finally:
        process.terminate()
        process.wait()


def answer(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10, context=ANY_CERTIFICATE) as found:
        return str(found.read().decode())


def look(browser: Browser, address: str, file: Path) -> None:
    """Use the app as a class would. Raises AssertionError where something is missing."""
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto(address + "?iterations=200&hidden=5")
    settled(page)
    expect(chart(page).locator("image").first).to_have_attribute("href", re.compile("^data:image/png"), timeout=SECONDS)
    page.get_by_role("slider", name="Learning rate").press("ArrowLeft")
    expect(page).to_have_url(re.compile(re.escape(address) + r"\?.*learning_rate="), timeout=SECONDS)
    settled(page)

    page.get_by_role("link", name="Data").click()
    page.get_by_text("File", exact=True).click(timeout=SECONDS)
    control(page, "data_upload").locator("input[type=file]").set_input_files(file, timeout=SECONDS)
    page.get_by_role("button", name="Use these points").click(timeout=SECONDS)
    expect(page).to_have_url(re.compile("data=own"), timeout=SECONDS)

    page.goto(address + "teach?iterations=200&hidden=5")
    link = page.locator("[data-testid=stCode] code").first
    expect(link).to_contain_text(urlsplit(address).path + "?", timeout=SECONDS)
    page.goto(link.inner_text().strip())
    settled(page)
    context.close()

    assert answer(address + "_stcore/health") == "ok"
    assert "spiral_lab_" in answer(address + "metrics")


def main() -> int:
    failed = 0
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for way in WAYS:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                (folder / "points.csv").write_text(POINTS, "utf-8")
                environment = {"SPIRAL_LAB_STORE": str(folder / "runs.sqlite"), "SPIRAL_LAB_HOSTS": "lab.internal"}
                with (
                    server_process(base=way.base, **environment) as (app, *_),
                    proxy(way, int(app.rpartition(":")[2]), folder) as address,
                ):
                    try:
                        look(browser, address, folder / "points.csv")
                        print(f"works: {way.name}", flush=True)
                    except AssertionError as error:
                        failed += 1
                        print(f"FAILED: {way.name}: {error}", flush=True)
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
