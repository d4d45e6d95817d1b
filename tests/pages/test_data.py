"""The Data page: files are read or refused with line and column, tables and clicks change the points, and nothing is lost."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pages.data.reading import Columns
from streamlit.testing.v1 import AppTest

from pages.data import draft as drafts
from pages.data import facts, figures, reading, table
from pages.data.draft import Draft
from pages.ui.charts import component
from pages.ui.text.files import FileError
from pages.ui.visit import experiment
from pages.ui.visit.presets import START
from server.services import services
from server.tables.writing import guarded, unguarded
from spiral_core import DataSettings, Settings
from spiral_core.boundary import Area
from spiral_core.datasets import data_of, fresh, make_dataset
from spiral_core.points import Points, pack, unpack
from spiral_core.training import train
from tests.core.strategies import own_points
from tests.pages.conftest import OpenPage, charts, choice, query, settle, words
from tests.support.fuzz import CASES

PAGE = "data/page.py"

ANIMALS = "이름;키 (cm);무게;종류\n나비;20,5;4;고양이\n=초코;40;10,25;강아지\n보리;38;9;강아지\n".replace("\n", "\r\n")


def settings_of(at: AppTest) -> Settings:
    shown: Settings = at.session_state["experiment"]
    return shown


def said(at: AppTest) -> str:
    """All text on the page, without the strokes that make a user's text harmless in Markdown."""
    return words(at).replace("\\", "")


# Files.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949"])
def test_a_file_is_guessed_whatever_its_encoding(encoding: str) -> None:
    sheet = reading.read(ANIMALS.encode(encoding))
    assert (sheet.delimiter, sheet.header, sheet.lines) == (";", True, (2, 3, 4))
    assert sheet.columns == ("이름", "키 (cm)", "무게", "종류")
    columns = reading.guess(sheet)
    assert columns == Columns("키 (cm)", "무게", "종류")
    points = reading.points(sheet, columns)
    assert points.X.tolist() == [[20.5, 4], [40, 10.25], [38, 9]]
    assert [points.names[k] for k in points.y] == ["고양이", "강아지", "강아지"]
    assert points.axes == ("키 (cm)", "무게")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_any_delimiter_and_no_header(delimiter: str) -> None:
    sheet = reading.read(
        "\n".join(delimiter.join(row) for row in (("1.5", "-2", "10"), ("0", "1e-3", "9"), ("3", "4", "9"))).encode()
    )
    assert (sheet.delimiter, sheet.header, sheet.columns) == (delimiter, False, ("column 1", "column 2", "column 3"))
    points = reading.points(sheet, reading.guess(sheet))
    assert points.names == ("9", "10")  # numbers by size
    assert points.X.tolist() == [[1.5, -2], [0, 1e-3], [3, 4]]
    assert points.y.tolist() == [1, 0, 0]


def test_a_label_column_of_numbers_is_found_behind_the_two_numbers() -> None:
    sheet = reading.read(b"label,x,y\n" + b"\n".join(b"%d,%d.5,%d" % (i % 2, i, i * i) for i in range(20)))
    assert reading.guess(sheet).label == "label"


ROWS = "x,y,class\n" + "1,2,a\n" * 3


def taken(content: bytes) -> Points:
    sheet = reading.read(content)
    return reading.points(sheet, reading.guess(sheet))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"\n\n  \n", "The file is empty."),
        (b"PK\x03\x04\x00\x00", "not text in UTF-8"),
        (b"\xff\xff\xff\xff", "not text in UTF-8"),
        (b"x" * 5_000_001, "5.0 MB; at most 5 MB"),
        (b"x,y\n1,2\n", "2 columns; needed are two with numbers and one with the class"),
        (",".join("abc" * 50).encode() + b"\n", "150 columns; at most 100"),
        (b"x,y,class\n", "holds no rows of points"),
        (ROWS.encode() + b"1,2\n", "Line 5 has 2 cells; the first line has 3."),
        (ROWS.encode() + b"1,zwei,a\n", "Line 5, column “y”: “zwei” is not a number."),
        (ROWS.encode() + b"1,,a\n", "Line 5, column “y”: the cell is empty; a number is needed."),
        (ROWS.encode() + b"nan,1,a\n", "Line 5, column “x”: “nan” is not a number."),
        (ROWS.encode() + b"1e10,1,a\n", "Line 5, column “x”: “1e10” is too far from 0"),
        (ROWS.encode() + b"1,2,\n", "Line 5, column “class”: the cell is empty; a class is needed."),
        (ROWS.encode() + b"1,2," + b"a" * 41 + b"\n", "Line 5, column “class”: the class name is longer than 40 characters."),
        (ROWS.encode(), "Column “class” names fewer than two classes."),
        (("x,y,class\n" + "".join(f"{i},1,c{i}\n" for i in range(9))).encode(), "9 different classes; at most 8 are allowed"),
        ((ROWS + "1,2,b\n" * 10_000).encode(), "more than 10\u202f000 rows of points"),
        (b'x,y,class\n"1,2,a\n' + b"a" * 800_000, "not valid CSV"),
    ],
)
def test_a_file_is_refused_in_one_sentence_with_line_and_column(content: bytes, said: str) -> None:
    with pytest.raises(FileError) as caught:
        taken(content)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


def test_rows_that_cannot_be_used_are_left_out_if_asked_for() -> None:
    sheet = reading.read((ROWS + "?,1,a\n4,5,b\n").encode())
    columns = reading.guess(sheet)
    assert reading.unusable(sheet, columns) == [3]
    assert reading.points(sheet, columns, leave_out=True).X.tolist() == [[1, 2]] * 3 + [[4, 5]]


@given(own_points())
def test_a_downloaded_file_is_read_back_exactly(points: Points) -> None:
    sheet = reading.read(reading.write(points), ",", True)
    back = reading.points(sheet, Columns(*sheet.columns))
    assert np.array_equal(back.X, points.X)
    assert [back.names[k] for k in back.y] == [points.names[k] for k in points.y]
    assert back.axes == points.axes


def test_a_class_that_a_spreadsheet_would_run_is_guarded() -> None:
    points = Points(np.array([[-1.0, 2.0], [0.0, 1.0]]), np.array([0, 1]), ("=1+1", "-1"))
    text = reading.write(points).decode("utf-8-sig")
    assert text.splitlines()[1:] == ["-1.0,2.0,'=1+1", "0.0,1.0,-1"]
    assert unguarded(guarded("@SUM(A1)")) == "@SUM(A1)"


CELLS = st.text(max_size=6) | st.sampled_from(["1", "2.5", "-3", "a", "b", '"', "'", "=x", "1e999", "\0", "한글", "1,5"])


@hypothesis_settings(max_examples=CASES)
@given(
    st.binary(max_size=300)
    | st.builds(
        lambda rows, delimiter, end, encoding: end.join(delimiter.join(row) for row in rows).encode(encoding, "replace"),
        st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8),
        st.sampled_from([",", ";", "\t", "|", " "]),
        st.sampled_from(["\n", "\r\n", "\r"]),
        st.sampled_from(["utf-8", "utf-16", "cp949", "utf-16-be"]),
    )
)
def test_fuzz_any_csv_is_points_or_refused(content: bytes) -> None:
    with contextlib.suppress(FileError):
        sheet = reading.read(content)
        points = reading.points(sheet, reading.guess(sheet))
        assert len(points) == len(sheet.rows)  # nothing was left out in silence


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
    assert drafts.nearest(draft, 1.1, 0.5, 0.2) == 1
    assert drafts.nearest(draft, 1.5, 0.5, 0.2) is None


def test_an_unfinished_set_says_what_is_missing() -> None:
    assert "A, B" in drafts.missing(drafts.empty())
    lonely = drafts.add(drafts.empty(), 0, 0, 1)
    assert "A" in drafts.missing(lonely)
    assert drafts.missing(drafts.add(lonely, 1, 1, 0)) == ""
    assert drafts.drop_empty_classes(drafts.add_class(small())).names == ("a", "b")
    assert drafts.missing(drafts.drop_empty_classes(lonely)) == "Not trained on yet: two classes are needed."


def test_classes_have_one_name_each() -> None:
    assert drafts.rename(small(), 0, " 고양이 ").names == ("고양이", "b")
    for bad in ("", "b", "x" * 41, "a\tb"):
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
        ({"edited_rows": {"0": {"class": "cat"}}}, "one of a, b is needed; “cat” is not"),
    ],
)
def test_a_bad_cell_is_refused(edits: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        table.apply_edits(small(), edits)


def test_the_picture_does_not_jump_at_a_click() -> None:
    held = Area(-1.0, 3.0, -1.0, 3.0)
    assert figures.plane_of(small(), held) == held
    assert figures.plane_of(drafts.add(small(), 9, 9, 0), held).right > 9


# Facts.


def test_outliers_and_repeats() -> None:
    X = np.array([[0.0, 0.0]] * 20 + [[1.0, 0.0]] * 3 + [[50.0, 0.0]])
    y = np.array([0] * 20 + [1, 1, 1, 1])
    assert facts.outliers(X).tolist() == [23]
    assert facts.repeats(X, y) == (21, 0)
    assert facts.repeats(np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0, 1])) == (1, 1)
    said = facts.findings(Draft(X, y, ("a", "b")))
    assert any("always saying “a” is right for 83%" in sentence for sentence in said)


# The page.


def place(at: AppTest, mode: str, start: tuple[float, float], end: tuple[float, float] | None = None) -> AppTest:
    """A click on the plane, or a drag: what `chart.placed` would return once."""
    choice(at, "data_mode").set_value(mode).run()
    with pytest.MonkeyPatch.context() as patch:
        shown = component.placed
        pending = [{"from": list(start), "to": list(end or start)}]

        def placed(*args: Any, **named: Any) -> Any:
            shown(*args, **named)
            return pending.pop() if pending else None

        patch.setattr(component, "placed", placed)
        at.run()
    assert not at.exception
    return at


def test_five_clicks_make_a_data_set_that_all_pages_use(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="50")
    at.button(key="data_clear").click().run()
    assert "The plane is empty." in words(at)
    assert settings_of(at) == START.replace(iterations=50)
    for x, y in ((0.1, 0.2), (0.3, 0.4)):
        place(at, "add", (x, y))
    assert "Not trained on yet: there is no point of B." in said(at)
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
    assert "Understood as CP949, 3 rows, 4 columns." in words(at)
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
    at.file_uploader(key="data_upload").set_value(("bad.csv", (ROWS + "1,zwei,b\n3,4,b\n").encode(), "text/csv")).run()
    assert "Line 5, column “y”: “zwei” is not a number." in said(at)
    assert not [button for button in at.button if button.key == "data_use"]
    next(box for box in at.checkbox if str(box.key).startswith("data_leave")).check().run()
    at.button(key="data_use").click().run()
    assert len(unpack(settings_of(at).data.points)) == 4


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
    at.session_state["experiment"] = smaller
    at.button(key="data_use").click().run()
    assert settings_of(at).data.point_count == 300
    assert not any("stay below 20 trillion" in error.value for error in at.error)


def test_large_sets_stay_on_the_server_and_the_link_names_them(open_page: OpenPage) -> None:
    rng = np.random.default_rng(0)
    large = Points(rng.normal(size=(2000, 2)), rng.integers(0, 2, 2000), ("a", "b"))
    at = open_page(PAGE, iterations="20", hidden="5")
    with_points = settings_of(at).replace(data=DataSettings(name="own", points=pack(large), test_fraction=0.2))
    at.session_state["experiment"] = with_points
    at.run()
    assert "it works on this server alone" in words(at)
    assert len(query(at)["points"]) == 33
    again = open_page(**query(at))
    assert settings_of(again) == with_points
    services().store.keep_points(pack(large))
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
    at.selectbox(key="data").set_value("moons").run()
    assert settings_of(at).data == START.data.replace(name="moons")
    at.selectbox(key="data").set_value("own").run()  # the points are still at hand
    assert unpack(settings_of(at).data.points).X.tolist() == own.X.tolist()


def test_what_standardising_changes_is_shown(open_page: OpenPage) -> None:
    at = open_page(PAGE, iterations="100", hidden="8")
    choice(at, "data_part").set_value("scale").run()
    settle(at)
    assert "The article skips this step" in words(at)
    shown = at.dataframe[-1].value
    for row, scale in zip(shown.itertuples(), ("none", "standardise"), strict=True):
        run = train(settings_of(at).replace(data=settings_of(at).data.replace(scale=scale)))
        assert f"{run.history.loss[-1]:.4f}" in row


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
    at.session_state["experiments_before"] = [START.replace(data=DataSettings(name="own", points=sets[i % 2])) for i in range(40)]
    at.run()
    at.select_slider(key="learning_rate").set_value(0.3).run()
    before = at.session_state["experiments_before"]
    assert sum(len(settings.data.points) for settings in before) <= experiment.UNDO_CHARACTERS
    assert len(before) > 5


def test_training_on_named_classes_is_the_same_as_on_numbers() -> None:
    X, y = make_dataset(DataSettings()).X, make_dataset(DataSettings()).y
    own = DataSettings(name="own", points=pack(Points(X, y, ("x", "y", "z"))), test_fraction=0.2)
    named, plain = train(START.replace(data=own, iterations=50)), train(START.replace(iterations=50))
    assert named.history.loss.tolist() == plain.history.loss.tolist()
    assert data_of(own).train.names == ("x", "y", "z")
