"""Compare: pins from anywhere, what differs, files out and in, removal with undo, and shelves that stay apart."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages.compare import averaged as averages
from pages.compare import files, paths, rows
from pages.ui.charts.palette import DIFFERENT
from pages.ui.text.files import FileError
from pages.ui.visit.presets import START
from server.services import services
from spiral_core import Settings, train
from spiral_core.analysis.ensemble import of_runs, of_snapshots
from spiral_core.analysis.landscape import landscape
from spiral_core.case_study import SOFTMAX, TWO_LAYER
from spiral_core.records import Record, Summary
from spiral_core.store.keys import key_of, new_id
from spiral_core.store.shelves import Pin
from tests.core import strategies
from tests.pages.conftest import OpenPage, charts, choice, numbers, place, settle, visit, words
from tests.support.fuzz import CASES

PAGE = "compare/page.py"


def opened(at: AppTest) -> AppTest:
    """Run until all runs of the shelf are trained."""
    for _ in range(80):
        assert not at.exception
        if not at.get("progress"):
            return at
        at.run()
    raise AssertionError("the shelf was not completed")


@pytest.fixture
def compare(open_page: OpenPage) -> AppTest:
    return opened(open_page(PAGE))


def with_pair(at: AppTest) -> AppTest:
    return opened(at.button(key="compare_pair").click().run())


def shelf_of(at: AppTest) -> str:
    return str(visit(at).own_shelf)


def test_an_empty_shelf_says_what_to_do(compare: AppTest) -> None:
    assert "The shelf is empty" in words(compare)
    assert charts(compare) == {}


def test_the_ready_pair(compare: AppTest) -> None:
    at = with_pair(compare)
    assert set(charts(at)) == {"compare_curves", "compare_gallery", "compare_difference"}
    assert [pin.settings for pin in services().store.pins(shelf_of(at))] == [SOFTMAX, TWO_LAYER]
    gallery = charts(at)["compare_gallery"]
    assert len(gallery["replay"]["panels"]) == 2
    panel = gallery["replay"]["panels"][0]
    assert f"loss {train(SOFTMAX).history.loss[-1]:.4f} · accuracy 49" in panel["notes"][-1]
    assert gallery["replay"]["iterations"][-1] == 10_000
    assert max(panel["at"]) == len(panel["pictures"]) - 1
    assert "The two runs disagree on 31" in words(at)


def test_charts_keep_their_place_while_another_run_is_trained_above_them(compare: AppTest) -> None:
    at = with_pair(compare)
    before = place(at, "compare_curves")
    services().store.pin(shelf_of(at), TWO_LAYER.replace(seed=77))
    at.run()
    assert at.get("progress")
    assert place(at, "compare_curves") == before
    assert place(opened(at), "compare_curves") == before


def test_a_run_is_pinned_in_the_playground_and_found_here(open_page: OpenPage) -> None:
    at = open_page()
    at.button(key="pin").click().run()
    assert [toast.value for toast in at.toast] == ["Pinned. The Compare page shows it."]
    settle(at)
    assert at.button(key="pin").disabled
    opened(at.switch_page(PAGE).run())
    (pin,) = services().store.pins(shelf_of(at))
    assert pin.settings == START
    record = services().store.load([pin.settings])[pin.key]
    assert record.summary.loss == train(START).history.loss[-1]
    assert at.button(key="compare_pin").disabled


def test_a_run_is_pinned_in_the_case_study(open_page: OpenPage) -> None:
    at = open_page("case_study/page.py")
    for _ in range(40):
        if any(button.key == "case_pin_linear" for button in at.button):
            break
        at.run()
    at.button(key="case_pin_linear").click().run()
    assert [pin.settings for pin in services().store.pins(shelf_of(at))] == [SOFTMAX]


def test_only_what_differs_is_in_the_table() -> None:
    runs = [START, START.replace(learning_rate=0.3), START.replace(learning_rate=0.3, momentum=0.5)]
    assert rows.differing(runs) == ["learning_rate"]  # momentum has no effect on SGD
    assert rows.differing([START, START.replace(data=START.data.replace(noise=0.5))]) == ["noise"]
    assert rows.differing([START]) == []


def test_phases_that_differ_are_told_in_a_line() -> None:
    chain = START.replace(iterations=1000).followed(learning_rate=0.1, iterations=500)
    pins = [Pin(settings, "", "", 0.0) for settings in (START, chain)]
    frame = rows.frame_of([rows.Entry(pin, None, f"run {i}") for i, pin in enumerate(pins)])
    assert frame["Earlier phases"].tolist() == ["–", "1\u202f000 at rate 1, then 500 at rate 0.1"]
    assert "Weights set by hand" not in frame.columns


def test_a_run_that_stopped_early_says_where() -> None:
    settings = START.replace(hidden=(30,), init="he", reg=0.0, patience=10, data=START.data.replace(noise=0.5))
    run = train(settings)
    assert run.stopped
    whole = train(settings.replace(patience=0, iterations=50))
    pins = [(Pin(one.settings, "", "", 0.0), Record.of(one)) for one in (run, whole)]
    frame = rows.frame_of([rows.Entry(pin, record, f"run {i}") for i, (pin, record) in enumerate(pins)])
    assert frame["Status"].tolist() == [f"stopped early at {run.iteration}", "✓"]


@pytest.mark.parametrize("held_out", [0.0, 0.2])
def test_columns_of_held_out_points_are_there_where_a_run_has_some(held_out: float) -> None:
    pin = Pin(START.replace(data=START.data.replace(test_fraction=held_out)), "", "", 0.0)
    columns = rows.frame_of([rows.Entry(pin, None, "run")]).columns
    assert "Loss" in columns
    assert ("Held-out loss" in columns) == ("Best held-out accuracy" in columns) == bool(held_out)


def test_remove_undo_and_order(compare: AppTest) -> None:
    at = with_pair(compare)
    keys = [pin.key for pin in services().store.pins(shelf_of(at))]
    at.button(key=f"compare_down_{keys[0]}").click().run()
    assert [pin.key for pin in services().store.pins(shelf_of(at))] == keys[::-1]
    at.button(key=f"compare_remove_{keys[0]}").click().run()
    assert [pin.key for pin in services().store.pins(shelf_of(at))] == keys[1:]
    at.button(key="compare_undo").click().run()
    assert [pin.key for pin in services().store.pins(shelf_of(at))] == keys[::-1]
    assert at.button(key="compare_undo").disabled


def test_runs_of_one_name_are_told_apart(open_page: OpenPage) -> None:
    own = new_id()
    several = [SOFTMAX.replace(seed=seed) for seed in (1, 2, 3)]
    for settings in several:
        services().store.pin(own, settings, "twin")
    at = opened(open_page(PAGE, shelf=own))
    assert at.multiselect(key="compare_shown").options == ["twin", "twin (2)", "twin (3)"]
    keys = [pin.key for pin in services().store.pins(own)]
    at.multiselect(key="compare_shown").set_value(keys[1:]).run()
    notes = [panel["notes"][-1] for panel in charts(opened(at))["compare_gallery"]["replay"]["panels"]]
    for note, settings in zip(notes, several[1:], strict=True):
        assert f"loss {train(settings).history.loss[-1]:.4f}" in note


def test_open_in_the_playground(compare: AppTest) -> None:
    at = with_pair(compare)
    key = services().store.pins(shelf_of(at))[0].key
    at.button(key=f"compare_open_{key}").click().run()
    settle(at)
    assert visit(at).settings == SOFTMAX
    assert "training" in charts(at)


def test_ten_seeds(compare: AppTest) -> None:
    at = with_pair(compare)
    key = services().store.pins(shelf_of(at))[0].key
    at.get("button_group")[-1].set_value(key).run()  # type: ignore[union-attr]
    opened(at)
    assert "Over 10 seeds the median accuracy is 4" in words(at)
    assert "compare_band" in charts(at)


def test_two_visits_do_not_see_each_other(open_page: OpenPage) -> None:
    first, second = with_pair(open_page(PAGE)), open_page(PAGE)
    assert shelf_of(first) != shelf_of(second)
    assert services().store.pins(shelf_of(second)) == []


def test_the_link_of_a_shelf_opens_it_and_it_can_be_copied(open_page: OpenPage) -> None:
    name = new_id()
    services().store.pin(name, SOFTMAX, "from a friend")
    at = opened(open_page(PAGE, shelf=name))
    assert "This shelf was opened by a link" in words(at)
    at.button(key="compare_copy").click().run()
    assert [pin.name for pin in services().store.pins(shelf_of(at))] == ["from a friend"]
    assert "This shelf was opened by a link" not in words(opened(at))
    assert "The shelf “../etc” in the link is not known on this server." in words(open_page(PAGE, shelf="../etc")).replace("\\", "")
    assert "is not known on this server" in words(open_page(PAGE, shelf=new_id()))


def test_korean(open_page: OpenPage) -> None:
    at = with_pair(open_page(PAGE, lang="ko"))
    assert "결정 경계" in words(at)
    assert "평면의 31" in words(at)


def test_names_notes_and_deleted_rows_of_the_table() -> None:
    own = new_id()
    store = services().store
    for settings in (SOFTMAX, TWO_LAYER, START):
        store.pin(own, settings)

    def script(own: str) -> None:
        from pages.compare import shelf
        from pages.ui.visit.state import visit

        visit().own_shelf = own
        edited = {1: {"Name": "<b>mine</b>", "Note": None}, 0: {"Note": "=1+1"}, 7: {"Note": "none there"}}
        edits = {"edited_rows": edited, "deleted_rows": [2, 2, -1, 9]}  # what no table of ours sends changes nothing else
        shelf.apply_edits(shelf.entries(), edits)

    at = AppTest.from_function(script, args=(own,)).run()
    assert not at.exception
    assert [(pin.name, pin.note) for pin in store.pins(own)] == [("", "=1+1"), ("<b>mine</b>", "")]


def shared_by(at: AppTest, editable: bool) -> str:
    """The token in the link that the Compare page offers."""
    if editable:
        at.checkbox(key="compare_editable").check().run()
    assert not any("shelf=" in code.value for code in at.code)  # nothing is shared before somebody asks
    at.button(key="compare_share").click().run()
    (token,) = re.findall(r"shelf=([\w-]{22})", "\n".join(code.value for code in at.code))
    return str(token)


def test_a_shared_shelf_can_be_read_and_no_more(open_page: OpenPage, compare: AppTest) -> None:
    owner = with_pair(compare)
    token = shared_by(owner, editable=False)
    assert token != shelf_of(owner)
    reader = opened(open_page(PAGE, shelf=token))
    assert "read-only" in words(reader)
    assert reader.button(key="compare_pin").disabled
    assert reader.button(key="compare_undo").disabled
    assert not any(str(button.key).startswith("compare_remove_") for button in reader.button)
    assert all(token not in code.value for code in reader.code)
    before = services().store.pins(shelf_of(owner))
    for page in ("playground/page.py", "search/page.py", "lessons/page.py"):
        reader.switch_page(page).run()
    settle(reader.switch_page("playground/page.py").run())
    reader.button(key="pin").click().run()
    assert services().store.pins(shelf_of(owner)) == before
    assert len(services().store.pins(shelf_of(reader))) == 1
    assert visit(reader).notes == {}


def test_its_owner_may_let_others_change_it_and_take_that_back(open_page: OpenPage, compare: AppTest) -> None:
    owner = with_pair(compare)
    friend = opened(open_page(PAGE, shelf=shared_by(owner, editable=True)))
    opened(friend.button(key="compare_pin").click().run())
    assert len(services().store.pins(shelf_of(owner))) == 3
    owner.button(key="compare_unshare").click().run()
    friend.run()
    assert not services().store.pins(shelf_of(friend))
    assert "The shelf is empty" in words(friend)


ROWS = [
    files.Row(SOFTMAX, "=cmd|' /C calc'!A0", 'note, with "signs"\nand lines', Summary.of(train(SOFTMAX))),
    files.Row(START.replace(batch_size=7, hidden=(3, 4)), "나선", "", None),
    files.Row(START.replace(loss="hinge", dropout=0.25), "hinge", "", None),
    files.Row(
        START.replace(hidden=(3,), features=("x", "r"), edits=((0, -0.5),)).followed(reg=0.1, edits=((1, 2.0),)), "", "", None
    ),
]


@pytest.mark.parametrize(("name", "content"), [("a.json", files.to_json(ROWS).encode()), ("a.CSV", files.to_csv(ROWS))])
def test_files_come_back_as_they_went(name: str, content: bytes) -> None:
    assert [(row.settings, row.name, row.note) for row in files.read(name, content)] == [(r.settings, r.name, r.note) for r in ROWS]


def test_in_csv_the_loss_is_the_result_as_before_there_were_two() -> None:
    old = "name,note,hidden,learning_rate,loss\na,b,5,0.5,0.7862814761914371\n"
    (row,) = files.read("old.csv", old.encode())
    assert row.settings == Settings(hidden=(5,), learning_rate=0.5)


def test_no_cell_is_a_formula_to_a_spreadsheet() -> None:
    lines = list(csv.reader(io.StringIO(files.to_csv(ROWS).decode("utf-8-sig"))))
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "@"))]
    assert lines[1][lines[0].index("loss")] == str(train(SOFTMAX).history.loss[-1])


@given(st.lists(st.tuples(strategies.settings(), st.text(max_size=80), st.text(max_size=90)), min_size=1, max_size=4))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_shelf_comes_back_from_json(runs: list[tuple[Settings, str, str]]) -> None:
    rows = [files.Row(settings, name, note, None) for settings, name, note in runs]
    content = files.to_json(rows).encode("utf-8", "surrogatepass")
    assert [(r.settings, r.name, r.note) for r in files.read("x.json", content)] == [(r.settings, r.name, r.note) for r in rows]


def changed(plain: dict[str, Any]) -> bytes:
    return json.dumps({"spiral_lab_shelf": 1, "runs": [{"settings": Settings().to_dict() | plain}]}).encode()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.json", b"[1, 2", "not valid JSON"),
        ("a.json", b"[" * 100_000, "not valid JSON"),
        ("a.json", b"{}", "not a shelf that was saved here"),
        ("a.json", rb'{"spiral_lab_shelf": 1, "runs": [{"name": "\ud800", "settings": {}}]}', "not valid JSON"),
        ("a.json", b'{"spiral_lab_shelf": 1, "runs": []}', "contains no runs"),
        ("a.json", b'{"spiral_lab_shelf": 1, "runs": [7]}', "Run 1 of the file has no settings"),
        ("a.json", changed({"learning_rate": float("nan")}), "Run 1 of the file: Learning rate"),
        ("a.json", changed({"colour": "red"}), "“colour” is not a setting"),
        ("a.json", b'{"spiral_lab_shelf": 1, "runs": [' + b"{}," * 60 + b"{}]}", "Run 1 of the file has no settings"),
        ("a.json", changed({}).replace(b'"hidden"', b'"hidden": [5], "hidden"'), "The file contains hidden twice."),
        ("a.csv", b"hidden,seed,hidden\n5,1,50\n", "The file contains hidden twice."),
        ("a.csv", b"name,seed,name\na,1,b\n", "The file contains name twice."),
        ("a.csv", b"x,y\n1,2\n", "first line must name settings"),
        ("a.csv", b"", "first line must name settings"),
        ("a.csv", b"learning_rate\n0.1\nfast\n", "Line 3 of the file: Learning rate (learning_rate) must be a number"),
        ("a.csv", b"learning_rate\n" + b"0.1\n" * 60, "a shelf holds at most 50"),
        ("a.csv", b"learning_rate\n" + b"0.1\n" * 60 + b"x" * 800_000, "a shelf holds at most 50"),  # nothing below is read
        ("a.csv", b"\xff\xfe\x00", "The file is not text."),
        ("a.csv", b"\x81\x20\xff", "The file is not text."),
    ],
)
def test_a_bad_file_gets_one_sentence(name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(FileError) as caught:
        files.read(name, content)
    assert sentence in str(caught.value)


@hypothesis_settings(max_examples=CASES)
@given(
    st.sampled_from(["a.json", "a.csv"]),
    st.binary(max_size=400) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")),
)
def test_fuzz_any_shelf_file_is_taken_or_refused(name: str, content: bytes) -> None:
    try:
        assert files.read(name, content)
    except FileError as error:
        assert str(error).endswith(".")  # noqa: PT017


def test_runs_that_differ_in_their_training_share_a_landscape(open_page: OpenPage) -> None:
    """Its paths, share and heights are the core's for these runs; the run with another net is named and left out."""
    small = START.replace(hidden=(6,), iterations=100)
    family = [small, small.replace(learning_rate=0.3), small.replace(seed=8, init="he"), small.replace(hidden=(7,))]
    at = open_page(PAGE)
    for settings in family:
        services().store.pin(shelf_of(at), settings)
    opened(at.run())
    assert "compare_paths" not in charts(at)
    opened(at.toggle(key="compare_landscape").set_value(True).run())
    drawn = charts(at)["compare_paths"]["figure"]["data"]
    runs = [train(settings) for settings in family[:3]]
    found = landscape(small, runs[0].data, [run.snapshots for run in runs], 41)
    assert 10 ** numbers(drawn[0]["z"]) == pytest.approx(found.heights.data, rel=1e-5)
    walks = [trace for trace in drawn if trace.get("mode") == "lines+markers"]
    assert len({trace["line"]["color"] for trace in walks}) == len({trace["name"] for trace in walks}) == 3
    for trace, path in zip(walks, found.paths, strict=True):
        assert numbers(trace["x"]) == pytest.approx(path[:, 0], rel=1e-4, abs=1e-5)
        assert numbers(trace["y"]) == pytest.approx(path[:, 1], rel=1e-4, abs=1e-5)
    said = words(at)
    assert f"The plane holds {found.plane.share:.0%} of the movement of all these paths." in said
    assert "Runs with different initial weights end far apart" in said
    assert "Not in this plane, with another net or other points: 7 ReLU." in said


def test_runs_are_said_to_end_far_apart_where_they_do() -> None:
    short = START.replace(hidden=(6,), iterations=100)
    assert paths.far_apart([train(short.replace(seed=seed, init="he")) for seed in (0, 1)])
    linear = START.replace(hidden=(), iterations=2000)
    assert not paths.far_apart([train(linear.replace(seed=seed)) for seed in (0, 1)])
    assert not paths.far_apart([train(short.replace(seed=seed, init="zero")) for seed in (0, 1)])


def test_runs_of_different_nets_are_offered_no_landscape(compare: AppTest) -> None:
    at = with_pair(compare)
    assert not [toggle for toggle in at.toggle if toggle.key == "compare_landscape"]


def test_the_largest_group_of_runs_shares_the_plane() -> None:
    def entry(**changes: Any) -> rows.Entry:
        return rows.Entry(Pin(START.replace(**changes), "", "", 0.0), None, str(changes))

    alone, first, second, third = entry(hidden=()), entry(), entry(reg=0.1), entry(activation="tanh")
    assert paths.sharing([alone, first, third, second]) == [first, second]
    assert paths.sharing([alone, first, third]) == []
    assert paths.sharing([]) == []


def averaged(at: AppTest, *family: Settings) -> AppTest:
    """The ensemble of these runs, switched on."""
    for settings in family:
        services().store.pin(shelf_of(at), settings)
    opened(at.run())
    assert "compare_ensemble_boundary" not in charts(at)
    return opened(at.toggle(key="compare_ensemble").set_value(True).run())


HELD_OUT = START.replace(hidden=(6,), iterations=100, data=START.data.replace(test_fraction=0.3, noise=0.4))


def test_an_ensemble_beside_its_members(open_page: OpenPage) -> None:
    """Of the runs side by side, of five seeds, of snapshots: what the core says of them."""
    family = [HELD_OUT, HELD_OUT.replace(seed=8, hidden=(9,))]
    at = averaged(open_page(PAGE), *family)
    found = of_runs([train(settings) for settings in family])
    assert found.test
    assert {"compare_ensemble_boundary", "compare_ensemble_calibration"} <= set(charts(at))
    assert averages.describe(found) in words(at)
    table = at.dataframe[-1].value
    assert table["Name"].tolist()[:2] == ["Ensemble", "Mean of its members"]
    assert table["Held-out cross-entropy"].tolist()[:2] == pytest.approx([found.test.ensemble.loss, found.test.mean_loss])
    assert len(table) == 4
    choice(at, "compare_members").set_value("seeds").run()
    opened(at)
    seeds = of_runs([train(HELD_OUT.replace(seed=seed)) for seed in range(5)])
    assert averages.describe(seeds) in words(at)
    assert at.dataframe[-1].value["Name"].tolist()[2:] == [f"seed {seed}" for seed in range(5)]
    choice(at, "compare_members").set_value("snapshots").run()
    opened(at)
    assert averages.describe(of_snapshots(train(HELD_OUT))[1]) in words(at)
    at.selectbox(key="compare_ensemble_of").set_value(services().store.pins(shelf_of(at))[1].key).run()
    assert averages.describe(of_snapshots(train(family[1]))[1]) in words(opened(at))


@pytest.mark.parametrize(
    ("family", "sentence"),
    [
        ([HELD_OUT], "There is no ensemble: it takes at least two networks."),
        ([HELD_OUT, START.replace(iterations=50)], "There is no ensemble: these runs were trained on different points"),
        ([HELD_OUT, HELD_OUT.replace(loss="hinge")], "There is no ensemble: it averages probabilities, and a net trained with"),
    ],
)  # fmt: skip
def test_what_is_no_ensemble_is_said(open_page: OpenPage, family: list[Settings], sentence: str) -> None:
    at = averaged(open_page(PAGE), *family)
    assert sentence in words(at)
    assert "compare_ensemble_boundary" not in charts(at)


def test_an_ensemble_without_held_out_points() -> None:
    found = of_runs([train(SOFTMAX.replace(iterations=20, seed=seed)) for seed in (0, 1)])
    assert averages.table(["a", "b"], found).columns.tolist() == ["Name", "Accuracy", "Cross-entropy", "Calibration error"]
    assert averages.describe(found).startswith("The ensemble's cross-entropy is")


def test_what_was_pinned_last_is_on_show(open_page: OpenPage) -> None:
    """Of more runs than stand side by side; and once somebody has chosen two of six, the next pin joins them."""
    own = new_id()
    for seed in range(7):
        services().store.pin(own, SOFTMAX.replace(seed=seed, iterations=20), f"run {seed}")
    at = opened(open_page(PAGE, shelf=own))
    keys = [pin.key for pin in services().store.pins(own)]
    assert at.multiselect(key="compare_shown").value == keys[-6:]
    at.multiselect(key="compare_shown").set_value(keys[:2]).run()
    services().store.pin(own, SOFTMAX.replace(seed=7, iterations=20), "run 7")
    at.switch_page("playground/page.py").run()
    shown = opened(at.switch_page(PAGE).run()).multiselect(key="compare_shown").value
    assert services().store.pins(own)[-1].key in shown


def test_the_colour_of_disagreement_is_in_the_legend(compare: AppTest) -> None:
    drawn = charts(with_pair(compare))["compare_difference"]["figure"]
    (sign,) = [trace for trace in drawn["data"] if trace["name"] == "they disagree"]
    assert sign["fillcolor"] == DIFFERENT


# A shelf that several change.


def test_who_may_change_a_shelf_learns_nothing_of_what_was_removed_before(open_page: OpenPage) -> None:
    """The owner's former note; but the owner who pins a run again has it back."""
    owner = open_page(PAGE)
    own = shelf_of(owner)
    services().store.pin(own, START, "mine", "a private note")
    services().store.remove(own, [key_of(START)])
    owner.run()
    assert not services().store.pins(own)
    friend = open_page(PAGE, shelf=shared_by(owner, editable=True))
    friend.button(key="compare_pin").click().run()
    assert [(pin.name, pin.note) for pin in services().store.pins(own)] == [("", "")]
    services().store.describe(own, key_of(START), note="another")
    services().store.remove(own, [key_of(START)])
    services().store.pin(own, START, as_before=True)
    assert [pin.note for pin in services().store.pins(own)] == ["another"]


def test_the_owner_brings_back_what_a_guest_removed(open_page: OpenPage, compare: AppTest) -> None:
    owner = with_pair(compare)
    friend = opened(open_page(PAGE, shelf=shared_by(owner, editable=True)))
    before = [pin.key for pin in services().store.pins(shelf_of(owner))]
    for key in before:
        settle(friend.button(key=f"compare_remove_{key}").click().run())
    assert not services().store.pins(shelf_of(owner))
    for _ in before:
        assert not owner.run().button(key="compare_undo").disabled
        owner.button(key="compare_undo").click().run()
    assert [pin.key for pin in services().store.pins(shelf_of(owner))] == before
    assert owner.button(key="compare_undo").disabled


def test_a_note_changes_no_name(open_page: OpenPage) -> None:
    """Of somebody else, who has renamed the run since the page was drawn."""
    own = new_id()
    services().store.pin(own, START, "before")
    services().store.describe(own, key_of(START), name="after")
    services().store.describe(own, key_of(START), note="seen")
    services().store.describe(own, key_of(START), note="")
    assert [(pin.name, pin.note) for pin in services().store.pins(own)] == [("after", "")]


def test_outside_compare_a_pin_says_that_it_goes_to_a_shared_shelf(open_page: OpenPage) -> None:
    owner = open_page(PAGE)
    friend = open_page("playground/page.py", shelf=shared_by(owner, editable=True), iterations="40", hidden="3")
    pin = settle(friend).button(key="pin")
    assert pin.label == "Pin to the shared shelf"
    assert "its owner and everyone with that link see what you pin" in pin.help
    pin.click().run()
    assert len(services().store.pins(shelf_of(owner))) == 1
    assert settle(open_page("playground/page.py", iterations="40", hidden="3")).button(key="pin").label == "Pin"
