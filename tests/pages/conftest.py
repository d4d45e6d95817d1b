"""Pages under AppTest, as the server runs them, with a run service that trains in a thread."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup, UnknownElement

from pages.ui.charts import component
from pages.ui.text.translation import CATALOGUES
from pages.ui.visit.state import Visit
from tests.support.catalogue import ROOT

STILL_TRAINING = ("Still training…", CATALOGUES["ko"].gettext("Still training…"))
_SOME_TRAINED = "{done} of {all} runs are trained"
SOME_TRAINED = [
    re.compile(re.sub(r"\\{\w+\\}", r"\\d+", re.escape(text))) for text in (_SOME_TRAINED, CATALOGUES["ko"].gettext(_SOME_TRAINED))
]
OpenPage = Callable[..., AppTest]
FOLDS = ("live", "otherwise", "export", "load", "all_settings")  # whose contents are drawn while they are open


@pytest.fixture(autouse=True, scope="session")
def no_components_of_packages() -> Iterator[None]:
    """AppTest looks through all installed packages for them, in each test; a server does so once, and there are none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", list)
        yield


@pytest.fixture
def open_page() -> OpenPage:
    def open_page(page: str | None = None, **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
        for name, value in query.items():
            at.query_params[name] = value
        for fold in FOLDS:
            at.session_state[fold] = True
        at.run()
        if page:
            at.switch_page(page).run()
        return settle(at)

    return open_page


def visit(at: AppTest) -> Visit:
    """What the server remembers of the visit."""
    found: Visit = at.session_state["visit"]
    return found


def key(at: AppTest, name: str) -> str:
    """The key of the widget that now shows a control: it is another one after each change from elsewhere."""
    generation = visit(at).shown[name].generation
    return f"{name}~{generation}" if generation else name


def settle(at: AppTest) -> AppTest:
    """Run until nothing is in work any more: under AppTest a fragment does not repeat itself."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        assert not at.exception
        training = any(info.value in STILL_TRAINING for info in at.info)
        training |= any(text.fullmatch(bar.text) for bar in at.progress for text in SOME_TRAINED)
        if not training and not any(button.key == "stop" for button in at.button):
            return at
        at.run()
    raise AssertionError("the run did not finish")


def charts(at: AppTest) -> dict[str, dict[str, Any]]:
    """The data of each chart on the page, by its key."""
    found: dict[str, dict[str, Any]] = {}
    for element in at.get("bidi_component"):
        assert isinstance(element, UnknownElement)
        if element.proto.json and not element.proto.id.endswith("-keys"):  # the listener for keys draws nothing
            found[element.proto.id.rpartition("-")[2]] = json.loads(element.proto.json)
    return found


def place(at: AppTest, name: str) -> list[int]:
    """The way to a keyed element or container of the page: what has another one than before is mounted anew in the browser."""

    def ways(node: Any, way: list[int]) -> Iterator[list[int]]:
        if getattr(node, "key", None) == name or getattr(getattr(node, "proto", None), "id", "").endswith(f"-{name}"):
            yield way
        for number, child in getattr(node, "children", {}).items():
            yield from ways(child, [*way, number])

    (found,) = ways(at.main, [])
    return found


def told(at: AppTest, chart: str, *given: Any) -> AppTest:
    """The page once more, after a reader has done something on a chart: what `component.<chart>` calls back is called with it."""
    pending = [given]
    with pytest.MonkeyPatch.context() as patch:
        inner = getattr(component, chart)

        def shown(*args: Any, **named: Any) -> None:
            inner(*args, **named)
            if pending:
                (hear,) = filter(callable, args)
                hear(*pending.pop())
                st.rerun()

        patch.setattr(component, chart, shown)
        at.run()
    assert not at.exception
    assert not pending
    return at


def numbers(sent: dict[str, str]) -> np.ndarray:
    """An array of a figure, as the browser gets it."""
    values = np.frombuffer(base64.b64decode(sent["bdata"]), dtype="<" + sent["dtype"])
    return values.reshape([int(n) for n in sent["shape"].split(",")]) if "shape" in sent else values


def unescaped(text: str) -> str:
    """What a reader sees of a text whose Markdown is made harmless."""
    return text.replace("\\", "").replace("\u2060", "")


def words(at: AppTest) -> str:
    """All text on the page and in the sidebar."""
    shown = (
        "latex",
        "title",
        "header",
        "subheader",
        "markdown",
        "caption",
        "metric",
        "button",
        "warning",
        "error",
        "info",
        "success",
    )
    controls = ("slider", "select_slider", "selectbox", "number_input", "button_group")
    parts = [f"{getattr(e, 'label', '') or ''} {getattr(e, 'value', '')}" for kind in shown for e in at.get(kind)]
    parts += [str(getattr(e, "label", "")) for kind in controls for e in at.get(kind)]
    return "\n".join(parts)


def choice(at: AppTest, key: str) -> ButtonGroup[Any]:
    """A row of buttons of which one is chosen."""
    return next(group for group in at.get("button_group") if isinstance(group, ButtonGroup) and group.key == key)


def query(at: AppTest) -> dict[str, str]:
    """The query part of the address."""
    return {name: value[0] if isinstance(value, list) else value for name, value in at.query_params.items()}
