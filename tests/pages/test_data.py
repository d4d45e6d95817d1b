"""The Data page: files are read or refused with line and column, tables and clicks change the points, and nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.data import draft as drafts
from pages.data import facts, figures, plane, table, upload
from pages.data import scaling as part
from pages.data.draft import Draft
from pages.ui.charts import component
from pages.ui.charts.palette import LIGHT
from pages.ui.text import files
from pages.ui.visit import experiment
from pages.ui.visit.presets import START
from server.services import services
from server.tables import isolated, readers
from server.tables.table import TableError
from spiral_core import DataSettings, Settings
from spiral_core.boundary import Area
from spiral_core.datasets import as_labelled, data_of, fresh, make_dataset, parted
from spiral_core.points import MAX_POINTS, Points, pack, unpack
from spiral_core.scaling import SCALES, scaling
from spiral_core.training import train
from tests.pages.conftest import OpenPage, charts, choice, key, numbers, query, settle, told, visit, words
from tests.support.catalogue import ROOT

PAGE = "data/page.py"

ANIMALS = "이름;키 (cm);무게;종류\n나비;20,5;4;고양이\n=초코;40;10,25;강아지\n보리;38;9;강아지\n".replace("\n", "\r\n")


def settings_of(at: AppTest) -> Settings:
    shown: Settings = visit(at).settings
    return shown


def said(at: AppTest) -> str:
    """All text on the page, without the strokes that make a user's text harmless in Markdown."""
    return words(at).replace("\\", "")


# The draft and its table.


def small() -> Draft:
    return Draft(np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 2.0]]), np.array([0, 1, 1]), ("a", "b"))


def test_clicks_add_move_and_delete() -> None:
    draft = drafts.add(small(), 5, 6, 0)
    assert (draft.X[-1].tolist(), draft.y[-1]) == ([5, 6], 0)
    moved = drafts.move(draft, 0, 9, 9)
    assert moved.X[0].tolist() == [9, 9]
    assert draft.X[0].tolist() == [0, 0]
    assert drafts.delete(draft, 1).counts() == [2, 1]
    assert drafts.nearest(draft, 1.1, 0.5, (0.2, 0.2)) == 1
    assert drafts.nearest(draft, 1.5, 0.5, (0.2, 0.2)) is None
    assert drafts.nearest(draft, 1.0, 9.0, (0.1, 20.0)) == 1  # each axis has its reach


def test_an_unfinished_set_says_what_is_missing() -> None:
    assert "A, B" in drafts.missing(drafts.empty())
    lonely = drafts.add(drafts.empty(), 0, 0, 1)
    assert "A" in drafts.missing(lonely)
    assert drafts.missing(drafts.add(lonely, 1, 1, 0)) == ""
    assert drafts.drop_empty_classes(drafts.add_class(small())).names == ("a", "b")
    assert drafts.missing(drafts.drop_empty_classes(lonely)) == "Not used for training yet: two classes are needed."


def test_classes_have_one_name_each() -> None:
    assert drafts.rename(small(), 0, " 고양이 ").names == ("고양이", "b")
    for bad in ("", "b", "x" * 41, "a\tb", "\u3164", "a\u200b", "\ud800"):
        with pytest.raises(ValueError, match="class"):
            drafts.rename(small(), 0, bad)


def test_what_is_typed_into_the_table_becomes_the_points() -> None:
    edits: dict[str, Any] = {
        "edited_rows": {"0": {"x": 7, "class": "b"}},
        "added_rows": [{"x": 1, "y": 2, "class": "a"}, {"x": 3}],
        "deleted_rows": [2],
    }
    changed = table.apply_edits(small(), edits)
    assert changed.X.tolist() == [[7, 0], [1, 0.5], [1, 2]]
    assert changed.y.tolist() == [1, 1, 0]
    draft = small()
    assert table.apply_edits(draft, {"added_rows": [{"x": 3}]}) is draft  # a row that is still being typed


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ({"edited_rows": {"1": {"x": None}}}, "Row 2, column “x”"),
        ({"edited_rows": {"1": {"y": 1e12}}}, "Row 2, column “y”"),
        ({"edited_rows": {"1": {"y": 10**400}}}, "Row 2, column “y”"),
        ({"edited_rows": {"0": {"class": "cat"}}}, "“cat” is not one of a, b"),
        ({"added_rows": [{"x": 1}] * (table.MAX_WAITING + 1)}, "201 new rows lack a coordinate or the class; at most 200 can wait"),
        ({"added_rows": [{"x": 1, "y": 2, "class": "a"}] * 9_998}, "There are already 10\u202f000 points"),
    ],
)
def test_a_bad_cell_is_refused(edits: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        table.apply_edits(small(), edits)


def test_very_many_rows_are_taken_at_once() -> None:
    assert (
        len(table.apply_edits(small(), {"deleted_rows": [0, 0, -1, 99], "edited_rows": {99: {"x": 1.0}}}).y) == len(small().y) - 1
    )
    changed = table.apply_edits(small(), {"added_rows": [{"x": i, "y": -i, "class": "b"} for i in range(9_997)]})
    assert len(changed.y) == MAX_POINTS
    assert changed.X[-1].tolist() == [9_996, -9_996]


@pytest.mark.parametrize(("rows", "kept"), [(table.MAX_WAITING, True), (table.MAX_WAITING + 1, False)])
def test_rows_that_cannot_be_taken_stay_to_be_mended_unless_they_are_very_many(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, rows: int, kept: bool
) -> None:
    """Each that waits costs the page a moment whenever it is drawn."""
    keys: list[str] = []

    def data_editor(_frame: Any, *, key: str, on_change: Any, **_more: Any) -> None:
        keys.append(key)
        if len(keys) == 1:
            st.session_state[key] = {"added_rows": [{"x": 1, "y": 2, "class": "unknown"}] * rows}
            on_change()
            st.rerun()

    at = open_page(PAGE, iterations="20", points_per_class="20")
    monkeypatch.setattr("streamlit.data_editor", data_editor)
    choice(at, "data_part").set_value("table").run()
    assert "is not one of class 0" in at.error[0].value
    assert (keys[0] == keys[1]) == kept


def test_the_picture_does_not_jump_at_a_click() -> None:
    held = Area(-1.0, 3.0, -1.0, 3.0)
    assert figures.plane_of(small(), held) == held
    assert figures.plane_of(drafts.add(small(), 9, 9, 0), held).right > 9


# Facts.


def test_outliers_and_repeats() -> None:
    X = np.array([[0.0, 0.0]] * 20 + [[1.0, 0.0]] * 3 + [[50.0, 0.0]])
    y = np.array([0] * 20 + [1, 1, 1, 1])
    assert facts.outliers(X).tolist() == [23]
    assert facts.repeats(X, y) == (23, 0)
    assert facts.repeats(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0, 1])) == (2, 1)
    said = facts.findings(Draft(X, y, ("a", "b")))
    assert any("always predicting “a” is right for 83%" in sentence for sentence in said)


# The page.


def place(at: AppTest, mode: str, start: tuple[float, float], end: tuple[float, float] | None = None) -> AppTest:
    """A click on the plane, or a drag."""
    choice(at, "data_mode").set_value(mode).run()
    return told(at, "placed", [component.Move(start, end or start)])


def test_clicks_that_come_together_are_steps_of_their_own_and_very_many_one_change(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_page(PAGE, iterations="20", points_per_class="20")
    choice(at, "data_mode").set_value("add").run()
    moves = [component.Move((0.0, 0.0), (0.01 * i, 0.02 * i)) for i in range(5)]
    told(at, "placed", moves)
    assert len(unpack(settings_of(at).data.points).y) == 65
    at.button(key="data_undo").click().run()
    assert unpack(settings_of(at).data.points).X[-1].tolist() == [0.03, 0.06]
    monkeypatch.setattr(plane, "MANY", 5 * 64 - 1)
    told(at, "placed", moves)
    assert len(unpack(settings_of(at).data.points).y) == 69
    at.button(key="data_undo").click().run()
    assert len(unpack(settings_of(at).data.points).y) == 64
    choice(at, "data_mode").set_value("delete").run()
    told(at, "placed", [component.Move((0.25, 50.0), (0.25, 50.0))] * 3)
    assert [toast.value for toast in at.toast] == ["There is no point at that place."]


def test_five_clicks_make_a_data_set_that_all_pages_use(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="50")
    at.button(key="data_clear").click().run()
    assert "The plane is empty." in words(at)
    assert settings_of(at) == START.replace(iterations=50)
    for x, y in ((0.1, 0.2), (0.3, 0.4)):
        place(at, "add", (x, y))
    assert "Not used for training yet: there are no points of B." in said(at)
    at.selectbox(key="data_class").set_value(1).run()
    for x, y in ((-0.1, -0.2), (-0.3, -0.4), (-0.5, -0.6)):
        place(at, "add", (x, y))
    own = unpack(settings_of(at).data.points)
    assert own.X.tolist() == [[0.1, 0.2], [0.3, 0.4], [-0.1, -0.2], [-0.3, -0.4], [-0.5, -0.6]]
    assert own.names == ("A", "B")
    assert query(at)["points"] == pack(own)
    place(at, "move", (-0.5, -0.6), (0.9, -0.9))
    assert unpack(settings_of(at).data.points).X[4].tolist() == [0.9, -0.9]
    place(at, "delete", (0.9, -0.9))
    assert len(unpack(settings_of(at).data.points)) == 4
    at.button(key="data_undo").click().run()
    at.button(key="data_undo").click().run()
    assert unpack(settings_of(at).data.points).X[4].tolist() == [-0.5, -0.6]
    at.switch_page("playground/page.py").run()
    settle(at)
    assert settings_of(at).data.points == pack(own)
    assert charts(at)["training"]["figure"]["data"][0]["name"] == "A"


def test_a_file_is_shown_used_and_survives_a_reload(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="50")
    choice(at, "data_part").set_value("file").run()
    at.file_uploader(key="data_upload").set_value(("animals.csv", ANIMALS.encode("cp949"), "text/csv")).run()
    assert read_as(at) == "Read as: CP949, semicolons, decimal comma, column names in line 1"
    assert "3 points: 고양이: 1, 강아지: 2." in said(at)
    at.button(key="data_use").click().run()
    data = settings_of(at).data
    assert (data.name, data.scale) == ("own", "standardise")  # proposed, because these are no numbers round 0
    assert unpack(data.points).names == ("고양이", "강아지")
    again = open_page(PAGE, **query(at))
    assert settings_of(again) == settings_of(at)
    assert not again.warning


def test_a_bad_file_names_the_line_and_what_can_be_done(open_page: OpenPage) -> None:
    at = open_page(PAGE)
    choice(at, "data_part").set_value("file").run()
    at.file_uploader(key="data_upload").set_value(
        ("bad.csv", b"x,y,class\n1,2,a\n1,2,a\n1,2,a\n1,zwei,b\n3,4,b\n", "text/csv")
    ).run()
    assert "Line 5, column “y”: “zwei” is not a number." in said(at)
    assert not [button for button in at.button if button.key == "data_use"]
    next(box for box in at.checkbox if str(box.key).startswith("data_leave")).check().run()
    at.button(key="data_use").click().run()
    assert len(unpack(settings_of(at).data.points)) == 4


def upload_file(at: AppTest, name: str, content: bytes) -> AppTest:
    choice(at, "data_part").set_value("file").run()
    at.file_uploader(key="data_upload").set_value((name, content, "text/csv")).run()
    assert not at.exception
    return at


def read_as(at: AppTest) -> str:
    """The line that sums the guesses up."""
    return next(box.label for box in at.expander if box.label.startswith(("Read as", "읽은 방식"))).replace("\\", "")


def test_a_file_that_failed_shows_its_guesses_and_is_read_when_one_is_changed(open_page: OpenPage) -> None:
    at = upload_file(open_page(PAGE), "failing.csv", b"Id,b,class\n1,2.5,k\n2,4.5,m\n")
    assert "Two columns with measurements are needed; found: 1." in said(at)
    assert [at.selectbox(key=f"data_column_{kind}").value for kind in ("x", "y", "label")] == [1, None, 2]
    at.selectbox(key="data_column_y").set_value(0).run()
    at.button(key="data_use").click().run()
    assert unpack(settings_of(at).data.points).axes == ("b", "Id")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_guess_can_be_changed(open_page: OpenPage, lang: str) -> None:
    content = "a;b;class\n1,601;2,503;x\n1,936;1,250;y\n".encode("utf-16")
    at = upload_file(open_page(PAGE, lang=lang, test_fraction="0"), "open.csv", content)
    assert len(at.info) == 1  # the decimal sign is asked
    at.selectbox(key="data_guess_decimal").set_value(".").run()
    at.button(key="data_use").click().run()
    assert unpack(settings_of(at).data.points).X.tolist() == [[1601, 2503], [1936, 1250]]
    at.selectbox(key="data_guess_delimiter").set_value("|").run()
    assert len(at.error) == 1
    at.selectbox(key="data_guess_delimiter").set_value(";").run()
    at.selectbox(key="data_guess_header").set_value(0).run()
    assert not at.error
    at.selectbox(key="data_guess_encoding").set_value("cp949").run()
    assert len(at.error) == 1
    at.selectbox(key="data_guess_encoding").set_value("utf-16-le").run()
    assert not at.error


def test_every_reason_has_a_sentence(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each code that the reader raises is in the table of sentences, and its parameters fill it."""
    code = "".join(file.read_text("utf-8") for file in (ROOT / "server" / "tables").glob("*.py"))
    raised = set(re.findall(r'TableError\(\s*"(\w+)"', code)) | {"far", "unit", "unit_alone", "number", "slow"}
    assert raised == set(files.SENTENCES)
    given: dict[str, Any] = {"encoding": "cp949", "megabytes": 5.2, "most": 5, "line": 3, "count": 2, "width": 3}
    given |= {"column": "x", "unit": "cm", "text": "a" * 900}
    for name in raised:
        assert len(files.in_words(TableError(name, **given))) < 200


def test_a_reader_that_fails_costs_one_sentence(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "MAX_WAIT", 0.0)
    monkeypatch.setattr(readers, "_too_much", readers.TooMuch())
    rows = b"1.5,2,a\n3,4,b\n" * 20_000  # more than can be read in no time
    at = upload_file(open_page(PAGE), "points.csv", b"x,y,class\n" + rows)
    assert "Reading the file took too long and was stopped." in said(at)
    assert not at.exception


def test_a_file_that_the_server_no_longer_has_is_asked_for_again(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer files took its place: what was read of it stays in use until another guess needs the file itself."""
    at = upload_file(open_page(PAGE), "animals.csv", ANIMALS.encode())
    held = [upload.Sent(at.session_state["data_reading"].file, None)]
    monkeypatch.setattr(upload, "content_of", lambda: held[0] if not at.session_state["data_upload_number"] else None)
    at.session_state["data_upload_number"] = 0
    at.run()
    assert "Choose the file again." not in said(at)
    at.button(key="data_use").click().run()
    assert settings_of(at).data.name == "own"
    at.selectbox(key="data_guess_decimal").set_value(".").run()
    assert "Choose the file again." in said(at)
    assert not [button for button in at.button if button.key == "data_use"]


def test_axes_that_reach_unlike_far_are_scaled_apart(open_page: OpenPage) -> None:
    at = upload_file(
        open_page(PAGE, iterations="20", hidden="4"), "bmi.csv", (ROOT / "tests" / "inputs" / "20_bmi.csv").read_bytes()
    )
    assert charts(at)["data_plane_chart"]["figure"]["layout"]["yaxis"]["scaleanchor"] == "x"  # the spiral
    at.button(key="data_use").click().run()
    own = unpack(settings_of(at).data.points)
    layout = charts(at)["data_plane_chart"]["figure"]["layout"]
    assert "scaleanchor" not in layout["yaxis"]
    for axis, column in (("xaxis", own.X[:, 0]), ("yaxis", own.X[:, 1])):
        low, high = layout[axis]["range"]
        assert low < column.min() < column.max() < high
        assert (column.max() - column.min()) / (high - low) > 0.8
    assert (layout["xaxis"]["title"]["text"], layout["yaxis"]["title"]["text"]) == ("키(m)", "몸무게(kg)")
    place(at, "add", (1.65412, 60.0412))
    assert unpack(settings_of(at).data.points).X[-1].tolist() == [1.6541, 60.04]  # rounded to what a mouse can tell
    place(at, "delete", (1.655, 60.5))
    assert len(unpack(settings_of(at).data.points)) == 200


def test_points_that_are_too_many_for_the_rest_are_refused_and_stay_at_hand(open_page: OpenPage) -> None:
    at = open_page(PAGE, hidden="1000-1000", iterations="100000", points_per_class="50", test_fraction="0")
    before = settings_of(at)
    choice(at, "data_part").set_value("file").run()
    rows = "".join(f"{i % 17},{i % 13},{'ab'[i % 2]}\n" for i in range(300))
    at.file_uploader(key="data_upload").set_value(("many.csv", ("x,y,class\n" + rows).encode(), "text/csv")).run()
    at.button(key="data_use").click().run()
    assert settings_of(at) == before
    assert any("stay below 20 trillion" in error.value for error in at.error)
    smaller = before.replace(hidden=(5,), iterations=50)
    visit(at).settings = smaller
    at.button(key="data_use").click().run()
    assert settings_of(at).data.point_count == 300
    assert not any("stay below 20 trillion" in error.value for error in at.error)


def test_large_sets_stay_on_the_server_and_the_link_names_them(open_page: OpenPage) -> None:
    rng = np.random.default_rng(0)
    large = Points(rng.normal(size=(2000, 2)), rng.integers(0, 2, 2000), ("a", "b"))
    at = open_page(PAGE, iterations="20", hidden="5")
    with_points = settings_of(at).replace(data=DataSettings(name="own", points=pack(large), test_fraction=0.2))
    visit(at).settings = with_points
    at.run()
    assert "it works only on this server" in words(at)
    assert len(query(at)["points"]) == 33
    again = open_page(**query(at))
    assert settings_of(again) == with_points
    services().store.keep_points(pack(large), "s" * 22)
    elsewhere = open_page(data="own", points="~" + "0" * 32, iterations="20", hidden="5")
    assert "are not on this server" in words(elsewhere)
    assert settings_of(elsewhere) == START.replace(iterations=20, hidden=(5,))


def test_a_generated_set_is_copied_before_it_is_changed(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="50")
    place(at, "add", (0.5, 0.5))
    own = unpack(settings_of(at).data.points)
    assert len(own) == 301
    assert np.array_equal(own.X[:300], make_dataset(START.data).X)
    assert own.names == ("class 0", "class 1", "class 2")
    at.selectbox(key=key(at, "data")).set_value("moons").run()
    assert settings_of(at).data == START.data.replace(name="moons")
    at.selectbox(key=key(at, "data")).set_value("own").run()  # the points are still at hand
    assert unpack(settings_of(at).data.points).X.tolist() == own.X.tolist()


def test_what_standardising_changes_is_shown(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="100", hidden="8")
    choice(at, "data_part").set_value("scale").run()
    for _attempt in range(100):  # two runs, until both are trained
        if not at.get("progress"):
            break
        at.run()
    assert "The article skips this step" in words(at)
    shown = at.dataframe[-1].value
    for row, scale in zip(shown.itertuples(), ("none", "standardise"), strict=True):
        run = train(settings_of(at).replace(data=settings_of(at).data.replace(scale=scale)))
        assert f"{run.history.loss[-1]:.4f}" in row


def test_scaling_is_chosen_and_seen_on_the_plane(open_page: OpenPage) -> None:
    """In the part and in the sidebar the same choice; the plane, the table and the second run follow."""
    at = open_page(PAGE, data="parabola", iterations="60", hidden="6")
    choice(at, "data_part").set_value("scale").run()
    choice(at, "data_scale").set_value("whiten").run()
    settle(at)
    data = settings_of(at).data
    assert data.scale == "whiten"
    assert at.selectbox(key=key(at, "scale")).value == "whiten"
    drawn = charts(at)["data_scaled"]["figure"]
    assert drawn["layout"]["xaxis"]["title"]["text"] == "first principal axis"
    train_part = data_of(data).train
    shown = np.vstack([np.column_stack([numbers(t["x"]), numbers(t["y"])]) for t in drawn["data"][:2]])
    assert shown == pytest.approx(train_part.X, abs=1e-6)
    first, second = (np.ptp([each["x"], each["y"]], axis=1) for each in drawn["data"][-2:])
    assert [*first, *second] == pytest.approx([2, 0, 0, 2], abs=1e-9)  # of a round cloud
    table = at.dataframe[-2].value
    assert table["standard deviation"].tolist()[2:] == pytest.approx([1, 1])
    correlation = np.corrcoef(split_of(data).X.T)[0, 1]
    assert f"Correlation of the coordinates: {correlation:.2f} before, 0.00 after." in words(at)
    assert at.dataframe[-1].value["trained on"].tolist() == ["Unscaled", "Whitened"]
    at.button(key="data_undo").click().run()
    assert settings_of(at).data.scale == "none"
    assert choice(at, key(at, "data_scale")).value == "none"


def test_how_scaled_runs_end_is_said_of_the_runs_themselves(open_page: OpenPage) -> None:
    """The article's points gain much by being standardised: that the runs end alike may not be said before they are known."""
    at = open_page(PAGE, iterations="300")
    choice(at, "data_part").set_value("scale").run()
    settle(at)
    assert "The article skips this step" in words(at)
    short = Settings(iterations=300)
    runs = [train(short.replace(data=short.data.replace(scale=name))) for name in ("none", "standardise")]
    apart = part.outcome(("none", "standardise"), runs)
    assert apart.startswith("The two runs do not end alike: “Standardised” ends at a loss of 0.19")
    assert part.outcome(("none", "none"), [runs[0]] * 2).startswith("The two runs end close to each other")
    lost = train(Settings(hidden=(), learning_rate=30.0, reg=1.0, iterations=200))
    assert part.outcome(("none", "centre"), [runs[0], lost]) == ""
    assert "end close to each other" not in words(at)


def test_what_a_turn_leaves_as_it_is_is_said_of_nets_that_read_x_and_y_alone() -> None:
    assert "centred points" in part.why("pca", ("x", "y"))
    assert "centred points" not in part.why("pca", ("x", "y", "xy"))
    assert "centred points" not in part.why("pca", ("y",))


def split_of(data: DataSettings) -> Any:
    return parted(make_dataset(data), data).train


def test_a_teachers_link_holds_for_the_choice_of_scaling_too(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="20", hidden="4", limit="scale:none~centre")
    choice(at, "data_part").set_value("scale").run()
    assert choice(at, key(at, "data_scale")).options == ["Unscaled", "Centred"]
    hidden = open_page(PAGE, iterations="20", hidden="4", hide="scale")
    choice(hidden, "data_part").set_value("scale").run()
    assert not any(group.key == "data_scale" for group in hidden.get("button_group"))
    assert not hidden.exception


def test_wrong_labels_are_seen_on_the_plane_and_kept_when_a_point_is_changed(open_page: OpenPage) -> None:
    at = open_page(PAGE, data="blobs", label_noise="0.3", test_fraction="0.2", iterations="20", hidden="4")
    data = settings_of(at).data
    drawn = charts(at)["data_plane_chart"]["figure"]["data"]
    told = [len(numbers(trace["x"])) for trace in drawn[:3]]
    assert told == np.bincount(data_of(data).train.y).tolist()
    assert told != [80, 80, 80]
    before = as_labelled(data)
    x, y = (float(v) for v in before.X[0])
    place(at, "delete", (x, y))
    own = unpack(settings_of(at).data.points)
    assert own.y.tolist() == before.y.tolist()[1:]
    assert np.array_equal(data_of(settings_of(at).data.replace(test_fraction=0.0)).train.y, own.y)  # and not replaced once more


def test_measurements_come_standardised_with_their_source_beside_the_numbers(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="20", hidden="4")
    at.selectbox(key="data").set_value("penguins").run()
    assert settings_of(at).data == START.data.replace(name="penguins", scale="standardise")
    assert query(at)["data"] == "penguins"
    assert "points" not in query(at)
    assert "Palmer penguins: 342 points, measured" in words(at)
    assert "Source: K. B. Gorman" in words(at)
    assert "Licence: CC0 1.0." in words(at)
    plane = charts(at)["data_plane_chart"]["figure"]
    assert [plane["layout"][axis]["title"]["text"] for axis in ("xaxis", "yaxis")] == ["bill length (mm)", "flipper length (mm)"]
    assert [trace["name"] for trace in plane["data"][:3]] == ["Adelie", "Chinstrap", "Gentoo"]
    assert {"noise", "points_per_class", "classes"} & {slider.key for slider in at.select_slider} == set()
    assert any(button.label == "Other held-out points" for button in at.button)
    at.selectbox(key=key(at, "data")).set_value("moons").run()
    assert settings_of(at).data == START.data.replace(name="moons")  # unscaled again, and so are the digits
    at.button(key="data_undo").click().run()
    assert settings_of(at).data.name == "penguins"


def test_scaling_that_was_chosen_or_is_locked_stays_with_measurements(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="20", hidden="4", scale="whiten")
    at.selectbox(key="data").set_value("iris").run()
    assert settings_of(at).data.scale == "whiten"
    locked = open_page(PAGE, iterations="20", hidden="4", lock="scale")
    locked.selectbox(key="data").set_value("iris").run()
    assert (settings_of(locked).data.name, settings_of(locked).data.scale) == ("iris", "none")


def test_measurements_speak_korean_and_become_ones_own_when_changed(open_page: OpenPage) -> None:
    at = open_page(PAGE, data="seoul", scale="standardise", lang="ko", iterations="20", hidden="4")
    assert "출처:" in words(at)
    plane = charts(at)["data_plane_chart"]["figure"]
    assert plane["layout"]["xaxis"]["title"]["text"] == "기온(°C)"
    assert [trace["name"] for trace in plane["data"][:4]] == ["봄", "여름", "가을", "겨울"]
    choice(at, "data_part").set_value("fresh").run()
    assert "측정한 점" in at.info[-1].value
    place(at, "delete", (1.7, 23.0))
    own = unpack(settings_of(at).data.points)
    assert (len(own), own.names, own.axes) == (364, ("봄", "여름", "가을", "겨울"), ("기온(°C)", "습도(%)"))
    assert settings_of(at).data.scale == "standardise"
    at.switch_page("playground/page.py").run()
    at.button(key="undo").click().run()
    settle(at)
    assert [trace["name"] for trace in charts(at)["training"]["figure"]["data"] if trace.get("name") == "봄"]


def test_a_users_class_with_one_of_our_names_is_not_translated(open_page: OpenPage) -> None:
    own = pack(Points(np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([0, 1]), ("spring", "x"), ("humidity (%)", "b")))
    at = open_page(PAGE, data="own", points=own, test_fraction="0", lang="ko", iterations="20", hidden="4")
    plane = charts(at)["data_plane_chart"]["figure"]
    assert (plane["data"][0]["name"], plane["layout"]["xaxis"]["title"]["text"]) == ("spring", "humidity (%)")


def test_a_fresh_draw_tests_the_net(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="200", hidden="20")
    choice(at, "data_part").set_value("fresh").run()
    settle(at)
    network, drawn = train(settings_of(at)).network_at(), fresh(settings_of(at).data, 1)
    assert at.metric[2].value == f"{(network.predict(drawn.X) == drawn.y).mean():.1%}"
    assert f"their mean loss is {network.loss(drawn.X, drawn.y):.4f}" in words(at)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("part", ["overview", "table", "file", "scale", "fresh"])
def test_every_part_stands_with_own_data_and_without(open_page: OpenPage, part: str, language: str) -> None:
    own = pack(
        Points(np.array([[150.0, 60.0], [1e6, -2.0], [3.0, 4.0], [3.0, 4.0]]), np.array([0, 1, 0, 1]), ("<b>x</b>", "[y](z)"))
    )
    for changes in ({}, {"data": "own", "points": own, "test_fraction": "0"}):
        at = open_page(PAGE, lang=language, iterations="20", hidden="4", **changes)
        choice(at, "data_part").set_value(part).run()
        assert not at.exception
        settle(at)


def test_a_users_text_is_no_markup(open_page: OpenPage) -> None:
    own = Points(np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([0, 1]), ("<img src=x onerror=alert(1)>", "%{x}"), ("<b>", "y"))
    at = open_page(PAGE, data="own", points=pack(own), test_fraction="0", iterations="20", hidden="4")
    figure = charts(at)["data_plane_chart"]["figure"]
    assert figure["data"][0]["name"] == "&lt;img src=x onerror=alert(1)&gt;"
    assert figure["layout"]["xaxis"]["title"]["text"] == "&lt;b&gt;"
    assert "%{x}" not in figure["data"][1]["hovertemplate"].split("<br>")[0]


def test_undo_is_bounded_by_what_it_holds(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="20", hidden="4")
    rng = np.random.default_rng(0)
    sets = [pack(Points(rng.normal(size=(8000, 2)), rng.integers(0, 2, 8000), ("a", "b"))) for _ in range(2)]
    visit(at).before = [START.replace(data=DataSettings(name="own", points=sets[i % 2])) for i in range(40)]
    at.run()
    at.select_slider(key="learning_rate").set_value(0.3).run()
    before = visit(at).before
    assert sum(len(settings.data.points) for settings in before) <= experiment.UNDO_CHARACTERS
    assert len(before) > 5


def test_training_on_named_classes_is_the_same_as_on_numbers() -> None:
    X, y = make_dataset(DataSettings()).X, make_dataset(DataSettings()).y
    own = DataSettings(name="own", points=pack(Points(X, y, ("x", "y", "z"))), test_fraction=0.2)
    named, plain = train(START.replace(data=own, iterations=50)), train(START.replace(iterations=50))
    assert named.history.loss.tolist() == plain.history.loss.tolist()
    assert data_of(own).train.names == ("x", "y", "z")


def test_wrong_labels_are_counted_and_ringed(open_page: OpenPage) -> None:
    at = open_page("data/page.py", label_noise="0.3", iterations="20", hidden="4")
    assert "ringed on the plane\\: 72 of 240 training points." in words(at)
    traces = charts(at)["data_plane_chart"]["figure"]["data"]
    rings = next(trace for trace in traces if trace.get("name") == "wrong label")
    assert len(numbers(rings["x"])) == 72
    plain = open_page("data/page.py", iterations="20", hidden="4")
    assert "ringed on the plane" not in words(plain)


@pytest.mark.parametrize("scale", SCALES)
def test_principal_axes_are_those_of_the_points_on_show(scale: str) -> None:
    parts = parted(make_dataset(DataSettings("penguins", test_fraction=0.2)), DataSettings("penguins", test_fraction=0.2))
    figure = figures.scaled_chart(parts, scale, ("a", "b"), LIGHT)
    lines = [np.array([trace["x"], trace["y"]]).T for trace in figure["data"] if trace.get("legendgroup") == "axes"]
    ways = [line[1] - line[0] for line in lines]
    shown = scaling(parts.train.X, scale).of(parts.train.X)
    assert ways[0] @ ways[1] == pytest.approx(0, abs=1e-9 * float(np.abs(ways).max()) ** 2)
    spread = np.linalg.eigvalsh(np.cov(shown.T, bias=True))[::-1]
    assert [float(np.hypot(*way)) / 2 for way in ways] == pytest.approx(np.sqrt(spread).tolist())
