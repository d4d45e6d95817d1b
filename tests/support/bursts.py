"""Random bursts of what a hurried hand does to the controls, and what the page shows afterwards."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Error, Page

from pages.ui.text import choice_label, in_language, value_text
from pages.ui.visit.presets import START, preset_of
from spiral_core import Settings, train
from spiral_core.flat import PARAMETERS, is_used, values
from spiral_core.link import from_query
from tests.support.browser import control

QUICK = 700  # milliseconds after which an action that finds nothing to act on is given up
SLIDERS = ("learning_rate", "reg", "iterations", "units_0", "noise", "test_fraction", "classes", "reg_l1", "batch_size")
SELECTS = ("preset", "activation", "layers", "optimizer", "schedule", "init", "data", "scale")
GROUPS = ("group_data", "group_optimizer", "group_init")
TYPED = {"learning_rate": ("0.37", "0.5", "x"), "reg": ("0.002", "99"), "units_0": ("13", "7"), "iterations": ("137", "60")}

# What the browser shows of each control: its name in its class, its value as a person reads it.
SHOWN = """() => Object.fromEntries([...document.querySelectorAll('.stSidebar [class*=st-key-]')].flatMap((box) => {
  const name = /(?:^|\\s)st-key-([a-z0-9_]+)/.exec(box.className)?.[1];
  const slider = box.querySelector(':scope .stSlider input[type=range]');
  const select = box.querySelector(':scope .stSelectbox input[role=combobox]');
  const number = box.querySelector(':scope .stNumberInput input');
  const chosen = box.querySelector(':scope .stButtonGroup [aria-checked=true]');
  if (name.startsWith('group_')) return [];
  if (slider) return [[name, box.querySelector('[data-testid=stSliderThumbValue]').innerText.trim() || slider.ariaValueText]];
  if (select) return [[name.replace(/_alone$/, ''), select.value]];
  if (number) return [[name, number.value]];
  return chosen ? [[name, chosen.innerText.trim()]] : [];
}))"""
BUSY = """() => document.querySelector('.stApp')?.dataset.testScriptState !== 'notRunning'
  || Boolean(document.querySelector('.st-key-stop button, [data-testid=stMain] [data-stale=true]'))"""


def burst(page: Page, rng: random.Random) -> list[str]:
    """Three to six actions with gaps of up to half a second; returns what was done, for the message of a failure."""
    done = []
    for _action in range(rng.randint(3, 6)):
        act = rng.choice((arrows, arrows, arrows, choose, choose, typed, click, click, fold, language, history, seed))
        try:
            done.append(act(page, rng))
        except Error:  # what was to be clicked is folded away, hidden, or replaced at this moment
            done.append(f"({act.__name__})")
        page.wait_for_timeout(rng.randint(0, 500))
    return done


def arrows(page: Page, rng: random.Random) -> str:
    name, key = rng.choice(SLIDERS), rng.choice(("ArrowLeft", "ArrowRight"))
    slider = control(page, name).locator("input[type=range]")
    slider.focus(timeout=QUICK)
    count = rng.randint(1, 4)
    for _press in range(count):
        page.keyboard.press(key)
        page.wait_for_timeout(rng.randint(0, 150))
    return f"{name} {key} × {count}"


def choose(page: Page, rng: random.Random) -> str:
    name = rng.choice(SELECTS)
    control(page, name).locator("input[role=combobox]").click(timeout=QUICK)
    options = page.get_by_role("option")
    number = rng.randrange(max(1, options.count()))
    options.nth(number).click(timeout=QUICK)
    return f"{name} {number}"


def typed(page: Page, rng: random.Random) -> str:
    name = rng.choice(list(TYPED))
    text = rng.choice(TYPED[name])
    control(page, name).locator("[data-testid=stSliderThumbValue]").click(timeout=QUICK)
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    return f"{name} = {text}"


def click(page: Page, rng: random.Random) -> str:
    name = rng.choice(("undo", "undo", "reset", "again_seed", "again_data_seed", "model"))
    buttons = control(page, name).locator("button:not([aria-label^='Help']):not([aria-label*='도움말'])")
    buttons.nth(rng.randrange(2) if name == "model" else 0).click(timeout=QUICK)
    return name


def fold(page: Page, rng: random.Random) -> str:
    name = rng.choice(GROUPS)
    control(page, name).locator("summary").click(timeout=QUICK)
    return name


def language(page: Page, rng: random.Random) -> str:
    name = rng.choice(("English", "한국어"))
    page.locator(".st-key-language").get_by_text(name).click(timeout=QUICK)
    return name


def history(page: Page, rng: random.Random) -> str:
    way = rng.choice(("back", "forward"))
    page.evaluate(f"if (history.length > 3) history.{way}()")
    return way


def seed(page: Page, rng: random.Random) -> str:
    name, value = rng.choice(("seed", "data_seed")), rng.randrange(9)
    field = control(page, name).locator(".stNumberInput input")
    field.fill(str(value), timeout=QUICK)
    field.press("Enter", timeout=QUICK)
    return f"{name} = {value}"


def rest(page: Page, seconds: float = 180.0) -> None:
    """Wait until the page has been still for a while."""
    page.mouse.move(640, 5)
    still = 0
    for _look in range(int(seconds * 10)):
        if page.url == "about:blank":  # gone back too far
            page.go_forward()
        still = 0 if page.evaluate(BUSY) else still + 1
        if still >= 8:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the page does not come to rest")


@lru_cache(maxsize=256)
def _loss(settings: Settings) -> float | None:
    """What training ends with; None where it ends by overflow."""
    run = train(settings)
    return None if run.divergence else float(run.history.loss[-1])


def differences(page: Page) -> list[str]:
    """Where controls, address and the run on the screen say different things."""
    shown: dict[str, str] = page.evaluate(SHOWN)
    query = dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))
    settings, errors = from_query(query, START)
    assert not errors, page.url
    with in_language(page.evaluate("document.documentElement.lang")):
        wanted = _expected(settings)
    found = [
        f"{name} shows {shown.get(name)!r}, the address says {text!r}" for name, text in wanted.items() if shown.get(name) != text
    ]
    loss, drawn = _loss(settings), page.locator(".st-key-training .lab-chart dd").first.evaluate("e => e.firstChild.textContent")
    if loss is not None and not math.isclose(float(drawn), loss, rel_tol=5e-3, abs_tol=6e-5):  # three digits, or four decimals
        found.append(f"the run on the screen has the loss {drawn}, that of the address {loss}")
    return found


def _expected(settings: Settings) -> dict[str, str]:
    """What each control must show."""
    from pages.ui.text import _

    flat = values(settings)
    preset = preset_of(settings)
    wanted = {"preset": _(preset.name) if preset else "", "model": _("Neural net") if settings.hidden else _("Linear")}
    wanted |= {f"units_{layer}": value_text("units", units) for layer, units in enumerate(settings.hidden)}
    if settings.hidden:
        wanted["layers"] = str(len(settings.hidden))
    said: dict[str, Callable[[str, Any], str]] = {"choice": lambda _name, value: choice_label(value)}
    for name, rule in PARAMETERS.items():
        if rule.kind not in ("layers", "points", "several", "edits", "phases") and is_used(settings, name):
            wanted[name] = str(flat[name]) if name.endswith("seed") else said.get(rule.kind, value_text)(name, flat[name])
    return wanted
