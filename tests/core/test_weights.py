"""Files of weights: they come back exactly; anything else is refused in a sentence, and nothing in it is ever run."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import warnings
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from spiral_core import Network
from spiral_core.export import weight_parts
from spiral_core.export.weight_parts import MAX_HEADER, MAX_LISTS, MAX_MEMBERS, MAX_UNPACKED_BYTES
from spiral_core.export.weights import WeightsError, read, to_json, to_npz
from spiral_core.settings import FIELDS, MAX_WEIGHTS
from tests.support.fuzz import CASES

NET = Network((2, 5, 3), "tanh").initialise("he", np.random.RandomState(1))
GOOD: dict[str, Any] = json.loads(to_json(NET))


@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=6).map(tuple),
    st.sampled_from(FIELDS["activation"].choices),
    st.integers(0, 100),
)
def test_weights_come_back_exactly(sizes: tuple[int, ...], activation: str, seed: int) -> None:
    network = Network(sizes, activation).initialise("he", np.random.RandomState(seed))
    for content in (to_npz(network), to_json(network).encode()):
        back = read(content, "relu")
        assert back.named
        assert (back.network.sizes, back.network.activation) == (sizes, activation)
        assert np.array_equal(back.network.parameters, network.parameters)


def test_no_call_writes_more_than_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a net of a million weights one call would keep all other threads waiting for half a second."""
    network = Network((2, 40, 30, 3), features=("x", "sinx"), loss="hinge").initialise("he", np.random.RandomState(1))
    plain: dict[str, Any] = {"sizes": [2, 40, 30, 3], "activation": "relu", "features": "x-sinx", "loss": "hinge"}
    for number, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), 1):
        plain |= {f"W{number}": W.tolist(), f"b{number}": b.tolist()}
    whole, longest, dumps = json.dumps(plain) + "\n", 0, json.dumps

    def counted(value: Any) -> str:
        nonlocal longest
        text = dumps(value)
        longest = max(longest, text.count(","))
        return text

    monkeypatch.setattr(json, "dumps", counted)
    assert to_json(network) == whole
    assert longest < 40


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_arrays_of_a_program_of_ones_own_take_the_given_activation() -> None:
    W2 = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    found = read(npz(W1=np.ones((2, 4), dtype=np.float32), b1=np.zeros(4), W2=W2, b2=np.zeros(3)), "sigmoid")
    assert np.array_equal(found.network.weights[1], W2)
    assert not found.named
    assert found.network.activation == "sigmoid"
    assert found.network.sizes == (2, 4, 3)


def test_whole_numbers_are_numbers() -> None:
    W1, W2 = np.arange(6).reshape(2, 3), np.ones((3, 2), dtype=np.uint8)
    found = read(npz(W1=W1, b1=np.zeros(3), W2=W2, b2=np.array([-1, 2], dtype=np.int16)), "relu").network
    assert np.array_equal(found.weights[0], W1)
    assert found.biases[1].tolist() == [-1.0, 2.0]


@pytest.mark.parametrize("names", ["y-x", "r-y-x2"])
def test_inputs_in_any_order_keep_their_weights(names: str) -> None:
    """A net has its inputs in one order here; the rows of W1 follow the file's."""
    rows = {name: [10.0 * number + unit for unit in range(3)] for number, name in enumerate(names.split("-"), 1)}
    arrays = {"W1": np.array([*rows.values()]), "b1": np.zeros(3)}
    plain = json.dumps({name: array.tolist() for name, array in arrays.items()} | {"features": names}).encode()
    for content in (npz(**arrays, features=np.array(names)), plain):
        network = read(content, "relu").network
        assert {*network.features} == {*rows}
        assert {name: row.tolist() for name, row in zip(network.features, network.weights[0], strict=True)} == rows


class Boom:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle was opened",))


def shape_of_truths() -> bytes:
    """An array whose shape is (True, True): to Python numbers, to NumPy none."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (True, True), }\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("W1.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(8))
    return file.getvalue()


def lost_directory() -> bytes:
    """A zip file that says that its directory lies before its beginning."""
    content = bytearray(npz(W1=np.ones((2, 3)), b1=np.zeros(3)))
    content[-4] = 1  # of the four bytes of the place where the directory begins
    return bytes(content)


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("W1.npy", b"\0" * (MAX_UNPACKED_BYTES + 1))
    return file.getvalue()


def lying_header() -> bytes:
    """An array that says it has a billion entries, in a file of a few bytes."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 2)})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("W1.npy", file.getvalue() + b"\0" * 16)
    return packed.getvalue()


def members(count: int, header: bytes | None = None) -> bytes:
    """A zip file with W1 again and again, under a header of an array of no numbers."""
    header = header or b"{'descr': '<f8', 'fortran_order': False, 'shape': (0,)}"
    packed = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(packed, "w") as archive:
        for _member in range(count):
            archive.writestr("W1.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    return packed.getvalue()


LONG_HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (0,)" + b" " * MAX_HEADER + b"}"


def plain(**changes: Any) -> bytes:
    return json.dumps({name: value for name, value in (GOOD | changes).items() if value is not ...}).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[" * MAX_LISTS, "not valid JSON"),
        (b"[1, 2]", "not weights that were saved here"),
        (b"PK\x03\x04nonsense", "not an .npz file"),
        (b"x" * 10_000_001, "larger than 10 MB"),
        (npz(W1=np.array([Boom()], dtype=object)), "W1 must contain numbers"),
        (npz(W1=np.ones((2, 3), dtype=complex), b1=np.zeros(3)), "W1 must contain numbers"),
        (npz(W1=np.ones((2, 3)), b1=np.zeros(3), evil=np.ones(2)), "“evil” is not known"),
        (npz(W1=np.ones((2, 3)), b1=np.zeros(3), W3=np.ones((3, 3)), b3=np.zeros(3)), "no W2"),
        (npz(W1=np.ones((2, 3)), b1=np.array([0, np.nan, 0])), "b1 must contain finite numbers"),
        (npz(W1=np.ones((2, 3)), b1=np.zeros(4)), "b1 must have the shape 3, but has 4"),
        (npz(W1=np.ones((2, 3)), b1=np.zeros(3), activation=np.array("cube")), "activation must be one of"),
        (npz(W1=np.ones((2, 1001)), b1=np.zeros(1001)), "1001 units; at most 1000"),
        (npz(**{f"{k}{i}": np.ones((2, 2) if k == "W" else 2) for i in range(1, 10) for k in "Wb"}), "8 hidden layers; at most 6"),
        (npz(), "no W1"),
        (npz(W1=np.ones((2, 3), dtype=bool)), "W1 must contain numbers"),
        (npz(activation=np.array(b"tanh")), "activation must be text"),
        (npz(activation=np.array(["tanh", "relu"])), "activation must be text"),
        (npz(W1=np.array(1.0), features=np.array("y-x")), "no b1"),
        (bomb(), "unpacks to more than"),
        (lying_header(), "not an .npz file"),
        (lost_directory(), "not an .npz file"),
        (members(2), "contains W1 twice"),
        (members(1, LONG_HEADER), "not an .npz file"),
        (shape_of_truths(), "not an .npz file"),
        (rb'{"W1": [[1]], "activation": "\ud800"}', "not valid JSON"),  # half a character
        (rb'{"\udfff": 1}', "not valid JSON"),
        (b'{"W1": ' + b"[" * 400 + b"]" * 400 + b"}", "W1 must contain numbers"),
        (plain(colour="red"), "“colour” is not known"),
        (plain(b1=...), "no b1"),
        (plain(W1=[[1, 2], [3]]), "different lengths"),
        (plain(W1=[[1, "2"]]), "W1 must contain numbers"),
        (plain(W1=[[True, False]]), "W1 must contain numbers"),
        (plain(W1="text"), "W1 must contain numbers"),
        (plain(b2=[1e400, 0, 0]), "b2 must contain finite numbers"),
        (plain(b2=[10**400, 0, 0]), "b2 must contain finite numbers"),
        (plain(sizes=[2, 9, 3]), "sizes must have the shape"),
        (plain(activation="cube"), "activation must be one of"),
        (plain(activation=["relu"]), "activation must be one of"),
        (plain(W2=[]), "W2 must have the shape"),
        (plain(b2=[]), "b2 must have the shape m, but has 0"),
        (plain(features="x-x"), "features must be one or more of"),
        (plain(features="y-x-r"), "W1 must have the shape 3 × 5, but has 2 × 5"),
        (plain().replace(b'"b2"', b'"W1": [[1]], "b2"'), "contains W1 twice"),
        (rb'{"\ud800": 1, "\ud800": 2}', "not valid JSON"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(WeightsError, match=said.replace(".", r"\.")) as caught:
        read(content, "relu")
    assert len(str(caught.value)) < 200
    assert str(caught.value).endswith((".", "…"))


@pytest.mark.parametrize(
    "content",
    [
        members(MAX_MEMBERS + 1),
        b'{"W1": [' + b"[]," * MAX_LISTS + b"[]]}",
        b'{"W1": [' + b"{}," * MAX_LISTS + b"{}]}",
        b'{"W1": [' + b"1," * (MAX_WEIGHTS + 1000) + b"1]}",
        b"{" + b",".join(b'"%d": 1' % number for number in range(1000)) + b"}",
    ],
    ids=["members", "lists", "objects", "numbers", "names"],
)
def test_what_has_more_parts_than_a_net_is_refused_before_it_is_parsed(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((zipfile, "ZipFile"), (weight_parts, "read_json")):
        monkeypatch.setattr(module, name, lambda *_given: pytest.fail("it was parsed"))
    with pytest.raises(WeightsError, match="more parts than a net can have"):
        read(content, "relu")


def test_the_largest_net_has_few_enough_parts() -> None:
    network = Network((2, 1000, 1000, 3))
    for content in (to_npz(network), to_json(network).replace(".0", "").encode()):
        assert read(content, "relu").network.sizes == network.sizes


def test_a_refusal_can_be_sent_from_one_process_to_another() -> None:
    back = pickle.loads(pickle.dumps(WeightsError("missing", name="b1")))
    assert (back.code, back.values, str(back)) == ("missing", {"name": "b1"}, "The file contains no b1.")


def test_a_pickle_is_not_opened() -> None:
    with pytest.raises(WeightsError):
        read(pickle.dumps(Boom()), "relu")


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda each: st.lists(each, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["W1", "b1", "W2", "b2", "sizes", "activation", "x"])


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A good file with some bytes overwritten."""
    content = draw(st.sampled_from([to_npz(NET), to_json(NET).encode()]))
    at, what = draw(st.integers(0, len(content) - 1)), draw(st.binary(min_size=1, max_size=4))
    return content[:at] + what + content[at + len(what) :]


@hypothesis_settings(max_examples=CASES)
@given(st.binary(max_size=300) | spoilt() | st.dictionaries(NAMES, VALUES).map(lambda found: json.dumps(found).encode()))
def test_fuzz_any_file_is_a_net_or_refused(content: bytes) -> None:
    with contextlib.suppress(WeightsError):
        assert np.isfinite(read(content, "relu").network.parameters).all()
