"""The page of a class under AppTest: who sees what, and that nothing of others is shown or becomes markup."""

from __future__ import annotations

import json
import math
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.lessons import drawing
from pages.lessons.lessons import LESSONS
from pages.room import works
from pages.ui.visit import address
from pages.ui.visit import room as room_of_visit
from pages.ui.visit.presets import START
from server.http import limits
from server.services import services
from spiral_core import DataSettings, Settings, data_settings
from spiral_core import points as points_module
from spiral_core.classroom.borders import Plane, from_hand
from spiral_core.classroom.drawings import PLACES, Curve, Drawing
from spiral_core.classroom.goals import Goal
from spiral_core.classroom.room_state import RoomState
from spiral_core.classroom.votes import Vote
from spiral_core.points import Points, pack
from spiral_core.store import rooms
from spiral_core.store.database import Reason, StoreError
from spiral_core.store.keys import new_id, points_name
from spiral_core.store.rooms import Room, digest
from tests.pages.conftest import OpenPage, charts, query, settle, told, visit, words

PAGE = "room/page.py"
VOTE = Vote("Which *one* is <b>right</b>?", ("a `b`", "$c$", ":red[d]"))


def chart_of(at: AppTest, name: str) -> dict[str, Any]:
    """The data of a chart, once the run that it needs is trained."""
    for _attempt in range(200):
        if name in charts(at):
            return charts(at)[name]
        time.sleep(0.05)
        at.run()
    raise AssertionError(f"no chart {name}")


@pytest.fixture
def room() -> Room:
    return services().rooms.open(new_id())


def change(room: Room, change: Callable[[RoomState], RoomState]) -> None:
    services().rooms.change(room.id, change)


def button(at: AppTest, key: str) -> Any:
    return next(found for found in at.button if str(found.key).partition("~")[0] == key)


def texts(at: AppTest) -> str:
    return words(at) + "\n".join(str(element.value) for element in at.success)


def test_a_code_leads_in_and_a_wrong_one_is_told(open_page: OpenPage, room: Room) -> None:
    at = open_page(PAGE)
    at.text_input(key="room_code").set_value("no code")
    button(at, "room_join_go").click().run()
    assert "No class with this code is open" in at.warning[0].value
    at.text_input(key="room_code").set_value(room.code.lower())
    button(at, "room_join_go").click().run()
    assert "You are in." in words(at)
    assert query(at)["room"] == room.code


def test_a_link_leads_in_and_every_page_says_where_one_is(open_page: OpenPage, room: Room) -> None:
    for page in (None, "compare/page.py", "about/page.py"):
        at = open_page(page, room=room.code, iterations="50")
        assert f"**{room.code[:3]} {room.code[3:]}** · you are in this class" in words(at)
        assert query(at)["room"] == room.code


def test_a_link_to_no_class_is_told_and_opens_the_page(open_page: OpenPage) -> None:
    at = open_page(None, room="222222", iterations="50")
    assert "No class with this code is open" in at.warning[0].value
    assert "room" not in query(at)
    at = open_page(None, **{"pass": "nothing"}, iterations="50")
    assert "This link to teach has been used already" in at.warning[0].value


def test_who_opens_a_class_teaches_it_and_nobody_else(open_page: OpenPage) -> None:
    teacher = open_page(PAGE)
    button(teacher, "room_open").click().run()
    assert "What next?" in words(teacher)
    code = query(teacher)["room"]
    student = open_page(PAGE, room=code)
    assert "You are in." in words(student)
    keys = {str(found.key) for found in student.button}
    assert keys.isdisjoint({"room_vote", "room_goal", "room_close_now", "room_pass", "room_end"})


def test_a_vote_is_answered_alone_and_can_be_changed(open_page: OpenPage, room: Room) -> None:
    change(room, lambda state: state.begin(vote=VOTE))
    at = open_page(PAGE, room=room.code)
    assert button(at, "room_send").disabled
    radio = at.radio(key="room_answer_1_1")
    radio.set_value(1).run()
    button(at, "room_send").click().run()
    assert "Sent: **B**" in texts(at)
    at.radio(key="room_answer_1_1").set_value(2).run()
    button(at, "room_send").click().run()
    assert services().store.answers(room.id, 1, 1) == {"2": 1}
    assert "have answered" not in texts(at)  # the count is for the screen
    again = open_page(PAGE, room=room.code)  # another browser
    assert "Sent:" not in texts(again)


def test_a_number_is_answered_too(open_page: OpenPage, room: Room) -> None:
    change(room, lambda state: state.begin(vote=Vote("How many?")))
    at = open_page(PAGE, room=room.code)
    at.number_input(key="room_answer_1_1").set_value(0.37).run()
    button(at, "room_send").click().run()
    assert "Sent: 0.37" in texts(at)


def test_a_question_is_no_markup(open_page: OpenPage, room: Room) -> None:
    change(room, lambda state: state.begin(vote=VOTE))
    at = open_page(PAGE, room=room.code)
    shown = [*at.subheader, *at.markdown]
    assert any(r"Which \*one\* is \<b\>right\</b\>?" in element.value for element in shown)
    options = at.radio(key="room_answer_1_1").options
    assert options == ["**A**\u2002a \\`b\\`", "**B**\u2002\\$c\\$", "**C**\u2002\\:red\\[d\\]"]


def test_tallies_come_when_they_are_shown_and_not_of_four(open_page: OpenPage, room: Room) -> None:
    change(room, lambda state: state.begin(vote=VOTE))
    for _ in range(4):
        services().store.answer(room.id, 1, 1, digest(room.id, new_id()), "0", lambda state: True)
    at = open_page(PAGE, room=room.code)
    assert "room_tallies" not in charts(at)
    change(room, lambda state: state.moved(1, "talk"))
    assert "room_tallies" not in charts(open_page(PAGE, room=room.code))
    change(room, lambda state: state.moved(1, "shown"))
    at = open_page(PAGE, room=room.code)
    assert "room_tallies" not in charts(at)
    assert "Fewer than 5 have answered" in words(at)
    services().store.answer(room.id, 1, 1, digest(room.id, new_id()), "2", lambda state: True)
    found = charts(open_page(PAGE, room=room.code))["room_tallies"]
    assert found["alt"] == "First vote: A 80%, B 0%, C 20%."


def test_a_drawing_is_sent_alone_and_shown_with_the_run_and_not_of_four(
    open_page: OpenPage, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    curve = Curve(START.replace(iterations=60), 2.5)
    change(room, lambda state: state.begin(drawing=curve))
    four = [Drawing((loss,) * PLACES).packed() for loss in (0.0, 1.0, 2.0, 2.0)]
    for text in four:
        services().store.answer(room.id, 1, 1, digest(room.id, new_id()), text, lambda state: True)
    stranger = open_page(PAGE, room=room.code)
    asked = charts(stranger)["room_sketch"]["draws"]
    assert (asked["line"], asked["top"], round(asked["places"][-1])) == (None, 2.5, 60)
    change(room, lambda state: state.moved(1, "closed"))
    assert "The drawing is closed." in words(open_page(PAGE, room=room.code))
    change(room, lambda state: state.moved(1, "shown"))
    at = open_page(PAGE, room=room.code)
    assert [trace["name"] for trace in charts(at)["room_drawings"]["figure"]["data"]] == ["the run"]
    assert "Fewer than 5 have drawn" in words(at)

    change(room, lambda state: state.begin(drawing=curve))
    for text in four:
        services().store.answer(room.id, 2, 1, digest(room.id, new_id()), text, lambda state: True)
    me = open_page(PAGE, room=room.code)
    for points, said in (([[0.5, 1.5]], "Sent. You can draw again"), ([[0.5, -1.5]], "must be 1 to 64 points")):
        assert said in texts(told(me, "drawn", points))
    assert services().store.answer_count(room.id, 2, 1) == 5
    assert "have drawn" not in texts(me)  # the count is for the screen
    change(room, lambda state: state.moved(2, "closed").moved(2, "shown"))
    services().rooms.forget(room.id)
    me.run()
    assert "The median of 5 drawings goes from 1.50 to 1.50." in chart_of(me, "room_drawings")["alt"]
    assert "On average your line is" in words(me)
    assert "On average your line is" not in words(open_page(PAGE, room=room.code))


def test_borders_are_drawn_alone_and_laid_over_what_the_net_says(open_page: OpenPage, room: Room) -> None:
    plane = Plane(START.replace(hidden=(), iterations=60))
    change(room, lambda state: state.begin(drawing=plane))
    for number in range(4):
        drawing = from_hand([[[0.1 * number, 0.0], [0.5, 1.0]]]).packed()
        services().store.answer(room.id, 1, 1, digest(room.id, new_id()), drawing, lambda state: True)
    me = open_page(PAGE, room=room.code)
    asked = charts(me)["room_sketch"]["border"]
    assert asked["lines"] == []
    assert "Where will the decision boundaries of this run be at the end" in words(me)
    for lines, said in (([[[0.5, 0.5], [0.5, 0.9]]], "Sent. You can draw again"), ([[[0.5, -1.5]]], "must be 1 to 12 lines")):
        assert said in texts(told(me, "bordered", lines))
    assert services().store.answer_count(room.id, 1, 1) == 5
    change(room, lambda state: state.moved(1, "closed").moved(1, "shown"))
    services().rooms.forget(room.id)
    me.run()
    found = chart_of(me, "room_drawings")
    assert "5 drawings lie over it." in found["alt"]
    assert [trace["name"] for trace in found["figure"]["data"]][-2:] == ["all drawings", "your drawing"]
    assert "On average your lines are" in words(me)
    stranger = open_page(PAGE, room=room.code)
    assert "On average your lines are" not in words(stranger)


def test_who_drew_a_lessons_curve_finds_the_line_in_the_lesson(open_page: OpenPage, room: Room) -> None:
    change(room, lambda state: state.begin(drawing=drawing.task_of("rate", LESSONS["rate"])))
    at = open_page(PAGE, room=room.code)
    assert "How will the loss of the run with learning rate 10 go?" in words(at)
    told(at, "drawn", [[0.5, 4.0]])
    change(room, lambda state: state.moved(1, "closed").moved(1, "shown").led("lessons", {"lesson": "rate"}))
    services().rooms.forget(room.id)
    at.run()
    button(at, "class_go").click().run()
    assert services().store.notes(visit(at).own_shelf)["drawing:rate"] == Drawing((4.0,) * PLACES).packed()


def test_a_goal_stands_above_the_run(open_page: OpenPage, room: Room) -> None:
    goal = Goal(target=0.99, weights=40, start=START.replace(iterations=50))
    change(room, lambda state: state.begin(goal=goal))
    at = open_page(None, room=room.code, iterations="50", hidden="10")
    assert "Reach an accuracy of at least 99%" in words(at)
    assert "23 weights too many." in words(at)
    at = open_page(None, room=room.code, iterations="50", hidden="5", noise="0.1")
    assert "Not yours to change: Noise." in words(at)


def test_a_goal_works_alone_by_its_link(open_page: OpenPage) -> None:
    at = open_page(None, goal="accuracy:0.2;weights:1000", iterations="50")
    assert "That is enough here" in words(at)
    assert query(at)["goal"] == "accuracy:0.2;weights:1000"
    assert visit(at).goal_best is not None
    at = open_page(None, goal="accuracy:much", iterations="50")
    assert "The goal “accuracy:much” in the link is not one; allowed: accuracy:0.95" in at.warning[0].value.replace("\\", "")


def test_work_is_handed_in_with_a_receipt(open_page: OpenPage, room: Room) -> None:
    change(room, lambda state: state.switched("collects", True).switched("wants_label", True))
    at = open_page(None, room=room.code, iterations="50", hidden="7")
    at.text_area(key="hand_in_note").set_value("=1+1 <i>").run()
    at.text_input(key="hand_in_label").set_value("group 3").run()
    button(at, "hand_in_send").click().run()
    (work,) = services().store.works(room.id)
    assert f"Your receipt: **{work.id}**" in texts(at)
    assert (work.note, work.label, work.settings.hidden) == ("=1+1 <i>", "group 3", (7,))
    at = open_page(PAGE, room=room.code)
    assert work.id not in words(at)  # another browser
    assert not at.dataframe


def test_students_see_the_works_and_no_receipts(open_page: OpenPage, room: Room) -> None:
    """Whoever knows a receipt can say that the work is theirs."""
    settings = Settings(iterations=10, hidden=(3,))
    change(room, lambda state: state.begin(goal=Goal(target=0.2, start=settings)))
    receipts = []
    for _ in range(3):
        look = services().rooms.look(room.id)
        assert look
        receipts.append(services().rooms.hand_in(look, new_id(), settings, "", ""))
        services().store.judged(receipts[-1], {"results": [0.5], "mean": 0.5, "reached": True})
        services().rooms.forget(room.id)
    look = services().rooms.look(room.id)
    assert look
    services().store.judged(services().rooms.hand_in(look, new_id(), settings, "", ""), {"mean": math.inf, "reached": False})
    services().rooms.forget(room.id)
    at = open_page(PAGE, room=room.code)
    assert "room_cloud" in charts(at)
    assert "1 work diverged: it is not in the picture." in texts(at)
    assert not [receipt for receipt in receipts if receipt in json.dumps(charts(at)) + words(at)]
    teacher = open_page(PAGE)
    button(teacher, "room_open").click().run()
    own = services().rooms.find(query(teacher)["room"], "visit", "address")
    change(own, lambda state: state.begin(goal=Goal(target=0.2, start=settings)))
    look = services().rooms.look(own.id)
    assert look
    receipt = services().rooms.hand_in(look, new_id(), settings, "", "")
    services().store.judged(receipt, {"results": [0.5], "mean": 0.5, "reached": True})
    services().rooms.forget(own.id)
    assert receipt in json.dumps(charts(teacher.run())["room_cloud"])


def test_nothing_is_handed_in_where_nothing_is_collected(open_page: OpenPage, room: Room) -> None:
    at = open_page(None, room=room.code, iterations="50")
    assert not [found for found in at.button if found.key == "hand_in_send"]


def test_the_teachers_files_hold_all_works(open_page: OpenPage, room: Room) -> None:
    settings = Settings(iterations=20, hidden=(3,))
    services().runs.watch(settings, wait=30)
    for note in ("=cmd()", "ok"):
        services().store.hand_in(room.id, 0, "m", settings, goal=None, note=note, label="한")
    found = services().store.works(room.id)

    def link_of(settings: Settings) -> str:
        return f"http://lab/?iterations={settings.iterations}"

    table = works.to_csv(found, link_of).decode("utf-8-sig").splitlines()
    assert table[0].startswith("receipt,label,note,weights")
    assert f"{found[0].id},한,'=cmd(),{settings.parameter_count}" in table[1]
    assert table[1].endswith("http://lab/?iterations=20")
    with zipfile.ZipFile(BytesIO(works.to_zip(found, link_of))) as archive:
        names = archive.namelist()
        assert {f"{work.id}/{file}" for work in found for file in ("settings.json", "run.py", "note.json", "report.html")} < {
            *names
        }
        assert names.count("plotly.min.js") == 1
        report = archive.read(f"{found[0].id}/report.html").decode()
        assert "../plotly.min.js" in report
        assert len(report) < 400_000


def test_the_teachers_page_looks_at_no_points_and_makes_links_with_a_file(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eighty works with other points each: more than stay unpacked."""
    teacher = open_page(PAGE)
    button(teacher, "room_open").click().run()
    room = services().rooms.find(query(teacher)["room"], "visit", "address")
    rng = np.random.default_rng(0)
    handed_in = []
    for number in range(80):
        count = 300 if number == 0 else 4
        points = pack(Points(rng.normal(size=(count, 2)), np.arange(count) % 3, ("a", "b", "c")))
        handed_in.append(Settings(data=DataSettings(name="own", points=points), iterations=10, hidden=(5,)))
        services().store.hand_in(room.id, 0, f"m{number % 4}", handed_in[-1], goal=None, note="", label="")
    services().rooms.forget(room.id)
    unpacked: list[str] = []
    linked: list[Settings] = []
    makers: list[Callable[[Settings], str]] = []

    def links() -> Callable[[Settings], str]:
        makers.append(link_maker())
        return lambda settings: linked.append(settings) or makers[-1](settings)  # type: ignore[func-returns-value]

    link_maker = address.links
    monkeypatch.setattr(address, "links", links)
    monkeypatch.setattr(points_module, "unpack", unpacked.append)
    monkeypatch.setattr(data_settings, "unpack", unpacked.append)
    teacher.run()
    (table,) = [frame.value for frame in teacher.dataframe]
    assert table["weights"].tolist() == [33] * 80
    assert (unpacked, linked) == ([], [])
    large = handed_in[0].data.points
    assert len(large) > address.MAX_POINTS_IN_LINK
    name = points_name(large)
    assert services().store.points(name) is None
    assert f"points=~{name}" in makers[-1](handed_in[0])  # here, outside of the visit's script
    assert services().store.points(name) == large
    assert name in visit(teacher).kept_points


def test_a_closed_class_is_told_on_the_page(open_page: OpenPage, room: Room) -> None:
    at = open_page(PAGE, room=room.code)
    services().rooms.close_room(room.id)
    at.run()
    assert "This class has been closed. Everything in it was deleted." in words(at)
    assert "room" not in query(at)


def test_the_way_to_the_teacher_is_offered_once(open_page: OpenPage, room: Room) -> None:
    change(room, lambda state: state.led("lessons", {"lesson": "rate"}))
    at = open_page(None, room=room.code, iterations="50")
    with suppress(RuntimeError):  # AppTest cannot rerun from a callback inside a fragment
        button(at, "class_go").click().run()
    at.run()
    assert "lesson" in query(at)
    assert query(at)["lesson"] == "rate"
    assert not [found for found in at.button if found.key == "class_go"]


def test_no_link_of_somebody_elses_takes_a_browser_along(open_page: OpenPage, room: Room) -> None:
    change(room, lambda state: state.led("lessons", {"lesson": "rate"}))
    one = open_page(None, room=room.code, iterations="50")
    visit(one).follows = True
    visit(one).guided = 1
    word = query(one.run())["follow"]
    assert visit(one).follows  # its own address says so
    for given in (word, "1", ""):
        other = open_page(None, room=room.code, iterations="50", follow=given)
        assert not visit(other).follows
        assert "lesson" not in query(other)


def test_what_students_write_is_no_markup_on_the_teachers_page(open_page: OpenPage) -> None:
    """A label in a button, and icons by their names."""
    teacher = open_page(PAGE)
    button(teacher, "room_open").click().run()
    room = services().rooms.find(query(teacher)["room"], "visit", "address")
    services().store.hand_in(
        room.id, 0, "m", Settings(iterations=10), goal=None, note="**n**", label="![i](http://example.com/x.png) :material/home:"
    )
    services().rooms.forget(room.id)
    teacher.run()
    teacher.session_state["room_works"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    (opens,) = [found for found in settle(teacher.run()).button if str(found.key).startswith("room_open_")]
    assert opens.label == "Open \\!\\[i\\]\\(http\u2060\\://example.com/x.png\\) \\:\u2060material/home\\:"


def test_one_network_cannot_open_all_the_classes_that_there_can_be(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "max_saved_per_address", lambda: 1)
    at = open_page(PAGE)
    button(at, "room_open").click().run()
    assert at.warning[0].value == f"Classes cannot be used now: {Reason.NETWORK.value}."
    assert "room" not in query(at)
    assert limits.number("", 500, 0, 1000) * limits.MEGABYTE // room_of_visit.ROOM_BYTES < rooms.MAX_ROOMS


def test_a_class_opens_however_much_others_save(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services().allowances, "_hours", {})
    monkeypatch.setattr(limits, "max_saved_per_address", lambda: 40_000_000)
    for number in range(8):
        services().allowances.spend("", f"heavy {number}", 4_000_000)
    with pytest.raises(StoreError):
        services().allowances.spend("", "another", 200_000)
    at = open_page(PAGE)
    button(at, "room_open").click().run()
    assert "room" in query(at)


def test_a_broken_link_is_told(open_page: OpenPage) -> None:
    for code in ("ABC12", "999999999", "\U0001f600"):
        at = open_page(None, room=code, iterations="50")
        assert "No class with this code is open" in at.warning[0].value


def test_a_round_with_too_few_answers_is_named(open_page: OpenPage, room: Room) -> None:
    change(room, lambda state: state.begin(vote=VOTE))
    for number in range(5):
        services().store.answer(room.id, 1, 1, f"m{number}", "0", lambda state: True)
    for number in range(3):
        services().store.answer(room.id, 1, 2, f"m{number}", "1", lambda state: True)
    change(room, lambda state: state.moved(1, "talk").moved(1, "shown"))
    at = open_page(PAGE, room=room.code)
    assert charts(at)["room_tallies"]["alt"] == "First vote: A 100%, B 0%, C 0%."
    assert "In the second vote fewer than 5 answered" in words(at)


def test_the_link_to_teach_stays_while_the_page_draws_itself_anew(open_page: OpenPage) -> None:
    teacher = open_page(PAGE)
    button(teacher, "room_open").click().run()
    button(teacher, "room_pass").click().run()
    (link,) = [element.value for element in teacher.code if "pass=" in element.value]
    assert [element.value for element in teacher.run().code if "pass=" in element.value] == [link]
