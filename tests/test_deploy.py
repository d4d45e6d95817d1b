"""What stands in the files for deployment agrees with the code and with each other."""

from __future__ import annotations

import json
import logging
import re
from importlib.metadata import requires

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from server import log
from server.http import cookie
from tests.support.catalogue import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
PROXY = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
UNIT = (ROOT / "deploy" / "spiral-lab.service").read_text("utf-8")


def pinned() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return {canonicalize_name(name): Version(version) for name, version in (x.split("==") for x in lines if "==" in x)}


def test_exact_versions_cover_what_is_needed_and_fit_its_ranges() -> None:
    lines = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()]
    wanted = [Requirement(line) for line in lines if line]
    known, seen = pinned(), set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        assert name in known, name
        assert known[name] in requirement.specifier, requirement
        if name not in seen:
            seen.add(name)
            wanted += [Requirement(text) for text in requires(requirement.name) or []]
    assert len(seen) > 20


def test_the_image_holds_what_the_app_needs_and_runs_it_without_rights() -> None:
    copied = [name for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.M) for name in line.split()[:-1]]
    assert {"app.py", ".streamlit", "spiral_core", "server", "pages", "requirements.txt", "constraints.txt"} == set(copied)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert all((ROOT / name).exists() and f"!{name}" in ignored for name in copied)
    steps = re.findall(r"^(USER \w+|HEALTHCHECK|CMD|EXPOSE \d+)", DOCKERFILE, re.M)
    assert steps[0] == "USER lab"
    assert "HEALTHCHECK" in steps
    assert re.search(r"STREAMLIT_SERVER_BASE_URL_PATH.+\n.+ base \+ '/_stcore/health'", DOCKERFILE)
    for text in (DOCKERFILE, UNIT):
        for name in ("SPIRAL_LAB_STORE", "SPIRAL_LAB_LOG", "STREAMLIT_SERVER_HEADLESS", "STREAMLIT_SERVER_ADDRESS"):
            assert name in text


def test_the_proxy_knows_the_replicas_and_the_cookie() -> None:
    replicas = {name for name, service in COMPOSE["services"].items() if service.get("build")}
    assert set(re.findall(r"server (\w+):8501 resolve", PROXY)) == replicas == {"one", "two"}  # looked up again when they move
    assert re.search(r"resolver [\d.]+ valid=\d+s;", PROXY)
    assert f"$cookie_{cookie.COOKIE}" in PROXY
    assert "proxy_set_header Host $http_host" in PROXY
    assert "proxy_set_header X-Forwarded-Host $http_host" in PROXY
    assert all("runs:/data" in COMPOSE["services"][name]["volumes"] for name in replicas)


def test_the_log_is_a_line_of_json_with_its_facts(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("spiral_lab")
    before = (logger.handlers, logger.level, logger.propagate)
    monkeypatch.setenv(log.VARIABLE, "warning")
    log.start()
    try:
        log.info("not written at this level", run="a")
        log.warning("two\nlines", run="abc", reason=ValueError("no"))
        try:
            raise OSError("gone")
        except OSError as error:
            log.error("bad", error, number=7)
    finally:
        logger.handlers, logger.level, logger.propagate = before
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["level"], first["event"], first["run"], first["reason"]) == ("warning", "two\nlines", "abc", "no")
    assert second["number"] == 7
    assert "OSError: gone" in second["trace"]
    monkeypatch.setenv(log.VARIABLE, "loud")
    with pytest.raises(SystemExit, match="SPIRAL_LAB_LOG must be one of debug, info, warning, error, got 'loud'"):
        log.start()


def test_the_proxy_passes_on_no_address_that_a_browser_says_it_has() -> None:
    """The replicas believe the proxy: bounds by address would be those of whatever a browser writes into the header."""
    assert re.findall(r"X-Forwarded-For ([^;]+);", PROXY) == ["$remote_addr"]


def test_the_public_checks_run_on_three_systems_and_each_python() -> None:
    """With make, or where it is absent with the README's plain commands; nothing may fail."""
    job = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]["test"]
    assert job["strategy"]["matrix"]["system"] == ["ubuntu-latest", "windows-latest", "macos-latest"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert "continue-on-error" not in job
    windows = next(step["run"] for step in job["steps"] if "Windows" in step.get("if", "") and "==" in step["if"])
    for step in ("requirements-dev.txt", "tests/browser/install.py", "-m pytest"):
        assert step in windows
