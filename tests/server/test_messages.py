"""Messages that no browser of ours would send: nobody sees a traceback, and nobody else is disturbed."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import random
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from pages.ui.visit.presets import START
from tests.support.visitor import Visitor, finish, visit, who_waits

MESSAGES = int(os.environ.get("SPIRAL_LAB_FUZZ", "300"))
EACH = 50  # messages of one session
PAGES = ("", "compare", "lessons", "data", "case_study", "search", "under_hood", "teach", "about")
TEXTS = ("", "x" * 5000, "\x00", "😀", "../../etc/passwd", "<script>", "-1", "nan", "{}", "[]", '{"a":', "1e999", "ko")
QUERIES = ("", "seed=7", "hidden=9999999", "lang=xx", "points=~" + "a" * 30, "%ff%00=1", "a=" + "b" * 3000)
NUMBERS = (0, -1, 1, 2**31, 2**63 - 1, -(2**63))
REALS = (math.nan, math.inf, -math.inf, 1e308, -0.0)


def state(dice: random.Random, name: str) -> WidgetState:
    """A widget's value of any type, whatever the widget is."""
    kind = dice.randrange(11)
    found = WidgetState(id=name)
    if kind == 0:
        found.int_value = dice.choice(NUMBERS)
    elif kind == 1:
        found.double_value = dice.choice(REALS)
    elif kind == 2:
        found.string_value = dice.choice(TEXTS)
    elif kind == 3:
        found.bool_value = dice.random() < 0.5
    elif kind == 4:
        found.trigger_value = True
    elif kind == 5:
        found.string_array_value.data.extend(dice.choices(TEXTS, k=dice.randrange(4)))
    elif kind == 6:
        found.int_array_value.data.extend(dice.choices(NUMBERS, k=dice.randrange(4)))
    elif kind == 7:
        found.double_array_value.data.extend(dice.choices(REALS, k=dice.randrange(4)))
    elif kind == 8:
        found.json_value = dice.choice(TEXTS)
    elif kind == 9:
        found.json_trigger_value = dice.choice(TEXTS)
    else:
        found.bytes_value = dice.randbytes(dice.randrange(200))
    return found


def message(dice: random.Random, visitor: Visitor) -> bytes:
    """A message that is damaged, or well formed with values that no widget of the page can have."""
    kind = dice.randrange(8)
    if kind == 0:
        return dice.randbytes(dice.randrange(1, 300))
    made = BackMsg()
    rerun = made.rerun_script
    rerun.query_string = dice.choice(QUERIES)
    rerun.page_name = dice.choice([*PAGES, "nowhere", "../app", "x" * 300])
    if kind == 1:
        rerun.page_script_hash = dice.choice(["", "0" * 32, "\U0001f600"])
    if kind == 2:
        rerun.fragment_id = dice.choice(["", "0" * 32, "x"])
        rerun.is_auto_rerun = dice.random() < 0.5
    names = [str(shown.id) for shown in visitor.widgets.values()] or ["none"]
    wanted = dice.choices([*names, "$$ID-0-None", "$$ID-0-seed", ""], k=dice.randrange(0, 6))
    rerun.widget_states.widgets.extend(state(dice, name) for name in wanted)
    if kind == 3:
        made = BackMsg()
        made.file_urls_request.file_names.extend(TEXTS)
    elif kind == 4:
        made = BackMsg(stop_script=True)
    elif kind == 5:
        made = BackMsg(load_git_info=True)
    data: bytes = made.SerializeToString()
    return data[: dice.randrange(1, len(data) + 1)] if kind == 6 else data


async def attack(address: str, number: int, count: int) -> list[str]:
    """What a session that sends such messages gets to see of errors."""
    dice = random.Random(number)
    async with visit(address, page=PAGES[number % len(PAGES)]) as visitor:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(count):
                await visitor.send(message(dice, visitor))
                await asyncio.sleep(dice.choice([0, 0, 0.02]))
            await asyncio.sleep(0.5)
        return visitor.errors


async def lesson(address: str) -> None:
    async with who_waits(address, START.replace(iterations=300, seed=5)) as bystander:
        before, loss = bystander.run, bystander.loss
        attacks = [attack(address, number, EACH) for number in range(-(-MESSAGES // EACH))]
        seen = [error for errors in await asyncio.gather(*attacks) for error in errors]
        for seed in (6, 5):
            shown, clicked = bystander.run, time.perf_counter()
            await bystander.set("seed", int_value=seed)
            await bystander.picture_after(clicked, shown, finished=True, timeout=60.0)
        assert (bystander.run, bystander.loss) == (before, loss)
        assert bystander.errors == []
    assert [error for error in seen if not error.startswith("Something went wrong on our side")] == []


def test_fuzz_messages_disturb_nobody(server: str) -> None:
    finish(lesson(server))
