"""The room service: who comes in, what is counted, what is told, and the judge."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from server import judge, rooms
from server.refusals import Refusal, RoomError
from server.rooms import Look, RoomService
from server.training import cost
from server.training.service import RunService
from server.turns import Whose
from spiral_core import DataSettings, Run, Settings, train
from spiral_core.classroom.borders import Lines, Plane
from spiral_core.classroom.drawings import Curve, Drawing
from spiral_core.classroom.goals import Goal, Judgement, trials
from spiral_core.classroom.goals import judge as judged_by_hand
from spiral_core.classroom.room_state import RoomState, Stage
from spiral_core.classroom.votes import Vote
from spiral_core.rules import SettingError
from spiral_core.store.keys import new_id
from spiral_core.store.rooms import Room, State, digest
from spiral_core.store.run_store import RunStore
from spiral_core.store.works import Work
from tests.support.polling import until

VOTE = Vote("Which?", ("a", "b", "c"))
CURVE = Curve(Settings(iterations=100), 3.0)
TEACHER = new_id()


class Server:
    """A room service of its own, whose visits are there until they are taken away."""

    def __init__(self, store: RunStore) -> None:
        self.gone: set[str] = set()
        self.runs = RunService(workers=0)
        self.rooms = RoomService(store, self.runs, lambda visit: visit not in self.gone)

    def close(self) -> None:
        self.rooms.close()
        self.runs.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    found = RunStore(tmp_path / "runs.sqlite")
    yield found
    found.close()


@pytest.fixture
def server(store: RunStore) -> Iterator[Server]:
    found = Server(store)
    yield found
    found.close()


def look(server: Server, room: Room) -> Look:
    server.rooms.forget(room.id)
    found = server.rooms.look(room.id)
    assert found is not None
    return found


def voting(server: Server, vote: Vote = VOTE) -> Room:
    room = server.rooms.open(TEACHER)
    server.rooms.change(room.id, lambda state: state.begin(vote=vote))
    return room


def move(server: Server, room: Room, *stages: Stage) -> None:
    for stage in stages:
        activity = look(server, room).state.activity
        server.rooms.change(room.id, lambda state, stage=stage, activity=activity: state.moved(activity, stage))  # type: ignore[misc]


# Coming in.


def test_a_code_is_found_however_it_is_typed(server: Server) -> None:
    room = server.rooms.open(TEACHER)
    for typed in (room.code, room.code.lower(), f" {room.code[:3]}-{room.code[3:]} ", f"{room.code[:3]} {room.code[3:]}"):
        assert server.rooms.find(typed, "visit", "address").id == room.id


@pytest.mark.parametrize("code", ["", "AAAAA", "AAAAAAA", "00000O", "'; DROP", "\ud800AAAAA", "가나다라마바"])
def test_what_is_no_code_opens_nothing(server: Server, code: str) -> None:
    with pytest.raises(RoomError) as told:
        server.rooms.find(code, "visit", "address")
    assert told.value.refusal is Refusal.UNKNOWN


def test_ten_wrong_codes_in_a_minute_are_enough(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    room = server.rooms.open(TEACHER)
    for _ in range(rooms.MAX_MISSES):
        with pytest.raises(RoomError) as told:
            server.rooms.find("222222", "guesser", "address")
        assert told.value.refusal is Refusal.UNKNOWN
    with pytest.raises(RoomError) as told:
        server.rooms.find(room.code, "guesser", "address")
    assert told.value.refusal is Refusal.MISSES
    assert server.rooms.find(room.code, "another", "address").id == room.id
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + rooms.MINUTE + 1)
    assert server.rooms.find(room.code, "guesser", "address").id == room.id


def test_an_address_that_guesses_with_many_pages_is_stopped_too(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_MISSES_ADDRESS", 15)
    room = server.rooms.open(TEACHER)
    for number in range(15):
        with pytest.raises(RoomError):
            server.rooms.find("222222", f"page {number}", "guessers")
    with pytest.raises(RoomError) as told:
        server.rooms.find(room.code, "page 3", "guessers")
    assert told.value.refusal is Refusal.ADDRESS
    assert server.rooms.find(room.code, "page 3", "school").id == room.id
    # Pupils and the teacher behind the same address are let in: their first code is the right one.
    assert server.rooms.find(room.code, "a pupil's page", "guessers").id == room.id
    with pytest.raises(RoomError) as told:
        server.rooms.find("333333", "one more guesser", "guessers")
    assert told.value.refusal is Refusal.UNKNOWN
    with pytest.raises(RoomError) as told:
        server.rooms.find(room.code, "one more guesser", "guessers")
    assert told.value.refusal is Refusal.ADDRESS


def test_a_full_room_lets_nobody_more_in_until_somebody_goes(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_MEMBERS", 2)
    room = server.rooms.open(TEACHER)
    shelves = [new_id() for _ in range(3)]
    for shelf in shelves[:2]:
        server.rooms.come(room, shelf, f"visit {shelf}")
    with pytest.raises(RoomError) as told:
        server.rooms.come(room, shelves[2], "late")
    assert told.value.refusal is Refusal.FULL
    server.rooms.come(room, shelves[0], "again, after a reload")
    server.rooms.come(room, TEACHER, "the teacher")
    server.gone.add(f"visit {shelves[1]}")
    server.rooms.come(room, shelves[2], "late")
    assert look(server, room).here == 2


def test_an_address_that_fills_a_room_makes_room_for_another_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_MEMBERS", 4)
    monkeypatch.setattr(server.rooms, "_whose", lambda visit: Whose(visit.split()[0], visit))
    room = server.rooms.open(TEACHER)
    for number in range(4):
        server.rooms.come(room, new_id(), f"crowd {number}")
    with pytest.raises(RoomError):
        server.rooms.come(room, new_id(), "crowd 5")
    server.rooms.come(room, new_id(), "other a")
    assert look(server, room).here == 4
    for late in ("crowd 3", "crowd 6"):  # who made room, and others of there
        with pytest.raises(RoomError):
            server.rooms.come(room, new_id(), late)
    server.rooms.come(room, new_id(), "third a")
    with pytest.raises(RoomError):  # two of four are no more than half
        server.rooms.come(room, new_id(), "third b")
    assert look(server, room).here == 4


def test_who_has_gone_is_not_here_and_two_tabs_are_one(server: Server) -> None:
    room = server.rooms.open(TEACHER)
    one, two = new_id(), new_id()
    for shelf, visit in ((one, "a"), (one, "b"), (two, "c")):
        server.rooms.come(room, shelf, visit)
    assert look(server, room).here == 2
    server.gone.add("c")
    assert look(server, room).here == 1
    server.rooms.leave(room.id, one)
    assert look(server, room).here == 0


# Votes.


def test_a_vote_goes_its_way_and_counts_each_round(server: Server) -> None:
    room = voting(server)
    shelves = [new_id() for _ in range(6)]
    for number, shelf in enumerate(shelves):
        server.rooms.answer(look(server, room), shelf, number % 3)
    server.rooms.answer(look(server, room), shelves[0], 2)  # another mind
    assert look(server, room).answered == 6
    move(server, room, "talk", "second")
    assert look(server, room).answered == 0
    for shelf in shelves[:5]:
        server.rooms.answer(look(server, room), shelf, 1)
    move(server, room, "closed", "shown")
    found = server.rooms.tallies(look(server, room))
    assert (found[1].counts, found[2].counts) == ((1, 2, 3), (0, 5, 0))
    assert server.rooms.answer_of(look(server, room), shelves[0]) == "1"


def test_what_is_shown_after_one_round_is_that_round(server: Server) -> None:
    room = voting(server)
    for number in range(6):
        server.rooms.answer(look(server, room), f"student {number}", 1)
    move(server, room, "talk", "shown")
    now = look(server, room)
    assert now.answered == 6
    assert server.rooms.answer_of(now, "student 3") == "1"
    assert server.rooms.answer_of(now, "student 9") is None


def test_four_answers_have_no_tally(server: Server) -> None:
    room = voting(server)
    for _ in range(4):
        server.rooms.answer(look(server, room), new_id(), 0)
    assert server.rooms.tallies(look(server, room)) == {}
    server.rooms.answer(look(server, room), new_id(), 0)
    assert {*server.rooms.tallies(look(server, room))} == {1}


def test_an_answer_that_comes_too_late_is_told_and_not_counted(server: Server) -> None:
    room = voting(server)
    seen = look(server, room)
    move(server, room, "talk")
    with pytest.raises(RoomError) as told:
        server.rooms.answer(seen, new_id(), 0)
    assert told.value.refusal is Refusal.STAGE
    move(server, room, "second")
    with pytest.raises(RoomError):  # meant for the first round
        server.rooms.answer(seen, new_id(), 0)
    server.rooms.change(room.id, lambda state: state.begin(vote=VOTE))
    with pytest.raises(RoomError):  # meant for another question
        server.rooms.answer(seen, new_id(), 0)
    assert look(server, room).answered == 0
    server.rooms.close_room(room.id)
    with pytest.raises(RoomError) as told:
        server.rooms.answer(seen, new_id(), 0)
    assert told.value.refusal is Refusal.CLOSED


@pytest.mark.parametrize("answer", [3, -1, "0", None, 0.0, True, [1]])
def test_what_is_no_answer_is_refused(server: Server, answer: object) -> None:
    room = voting(server)
    with pytest.raises(SettingError, match="answer must be"):
        server.rooms.answer(look(server, room), new_id(), answer)
    assert look(server, room).answered == 0


def test_two_clicks_move_a_vote_once(server: Server) -> None:
    room = voting(server)
    for _ in range(2):
        server.rooms.change(room.id, lambda state: state.moved(1, "talk"))
    assert look(server, room).state.stage == "talk"
    server.rooms.change(room.id, lambda state: state.moved(1, "closed"))  # no way leads there
    server.rooms.change(room.id, lambda state: state.moved(7, "second"))  # of a vote that is over
    assert look(server, room).state.stage == "talk"


def test_forty_who_vote_at_once_are_forty(server: Server) -> None:
    room = voting(server)
    shelves = [new_id() for _ in range(40)]
    rng = random.Random(1)
    wanted = [rng.randrange(3) for _ in shelves]
    threads = [
        threading.Thread(target=lambda shelf=shelf, answer=answer: server.rooms.answer(look(server, room), shelf, answer))
        for shelf, answer in zip(shelves, wanted, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.rooms.tallies(look(server, room))[1].counts == tuple(wanted.count(option) for option in range(3))


# Drawings.


def drawing(server: Server) -> Room:
    room = server.rooms.open(TEACHER)
    server.rooms.change(room.id, lambda state: state.begin(drawing=CURVE))
    return room


def test_drawings_are_counted_then_shown_with_their_median(server: Server) -> None:
    room = drawing(server)
    shelves = [new_id() for _ in range(5)]
    for number, shelf in enumerate(shelves):
        server.rooms.answer(look(server, room), shelf, [[0, 1.0], [100, float(number)]])
    server.rooms.answer(look(server, room), shelves[4], [[0, 1.0], [100, 2.5]])  # drawn again
    assert look(server, room).answered == 5
    move(server, room, "closed", "shown")
    found = look(server, room)
    assert (found.state.stage, found.answered) == ("shown", 5)
    cloud = server.rooms.drawings(found)
    assert cloud is not None
    assert (cloud.median[0], cloud.median[-1], cloud.low[-1], cloud.high[-1]) == (1, 2, 1, 2.5)
    own = server.rooms.answer_of(found, shelves[4])
    assert own is not None
    assert Drawing.unpacked(own).losses[-1] == 2.5


def test_the_same_line_drawn_by_many_counts_for_each(server: Server) -> None:
    room = drawing(server)
    for _ in range(5):
        server.rooms.answer(look(server, room), new_id(), [[0, 1.0]])
    found = server.rooms.drawings(look(server, room))
    assert found is not None
    assert len(found.lines) == 5


def test_four_drawings_are_no_cloud(server: Server) -> None:
    room = drawing(server)
    for number in range(4):
        server.rooms.answer(look(server, room), new_id(), [[0, float(number)]])
    assert server.rooms.drawings(look(server, room)) is None


def test_a_drawing_that_comes_too_late_is_told_and_not_counted(server: Server) -> None:
    room = drawing(server)
    seen = look(server, room)
    move(server, room, "closed")
    with pytest.raises(RoomError) as told:
        server.rooms.answer(seen, new_id(), [[0, 1.0]])
    assert told.value.refusal is Refusal.STAGE
    server.rooms.change(room.id, lambda state: state.begin(drawing=CURVE))
    with pytest.raises(RoomError):  # meant for another curve
        server.rooms.answer(seen, new_id(), [[0, 1.0]])
    assert look(server, room).answered == 0


def test_borders_are_counted_and_shown_once_there_are_five(server: Server) -> None:
    room = server.rooms.open(TEACHER)
    server.rooms.change(room.id, lambda state: state.begin(drawing=Plane(CURVE.settings)))
    for number in range(4):
        server.rooms.answer(look(server, room), new_id(), [[[0.0, number / 4], [1.0, 0.5]]])
    assert server.rooms.borders(look(server, room)) is None
    last = new_id()
    server.rooms.answer(look(server, room), last, [[[0.0, 0.0], [1.0, 0.5]]])  # as another one drew it
    found = server.rooms.borders(look(server, room))
    assert found is not None
    assert sorted(each.lines[0][0][1] for each in found) == pytest.approx([0, 0, 0.25, 0.5, 0.75], abs=0.003)
    own = server.rooms.answer_of(look(server, room), last)
    assert own is not None
    assert Lines.unpacked(own).lines[0][1] == pytest.approx((1.0, 0.5), abs=0.003)
    with pytest.raises(SettingError, match="drawing must be 1 to 12 lines"):
        server.rooms.answer(look(server, room), new_id(), [[0, 1.0]])  # a curve


@pytest.mark.parametrize("answer", [[], 1, "x" * 128, [[0, -1.0]], [[0, 1.0]] * 65, [[101, 1.0]]])
def test_what_is_no_drawing_is_refused(server: Server, answer: object) -> None:
    room = drawing(server)
    with pytest.raises(SettingError, match="drawing must be 1 to 64 points"):
        server.rooms.answer(look(server, room), new_id(), answer)
    assert look(server, room).answered == 0


def test_no_student_hears_of_another_ones_drawing(server: Server) -> None:
    room = drawing(server)
    me = new_id()
    before = server.rooms.news(room.id, me), server.rooms.news(room.id, TEACHER)
    server.rooms.answer(look(server, room), new_id(), [[0, 1.0]])
    assert server.rooms.news(room.id, me) == before[0]
    assert server.rooms.news(room.id, TEACHER) != before[1]


# News.


def test_students_hear_of_the_teachers_acts_and_of_nobodys_answers(server: Server) -> None:
    room = voting(server)
    me, other = new_id(), new_id()
    before = server.rooms.news(room.id, me), server.rooms.news(room.id, TEACHER)
    server.rooms.come(look(server, room).room, other, "other")
    server.rooms.answer(look(server, room), other, 1)
    look(server, room)
    assert server.rooms.news(room.id, me) == before[0]
    assert server.rooms.news(room.id, TEACHER) != before[1]
    move(server, room, "talk")
    assert server.rooms.news(room.id, me) != before[0]
    server.rooms.close_room(room.id)
    assert server.rooms.news(room.id, me) == server.rooms.news(room.id, TEACHER) == ""


def test_a_look_is_read_once_for_all_who_ask(server: Server, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    room = server.rooms.open(TEACHER)
    look(server, room)
    monkeypatch.setattr(store, "room", lambda room: pytest.fail("the store was read again"))
    for _ in range(500):
        assert server.rooms.look(room.id)


# Servers that share a store.


def test_two_servers_are_one_room(store: RunStore, server: Server) -> None:
    other = Server(store)
    try:
        room = voting(server)
        there = other.rooms.find(room.code, "visit", "address")
        server.rooms.come(room, new_id(), "here")
        other.rooms.come(there, new_id(), "there")
        look(server, room), look(other, room)
        assert look(server, room).here == look(other, room).here == 2
        other.rooms.answer(look(other, room), new_id(), 2)
        assert look(server, room).answered == 1
        other.rooms.close()
        assert look(server, room).here == 1
        move(server, room, "talk")
        assert look(other, room).state.stage == "talk"
        server.rooms.close_room(room.id)
        other.rooms.forget(room.id)
        assert other.rooms.look(room.id) is None
    finally:
        other.close()


def test_a_server_that_starts_again_finds_the_room_as_it_was(store: RunStore, server: Server) -> None:
    room = voting(server)
    me = new_id()
    server.rooms.answer(look(server, room), me, 2)
    server.close()
    again = Server(store)
    try:
        found = look(again, room)
        assert found.state.vote == VOTE
        assert again.rooms.answer_of(found, me) == "2"
    finally:
        again.close()


# The state.


def test_a_state_comes_back_from_json() -> None:
    goal = Goal(weights=20, start=Settings(iterations=5))
    for state in (
        RoomState(),
        RoomState().begin(vote=VOTE).moved(1, "talk").led("lessons", {"lesson": "rate"}),
        RoomState().begin(drawing=CURVE).moved(1, "closed"),
        RoomState().begin(drawing=Plane(CURVE.settings, "linear")),
        RoomState().begin(vote=VOTE).begin().begin(goal=goal).switched("collects", True),
    ):
        assert RoomState.from_dict(state.to_dict()) == state
    assert RoomState().begin(vote=VOTE).begin().begin(goal=goal).activity == 2  # none has the number of another


# The judge.


def test_what_is_handed_in_for_a_goal_is_judged(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(hidden=(5,), iterations=60, data=DataSettings(points_per_class=20))
    goal = Goal(target=0.2, start=settings)
    room = server.rooms.open(TEACHER)
    server.rooms.change(room.id, lambda state: state.begin(goal=goal))
    me = new_id()
    receipt = server.rooms.hand_in(look(server, room), me, settings, "note", "group 3")
    first_seed = look(server, room).state.seed
    server.rooms.change(room.id, lambda state: state.begin())  # the goal is over before it is judged
    until(lambda: look(server, room).judged.total(), "nothing was judged")
    (work,) = server.rooms._store.works(room.id)
    expected = judged_by_hand(goal, settings, [train(each) for each in trials(settings, first_seed)])
    assert (work.id, work.label, work.member) == (receipt, "group 3", digest(room.id, me))
    assert work.result == {"results": list(expected.results), "mean": expected.mean, "reached": expected.reached}


def test_another_seed_comes_to_the_same_and_nobody_knows_by_which_seeds_a_goal_is_judged(server: Server) -> None:
    """Who hands in the same settings with many seeds chooses nothing."""
    settings = Settings(hidden=(5,), iterations=60, data=DataSettings(points_per_class=20))
    room = server.rooms.open(TEACHER)
    server.rooms.change(room.id, lambda state: state.begin(goal=Goal(target=0.2, start=settings)))
    secret = look(server, room).state.seed
    for seed in (0, 17):
        server.rooms.hand_in(look(server, room), new_id(), settings.replace(seed=seed), "", "")
    until(lambda: look(server, room).judged.total() == 2, "not both were judged")
    first, second = server.rooms._store.works(room.id)
    assert first.result == second.result
    server.rooms.change(room.id, lambda state: state.begin(goal=Goal(target=0.2, start=settings)))
    assert look(server, room).state.seed != secret


def test_a_stale_page_hands_nothing_in(server: Server) -> None:
    """One that was drawn before the teacher ended the goal, or began another, or no longer collects."""
    settings = Settings(hidden=(5,), iterations=60, data=DataSettings(points_per_class=20))
    room = server.rooms.open(TEACHER)

    def refused(stale: Look) -> bool:
        with pytest.raises(RoomError) as told:
            server.rooms.hand_in(stale, new_id(), settings, "", "")
        return told.value.refusal is Refusal.OVER

    goal = Goal(target=0.2, start=settings)
    server.rooms.change(room.id, lambda state: state.begin(goal=goal))
    stale = look(server, room)
    server.rooms.change(room.id, lambda state: state.begin())
    assert refused(stale)
    server.rooms.change(room.id, lambda state: state.begin(goal=goal))
    assert refused(stale)
    server.rooms.hand_in(look(server, room), new_id(), settings, "", "")
    server.rooms.change(room.id, lambda state: state.begin().switched("collects", True))
    collecting = look(server, room)
    server.rooms.hand_in(collecting, new_id(), settings, "", "")
    server.rooms.change(room.id, lambda state: state.switched("collects", False))
    assert refused(collecting)
    assert look(server, room).works == 2


def judged(server: Server, *works: Settings) -> list[State | None]:
    """What the works of as many browsers come to in a class with a goal, once all are judged."""
    room = server.rooms.open(TEACHER)
    server.rooms.change(room.id, lambda state: state.begin(goal=Goal(start=works[0])))
    for settings in works:
        server.rooms.hand_in(look(server, room), new_id(), settings, "", "")
    until(lambda: look(server, room).judged.total() == len(works), "not all were judged")
    return server.rooms._store.results(room.id)


def test_what_would_take_too_long_is_not_judged(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "LONGEST", 0.0)
    assert judged(server, Settings(iterations=60)) == [{"failure": "long"}]


def test_what_takes_longer_than_it_seemed_to_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "SLOWER", 0.0)
    assert judged(server, Settings(hidden=(200,), iterations=30_000)) == [{"failure": "long"}]


def test_whatever_goes_wrong_with_a_work_the_next_is_judged(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(hidden=(5,), iterations=60)
    odd = settings.replace(iterations=61)

    def fails(goal: Goal, own: Settings, runs: Sequence[Run]) -> Judgement:
        if own == odd:
            raise MemoryError
        return judged_by_hand(goal, own, runs)

    monkeypatch.setattr(judge, "judge", fails)
    first, second = judged(server, odd, settings)
    assert first == {"failure": "failed"}
    assert second
    assert "mean" in second


def judged_after(server: Server, heavy: Sequence[Settings], light: Settings) -> tuple[Room, str, str]:
    """A class in which one student has handed in heavy works and another a light one, which is judged; it, and their shelves."""
    room = server.rooms.open(TEACHER)
    server.rooms.change(room.id, lambda state: state.begin(goal=Goal(start=light)))
    greedy, other = new_id(), new_id()
    for settings in heavy:
        server.rooms.hand_in(look(server, room), greedy, settings, "", "")
    server.rooms.hand_in(look(server, room), other, light, "", "")
    until(lambda: look(server, room).judged[digest(room.id, other)], "the small one was not judged")
    return room, greedy, other


def test_one_students_heavy_works_hold_up_nobody(server: Server) -> None:
    """Twenty nets that take as long as is allowed, and then somebody's small one."""
    light = Settings(hidden=(5,), iterations=50, data=DataSettings(points_per_class=20))
    heavy = light.replace(hidden=(300, 300), iterations=1500)
    room, greedy, other = judged_after(server, [heavy.replace(seed=number) for number in range(20)], light)
    assert look(server, room).judged[digest(room.id, other)] == 1
    assert look(server, room).judged[digest(room.id, greedy)] < 20
    with pytest.raises(RoomError) as told:
        server.rooms.hand_in(look(server, room), greedy, light, "", "")
    assert told.value.refusal is Refusal.WORKS


def test_one_students_works_hold_up_nobody_however_quick_they_seem(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """An estimate can be wrong: of one member one work is trained at a time."""
    light = Settings(hidden=(5,), iterations=50, data=DataSettings(points_per_class=20))
    heavy = light.replace(hidden=(300, 300), iterations=1500)
    monkeypatch.setattr(cost, "seconds", lambda settings: 1 / len(settings.hidden))
    room, greedy, _other = judged_after(server, [heavy.replace(seed=number) for number in range(6)], light)
    assert look(server, room).judged[digest(room.id, greedy)] < judge.AT_ONCE


def test_many_heavy_works_of_another_class_hold_up_nobody(server: Server) -> None:
    """More than are looked at, of as many browsers, all before somebody's small one in another class."""
    light = Settings(hidden=(5,), iterations=50, data=DataSettings(points_per_class=20))
    heavy = light.replace(hidden=(300, 300), iterations=1500)
    own, other = (server.rooms.open(new_id()) for _ in range(2))
    for room in (own, other):
        server.rooms.change(room.id, lambda state: state.begin(goal=Goal(start=light)))
    seen = look(server, own)
    for number in range(judge.AT_HAND + 20):
        server.rooms.hand_in(seen, new_id(), heavy.replace(seed=number), "", "")
    server.rooms.hand_in(look(server, other), new_id(), light, "", "")
    until(lambda: look(server, other).judged.total(), "the small one was not judged")
    assert look(server, own).judged.total() < judge.AT_HAND


def test_a_room_of_an_older_server_is_read() -> None:
    """What it does not say is as at the start."""
    old = {"activity": 1, "started": 1, "vote": VOTE.to_dict(), "stage": "talk", "goal": None, "guide": None, "collects": True}
    assert RoomState.from_dict(old) == RoomState(activity=1, started=1, vote=VOTE, stage="talk", collects=True)
    assert RoomState.from_dict({}) == RoomState()


# What a fresh pair of eyes found.


def test_one_browser_has_few_classes_open_and_finds_them_again(server: Server) -> None:
    codes = [server.rooms.open(TEACHER).code for _ in range(rooms.MAX_OWN)]
    with pytest.raises(RoomError) as told:
        server.rooms.open(TEACHER)
    assert told.value.refusal is Refusal.OWN
    assert server.rooms._store.rooms_of(TEACHER) == codes[::-1]
    assert server.rooms._store.rooms_of(new_id()) == []
    server.rooms.close_room(server.rooms.find(codes[0], "visit", "address").id)
    assert server.rooms.open(TEACHER)


def test_the_way_to_the_teacher_ends_with_what_it_belonged_to() -> None:
    led = RoomState().begin(vote=VOTE).led("lessons", {})
    assert led.guide
    assert led.guide.number == 1
    later = led.begin(vote=VOTE)
    assert later.guide is None
    again = later.led("data", {})
    assert again.guide
    assert again.guide.number == 2  # who has followed the first follows this one too


def test_the_end_of_a_goals_time_is_news(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    room = server.rooms.open(TEACHER)
    goal = Goal(minutes=1, start=Settings(iterations=5))
    server.rooms.change(room.id, lambda state: state.begin(goal=goal, now=time.time()))
    me = new_id()
    before = [server.rooms.news(room.id, shelf) for shelf in (me, TEACHER)]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert all(server.rooms.news(room.id, shelf) != old for shelf, old in zip((me, TEACHER), before, strict=True))
    server.rooms.hand_in(look(server, room), me, Settings(iterations=5), "", "")
    (work,) = server.rooms._store.works(room.id)
    assert work.goal
    assert work.at > work.goal["until"]


def test_each_work_is_read_from_the_store_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages look at all works again and again; what has come since is added, judgements too."""
    room = server.rooms.open(TEACHER)
    server.rooms.change(room.id, lambda state: state.begin(goal=Goal(start=Settings(iterations=5)), now=time.time()))
    read: list[int] = []
    store, works = server.rooms._store, server.rooms._store.works

    def count(room: str, after: int = 0) -> list[Work]:
        found = works(room, after)
        read.append(len(found))
        return found

    monkeypatch.setattr(store, "works", count)
    for number in range(5):
        server.rooms.hand_in(look(server, room), new_id(), Settings(iterations=5, seed=number), "", "")
        for _ in range(3):
            assert [work.settings.seed for work in server.rooms.works(look(server, room))] == list(range(number + 1))
    until(lambda: all(work.result for work in server.rooms.works(look(server, room))), "not all were judged")
    assert server.rooms.works(look(server, room)) == works(room.id)
    assert sum(read) == 5
    assert len({id(work.goal) for work in server.rooms.works(look(server, room))}) == 1
    server.rooms.close_room(room.id)
    assert not server.rooms._works._rooms


def test_an_answer_from_another_tab_is_news_to_its_own_browser_alone(server: Server) -> None:
    room = voting(server)
    me, other = new_id(), new_id()
    look(server, room)
    before = [server.rooms.news(room.id, shelf) for shelf in (me, other)]
    server.rooms.answer(look(server, room), me, 1)
    assert server.rooms.news(room.id, me) != before[0]
    assert server.rooms.news(room.id, other) == before[1]
