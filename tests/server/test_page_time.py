"""Page scripts: who has had much processor time lately waits, and nobody else does; few run at once, in the order they came."""

from __future__ import annotations

import threading
import time

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

from server import page_time
from server.page_time import LONGEST_WAIT, FewAtOnce, PageTime
from server.turns import Whose
from server.watchdog import Watchdog
from tests.support.polling import until


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def pupil(name: object) -> Whose:
    """Of a school whose browsers all come from one address."""
    return Whose("school", str(name))


def test_a_hurried_hand_waits_for_nothing(clock: list[float]) -> None:
    times = PageTime()
    for _change in range(20):
        assert times.wait(pupil("a student")) == 0
        times.add(pupil("a student"), 0.08)
        clock[0] += 0.2


def test_who_never_stops_gets_its_share_and_newcomers_do_not_wait(clock: list[float]) -> None:
    """Four who run scripts of a tenth of a second on one core as fast as they may leave a good part of it to others."""
    times, used, began = PageTime(), 0.0, clock[0]
    ready = dict.fromkeys("abcd", began)  # attacker → when the next script may run
    while clock[0] < began + 60:
        next_one = min(ready, key=ready.__getitem__)
        clock[0] = max(clock[0], ready[next_one])
        clock[0] += 0.1
        times.add(pupil(next_one), 0.1)
        used += 0.1
        wait = times.wait(pupil(next_one))
        assert wait <= LONGEST_WAIT
        ready[next_one] = clock[0] + wait
        assert times.wait(pupil("a newcomer")) == 0
    assert 0.3 < used / (clock[0] - began) < 0.8
    clock[0] += 60
    assert times.wait(pupil("a")) == 0


def test_many_browsers_of_one_address_have_one_share(clock: list[float]) -> None:
    """One who works steadily at another address waits for nothing; at theirs it would."""
    times = PageTime(lambda: 61)
    waited = {"home": 0.0, "school": 0.0}
    for step in range(600):  # tenths of a second
        for number in range(40):
            times.add(pupil(number), 0.01)
        for address in waited if step % 6 == 0 else ():
            who = Whose(address, "steady")
            waited[address] += times.wait(who)
            times.add(who, 0.1)
        clock[0] += 0.1
    assert waited["home"] == 0.0
    assert waited["school"] > 10


def test_sixty_pages_of_one_browser_together_leave_room_for_what_the_others_are_shown(clock: list[float]) -> None:
    times, used, began = PageTime(lambda: 61), 0.0, clock[0]
    ready = dict.fromkeys(range(60), began)  # page → when its next script may run
    while clock[0] < began + 60:
        page = min(ready, key=ready.__getitem__)
        clock[0] = max(clock[0], ready[page]) + 0.03
        times.add(pupil("one browser"), 0.03)
        used += 0.03
        ready[page] = clock[0] + times.wait(pupil("one browser"))
        assert times.wait(pupil("a classmate")) == 0
    assert 0.2 < used / (clock[0] - began) < 0.6


def test_one_person_alone_may_have_most_of_a_core(clock: list[float]) -> None:
    used = {}
    for pages in (1, 30):
        times, began, used[pages] = PageTime(lambda pages=pages: pages), clock[0], 0.0  # type: ignore[misc]
        while clock[0] < began + 60:
            clock[0] += 0.1 + times.wait(pupil("a person"))
            times.add(pupil("a person"), 0.1)
            used[pages] += 0.1 / 60
    assert used[1] > 0.7
    assert 0.3 < used[30] < 0.5


def test_who_comes_back_as_somebody_else_lets_others_go_first(clock: list[float]) -> None:
    times = PageTime()
    for number in range(40):  # a class opens its pages at once
        assert not times.comes_last(pupil(number))
        times.add(pupil(number), 0.08)
    clock[0] += 60
    times.add(pupil("a bystander"), 0.05)
    for number in range(400):
        times.add(pupil(f"in disguise {number}"), 0.05)
        clock[0] += 0.1
        times.add(pupil("a bystander"), 0.001)
    assert times.comes_last(pupil("in disguise again"))
    assert not times.comes_last(pupil("a bystander"))
    assert not times.comes_last(Whose("home", "a newcomer"))
    clock[0] += 60
    assert not times.comes_last(pupil("a newcomer"))


def test_who_comes_last_goes_when_nobody_else_waits() -> None:
    few = FewAtOnce(most=1, short=10)
    order: list[str] = []

    def script(name: str, last: bool) -> None:
        with few.place(last=last):
            order.append(name)

    with few.place():
        threads = []
        for name, last in (("late 1", True), ("late 2", True), ("a", False), ("b", False)):
            threads.append(threading.Thread(target=script, args=(name, last)))
            threads[-1].start()
            time.sleep(0.05)
    for thread in threads:
        thread.join(5)
    assert order == ["a", "b", "late 1", "late 2"]


class Crowd:
    """Threads that each want a place, begun one after another."""

    def __init__(self, few: FewAtOnce) -> None:
        self.few = few
        self.inside = self.most = 0
        self.order: list[int] = []
        self.leave = threading.Event()
        self.threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def add(self) -> None:
        number = len(self.threads)
        thread = threading.Thread(target=self._script, args=(number,), daemon=True)
        self.threads.append(thread)
        thread.start()
        time.sleep(0.01)

    def _script(self, number: int) -> None:
        with self.few.place():
            with self._lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
                self.order.append(number)
            self.leave.wait(0.02)
            with self._lock:
                self.inside -= 1

    def end(self) -> None:
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()


def test_few_run_at_once_in_the_order_in_which_they_came() -> None:
    crowd = Crowd(FewAtOnce(most=2, short=5.0))
    for _ in range(12):
        crowd.add()
    crowd.end()
    assert crowd.most == 2
    assert crowd.order == sorted(crowd.order)


def test_one_that_comes_back_is_next() -> None:
    few = FewAtOnce(most=1, short=30.0)
    order: list[str] = []

    def script(name: str, back: bool) -> threading.Thread:
        def run() -> None:
            with few.place(back=back):
                order.append(name)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        time.sleep(0.02)
        return thread

    with few.place():
        scripts = [script("new", False), script("newer", False), script("back", True)]
    for thread in scripts:
        thread.join(10)
    assert order == ["back", "new", "newer"]


def test_one_that_waits_for_long_keeps_nobody_out() -> None:
    few = FewAtOnce(most=1, short=0.1)
    inside, leave = threading.Event(), threading.Event()

    def waiting() -> None:
        with few.place():
            inside.set()
            leave.wait(20)

    slow = threading.Thread(target=waiting, daemon=True)
    slow.start()
    assert inside.wait(5)
    with few.place():
        assert slow.is_alive()
    leave.set()
    slow.join(5)


def test_of_one_browser_one_script_runs_at_a_time_however_long() -> None:
    few = FewAtOnce(most=2, short=0.01)
    came: dict[str, threading.Event] = {name: threading.Event() for name in ("second tab", "another")}

    def enter(name: str, whose: Whose) -> threading.Thread:
        def run() -> None:
            with few.place(whose):
                came[name].set()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    with few.place(Whose("school", "a")):
        second = enter("second tab", Whose("school", "a"))
        until(lambda: few._outside, "the second tab waits")
        another = enter("another", Whose("school", "b"))
        assert came["another"].wait(10)
        assert not came["second tab"].wait(0.2)  # though the first has been in for long
    assert came["second tab"].wait(10)
    for thread in (second, another):
        thread.join(10)


def test_one_that_is_ended_as_it_waits_leaves_the_line() -> None:
    few = FewAtOnce(most=1, short=30.0)
    with few.place():

        def impatient() -> None:
            class Gone(threading.Event):
                def wait(self, timeout: float | None = None) -> bool:
                    raise TimeoutError

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(threading, "Event", Gone)
                with pytest.raises(TimeoutError), few.place():
                    pass

        impatient()
    with few.place():
        pass


class Script(threading.Thread):
    """The script of a visit, as the patched runner runs it."""

    def __init__(self, visit: str, asked: RerunData) -> None:
        self.runner = object.__new__(ScriptRunner)
        self.runner._session_id = visit
        super().__init__(target=ScriptRunner._run_script, args=(self.runner, asked), daemon=True)


def script(visit: str, asked: RerunData = RerunData()) -> Script:  # noqa: B008 (frozen)
    thread = Script(visit, asked)
    thread.start()
    return thread


def test_a_script_that_waits_aside_leaves_its_place_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page scripts as Streamlit runs them: one waits for a run, the next is not held up by it."""
    came = threading.Event()
    seen = []

    def run_script(runner: ScriptRunner, _rerun_data: object) -> None:
        if runner._session_id == "waits":
            with page_time.aside():
                seen.append(came.wait(10))
        else:
            came.set()

    monkeypatch.setattr(ScriptRunner, "_run_script", run_script)
    monkeypatch.setattr(page_time, "FewAtOnce", lambda: FewAtOnce(most=1, short=30.0))
    page_time.deal(Watchdog())
    waits = script("waits")
    script("other").join(10)
    waits.join(10)
    assert seen == [True]
    with page_time.aside():  # outside a script it does nothing
        pass


@pytest.mark.parametrize("kind", [None, "trigger_value", "json_trigger_value", "int_value"])
def test_a_script_that_waits_leaves_when_the_page_has_sent_a_newer_message_unless_it_does_what_was_clicked(
    monkeypatch: pytest.MonkeyPatch, kind: str | None
) -> None:
    ran: list[str] = []
    free = threading.Event()

    def run_script(runner: ScriptRunner, _rerun_data: object) -> None:
        ran.append(runner._session_id)
        if runner._session_id == "first":
            free.wait(10)

    few = FewAtOnce(most=1, short=30.0)
    monkeypatch.setattr(ScriptRunner, "_run_script", run_script)
    session = object.__new__(AppSession)
    monkeypatch.setattr(AppSession, "request_rerun", lambda session, _state: setattr(session, "_scriptrunner", None))
    monkeypatch.setattr(AppSession, "__del__", lambda session: None, raising=False)
    monkeypatch.setattr(page_time, "FewAtOnce", lambda: few)
    page_time.deal(Watchdog())
    first = script("first")
    until(lambda: ran, "the first begins")
    states = WidgetStates()
    if kind:
        states.widgets.add(id="a", **{kind: "[]" if kind == "json_trigger_value" else 1})
    second = script("second", RerunData(widget_states=states))
    until(lambda: few._outside, "it waits")
    session._scriptrunner = second.runner
    session.request_rerun(None)
    if kind in (None, "int_value"):
        second.join(10)
        assert not second.is_alive()
    free.set()
    first.join(10)
    second.join(10)
    assert ran == (["first"] if kind in (None, "int_value") else ["first", "second"])
    assert not few._outside


def test_a_script_that_steps_back_comes_after_those_that_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = threading.Event()
    order: list[str] = []

    def run_script(runner: ScriptRunner, _rerun_data: object) -> None:
        order.append(f"{runner._session_id} begins")
        if runner._session_id == "first":
            waiting.wait(10)
        page_time.step_back()
        order.append(f"{runner._session_id} ends")

    few = FewAtOnce(most=1, short=30.0)
    monkeypatch.setattr(ScriptRunner, "_run_script", run_script)
    monkeypatch.setattr(page_time, "FewAtOnce", lambda: few)
    page_time.deal(Watchdog())
    threads = [script("first")]
    until(lambda: order, "the first begins")
    threads += [script("second"), script("third")]
    until(lambda: len(few._outside) == 2, "two wait")
    waiting.set()
    for thread in threads:
        thread.join(10)
    assert [each.split()[1] for each in order] == 3 * ["begins"] + 3 * ["ends"]
    page_time.step_back()  # outside a script it does nothing
