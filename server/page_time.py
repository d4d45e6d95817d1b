"""Processor time of page scripts: dealt fairly among addresses and their browsers, and to few scripts at once.

All pages share one process. Who has had much of its time lately waits. Of many threads that want the interpreter each gets it for
5 ms in turn and gives it away at each larger NumPy call: a page of 20 ms would take seconds, and the event loop would starve.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

from server.http import crowd
from server.http.origin import open_pages
from server.over import over
from server.services import is_here, page_names, whose
from server.shares import Usage
from server.turns import NOBODY, Whose, in_turns
from server.watchdog import Watchdog

ALONE, ALL = 0.8, 0.4  # of a core, that one person may take, and that several share: what is left sends what they are shown
FEW_PAGES = 4  # open at once, up to which one person is taken to be alone on the server
LEAST = 0.08  # of a core, that each may take whatever the others do
AT_ONCE = 0.3  # seconds of a core beyond that, for a hurried hand
ACTIVE = 0.1  # seconds of a core lately, from which a browser counts as having something to do
LONGEST_WAIT, LONGEST_LINE = 2.0, 30.0  # seconds of one script; of many of one browser
USUAL = 0.05  # seconds of a core that a page's script takes
NEW = 0.001  # seconds of a core lately, below which a browser is new, or has done nothing for a while
NEW_HALF_LIFE, NEW_AT_ONCE = 15.0, 5.0  # seconds; of a core: what sixty pages take that are opened at once
HALF_LIFE = 3.0  # seconds after which time that was had counts half
LOOK_AGAIN = 0.5  # seconds between two counts of active browsers
AT_A_TIME = 2  # scripts that run at once
LATELY = 8  # scripts that got in last: whose they are waits for the others
SHORT = 0.15  # seconds for which a script keeps others from running: one that takes longer mostly waits for something

FAR = 1.0  # seconds after which one that is not next looks again, though nobody has called it
NEVER = threading.Event()
_CLICKS = ("trigger_value", "string_trigger_value", "json_trigger_value", "chat_input_value")

_place = threading.local()  # of the script that runs in this thread


class PageTime:
    """Who has had how much."""

    def __init__(self, open_pages: Callable[[], int] = lambda: 1) -> None:
        self._open_pages = open_pages
        self._usage = Usage[Whose](HALF_LIFE)
        self._of_new = Usage[str](NEW_HALF_LIFE)  # address → its browsers that are new
        self._lock = threading.Lock()
        self._active: Counter[str] = Counter()  # address → its browsers that have something to do
        self._counted = -math.inf
        self._turns: dict[Whose, float] = {}  # of who has had too much: when the last of its scripts that wait may run

    def wait(self, who: Whose) -> float:
        """Seconds until a script may run. Several of one browser, which may have many pages, run one by one."""
        with self._lock:
            now, share = time.monotonic(), self._share(who.address)
            allowed = share * HALF_LIFE / math.log(2) + AT_ONCE  # what use at that pace amounts to, and a burst
            used = self._usage.of(who)
            if used <= allowed:
                self._turns.pop(who, None)
                return 0.0
            soonest = now + min(LONGEST_WAIT, HALF_LIFE * math.log2(used / allowed))
            at = self._turns[who] = min(max(soonest, self._turns.get(who, 0.0) + USUAL / share), now + LONGEST_LINE)
            return at - now

    def _share(self, address: str) -> float:
        """How much of a core a browser there may take: addresses share alike, and so do the browsers of each."""
        now = time.monotonic()
        if now - self._counted > LOOK_AGAIN:
            self._active = Counter(who.address for who in self._usage.above(ACTIVE))
            self._counted = now
        if self._active.total() <= 1 and self._open_pages() <= FEW_PAGES:
            return ALONE
        return max(LEAST, ALL / max(1, len(self._active)) / max(1, self._active[address]))

    def comes_last(self, who: Whose) -> bool:
        """Whether a script lets all others go first: that of a new browser, where many of its address come one after another.

        Who leaves and comes back as somebody else has used no time, again and again.
        """
        with self._lock:
            return self._usage.of(who) < NEW and self._of_new.of(who.address) > NEW_AT_ONCE

    def add(self, who: Whose, seconds: float) -> None:
        with self._lock:
            if self._usage.of(who) < NEW:
                self._of_new.add(who.address, seconds)
            self._usage.add(who, seconds)


class GoneError(Exception):
    """Nobody needs the script any more."""


class _Waiting(NamedTuple):
    """A script that waits for a place."""

    whose: Whose
    rank: int  # -1: before those that only begin; 1: after all others
    called: threading.Event


class FewAtOnce:
    """Lets scripts in one after another, as they come and in turns, and of one browser one at a time.

    Those that have been in for long no longer keep those of others out.
    """

    def __init__(self, most: int = AT_A_TIME, short: float = SHORT) -> None:
        self._most, self._short = most, short
        self._lock = threading.Lock()
        self._inside: dict[object, tuple[float, Whose]] = {}  # since when
        self._outside: dict[object, _Waiting] = {}  # in the order in which they came
        self._had: deque[Whose] = deque(maxlen=LATELY)  # who got in last
        self._dealt: list[object] | None = None  # those outside as it is their turn, until that changes

    @contextmanager
    def place(self, whose: Whose = NOBODY, back: bool = False, last: bool = False, gone: threading.Event = NEVER) -> Iterator[None]:
        """Wait for a place, and keep it. Raises GoneError where `gone` is set before there is one.

        back: for a script that has had one, and comes before those that only begin; last: for one that lets all others go first.
        """
        me, called = object(), threading.Event()
        try:
            with self._lock:
                self._outside[me] = _Waiting(whose, -1 if back else int(last), called)
                self._dealt = None
            while not self._enter(me):
                if gone.is_set():
                    raise GoneError
                called.wait(min(self._short / 2, FAR) if self._is_near(me) else FAR)
                called.clear()
            yield
        finally:
            with self._lock:
                self._forget(me)
                self._inside.pop(me, None)
                self._call_next()

    def _call_next(self) -> None:
        for each in self._next(self._most):
            self._outside[each].called.set()

    def _is_near(self, me: object) -> bool:
        """Whether a place that becomes free by time alone would be its."""
        with self._lock:
            return me in self._next(self._most)

    def _next(self, count: int) -> list[object]:
        """Whose turn it is."""
        if self._dealt is None:
            dealt = in_turns(list(self._outside), lambda each: [self._outside[each].whose], self._had)
            self._dealt = sorted(dealt, key=lambda each: self._outside[each].rank)
        busy, found = {whose.browser for _since, whose in self._inside.values()} - {NOBODY.browser}, list[object]()
        for each in self._dealt:
            browser = self._outside[each].whose.browser
            if len(found) < count and browser not in busy:
                busy |= {browser} - {NOBODY.browser}
                found.append(each)
        return found

    def _forget(self, me: object) -> None:
        """It waits no longer."""
        if self._outside.pop(me, None):
            self._dealt = None

    def _enter(self, me: object) -> bool:
        with self._lock:
            lately = time.monotonic() - self._short
            free = self._most - sum(since > lately for since, _whose in self._inside.values())
            if me not in self._next(max(0, free)):
                return False
            whose = self._outside[me].whose
            self._had.append(whose)
            self._forget(me)
            self._inside[me] = time.monotonic(), whose
            self._call_next()
            return True


@contextmanager
def aside(back: bool = True) -> Iterator[None]:
    """Within a page's script: let others run while it waits for something. back: then it comes before those that only begin."""
    place: ExitStack | None = getattr(_place, "held", None)
    if place is None:
        yield
        return
    few: FewAtOnce = _place.few
    dog: Watchdog = _place.dog
    with dog.waiting():
        place.close()
        try:
            yield
        finally:
            place.enter_context(few.place(_place.whose, back=back))


def step_back() -> None:
    """Within a page's script: let others come first, as if it only began."""
    with aside(back=False):
        pass


def deal(dog: Watchdog) -> PageTime:
    """Let every page script of this process wait for its turn, and tell the watchdog when it runs. Returns who has had how much."""
    times, few = PageTime(open_pages), FewAtOnce()

    _count_scripts()

    @over(ScriptRunner, "_run_script")
    def in_turn(run_script: Callable[..., None], runner: ScriptRunner, rerun_data: RerunData) -> None:
        visit = runner._session_id
        who, gone = whose(visit), NEVER if _has_click(rerun_data) else _gone(runner)
        if gone.wait(seconds) if (seconds := times.wait(who)) else gone.is_set():
            return
        began, last = time.thread_time(), times.comes_last(who)
        try:
            with ExitStack() as place:
                place.enter_context(few.place(who, last=last, gone=gone))
                _waits_no_more(runner)
                if last and not is_here(visit):  # who has hung up and comes back asks for the page anew
                    return
                _place.held, _place.few, _place.whose, _place.dog = place, few, who, dog
                with dog.watching():
                    run_script(runner, rerun_data)
        except GoneError:
            pass
        finally:
            _place.held = None
            times.add(who, time.thread_time() - began)

    return times


def _count_scripts() -> None:
    """Count those of each page that wait, from their message on, and tell one when the page has sent a newer one."""

    @over(ScriptRunner, "start")
    def start(begin: Callable[..., None], runner: ScriptRunner) -> None:
        crowd.begin(names := page_names(runner._session_id))
        vars(runner)["lab_names"] = names
        begin(runner)

    @over(ScriptRunner, "_run_script_thread")
    def run(run_thread: Callable[..., None], runner: ScriptRunner) -> None:
        try:
            run_thread(runner)
        finally:
            _waits_no_more(runner)

    @over(AppSession, "request_rerun")
    def rerun(request_rerun: Callable[..., None], session: AppSession, *asked: Any) -> None:
        before = session._scriptrunner
        request_rerun(session, *asked)
        if before is not None and session._scriptrunner is not before:  # of whose messages none would be sent
            _gone(before).set()


def _waits_no_more(runner: ScriptRunner) -> None:
    crowd.end(vars(runner).pop("lab_names", crowd.NOBODY))


def _gone(runner: ScriptRunner) -> threading.Event:
    """Set when another script has taken a script's place."""
    event: threading.Event = vars(runner).setdefault("lab_gone", threading.Event())
    return event


def _has_click(rerun_data: RerunData) -> bool:
    """Whether a script does what somebody has clicked, which no later one does."""
    states = rerun_data.widget_states
    return any(state.WhichOneof("value") in _CLICKS for state in (states.widgets if states else ()))
