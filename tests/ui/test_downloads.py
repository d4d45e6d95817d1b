"""Files of a run: offered once the run is there, with consent where it must be trained again, and nobody's thread waits."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from server.services import services
from server.training import cost
from spiral_core import DataSettings, Settings

RUN = Settings(hidden=(4,), iterations=150, seed=4711, data=DataSettings(points_per_class=20))
OF_SETTINGS = {"Python script", "Notebook", "Settings"}
OF_RUN = {"Report", "History", "Weights .npz", "Weights .json"}


SCRIPT = """
if __name__ == "__main__":  # a worker that starts while this is the main script reads it again
    from pages.ui.widgets import downloads
    from spiral_core import Settings

    downloads.buttons(Settings.from_dict({plain!r}), "take")
"""


def page(settings: Settings) -> AppTest:
    return AppTest.from_string(SCRIPT.format(plain=settings.to_dict()), default_timeout=30).run()


def offered(at: AppTest) -> set[str]:
    assert not at.exception
    return {element.proto.label for element in at.get("download_button")}


def until_there(at: AppTest) -> None:
    deadline = time.monotonic() + 60
    while offered(at) != OF_SETTINGS | OF_RUN:
        assert time.monotonic() < deadline
        at.run()


def test_a_run_that_is_there_is_offered_at_once() -> None:
    assert services().runs.watch(RUN, wait=60).run.finished
    assert offered(page(RUN)) == OF_SETTINGS | OF_RUN


def test_a_run_that_is_gone_is_trained_again_when_somebody_asks_for_its_files() -> None:
    settings = RUN.replace(seed=4712)
    at = page(settings)
    assert offered(at) == OF_SETTINGS
    begun = services().runs.load().begun
    at.run()
    assert services().runs.load().begun == begun  # nobody asked yet
    at.button(key="take_prepare").click().run()
    until_there(at)
    assert not [button for button in at.button if button.key == "take_prepare"]


def test_a_long_run_asks_for_consent_before_its_files_are_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "LONG", 0.0)
    settings = RUN.replace(seed=4713)
    at = page(settings)
    at.button(key="take_prepare").click().run()
    assert "s of computing" in at.info[0].value
    assert services().runs.missing(settings) > 0
    assert offered(at) == OF_SETTINGS
    next(button for button in at.button if button.label == "Train anyway").click().run()
    until_there(at)
