"""A part of a page that runs twice before the browser has heard of it leaves nothing behind whose place is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from server.http import messages

PART = "a part"


@pytest.fixture(autouse=True)
def mended() -> Iterator[None]:
    before = ForwardMsgQueue.clear
    messages.leave_no_orphans()
    yield
    ForwardMsgQueue.clear = before  # type: ignore[method-assign]


def block(*path: int, part: str = PART) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend(path)
    message.delta.fragment_id = part
    message.delta.add_block.SetInParent()
    return message


def text(*path: int, part: str = PART) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend(path)
    message.delta.fragment_id = part
    message.delta.new_element.markdown.body = "words"
    return message


def reference(*path: int) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend(path)
    message.ref_hash = "a chart that the browser has"
    return message


def paths_after(queue: ForwardMsgQueue) -> list[list[int]]:
    return [list(message.metadata.delta_path) for message in queue.flush()]


def queue_of(*waiting: ForwardMsg) -> ForwardMsgQueue:
    queue = ForwardMsgQueue()
    for message in waiting:
        queue.enqueue(message)
    return queue


def test_what_is_referred_to_goes_with_the_block_around_it() -> None:
    queue = queue_of(text(0, 0, part=""), block(0, 3), block(0, 3, 2), reference(0, 3, 2, 0), text(0, 3, 3), reference(0, 3, 1))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[PART])
    assert paths_after(queue) == [[0, 0]]


def test_a_part_inside_a_part_goes_with_it() -> None:
    """Else its words would come before the block around them does."""
    inner = (block(0, 3, 1, part="inside"), text(0, 3, 1, 0, part="inside"), reference(0, 3, 1, 1))
    queue = queue_of(text(0, 0, part=""), block(0, 3), *inner, text(0, 3, 2))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[PART])
    assert paths_after(queue) == [[0, 0]]
    queue = queue_of(block(0, 3), *inner)  # the one inside runs again by itself
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["inside"])
    assert paths_after(queue) == [[0, 3]]


def test_what_others_have_to_say_stays() -> None:
    others = (block(0, 1, part=""), reference(0, 1, 0), block(0, 4, part="another"), reference(0, 4, 0), reference(0, 2))
    queue = queue_of(*others, block(0, 3), reference(0, 3, 0))
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[PART])
    assert paths_after(queue) == [[0, 1], [0, 1, 0], [0, 4], [0, 4, 0], [0, 2]]


def test_a_whole_page_that_runs_again_drops_everything_as_before() -> None:
    queue = queue_of(block(0, 1, part=""), reference(0, 1, 0))
    queue.clear(retain_lifecycle_msgs=True)
    assert paths_after(queue) == []
    queue = queue_of(block(0, 1, part=""), reference(0, 1, 0))
    assert paths_after(queue) == [[0, 1], [0, 1, 0]]
