"""Messages that wait for a browser: none is left of which the place on the page was dropped.

When a part of a page runs again before its last run was sent, Streamlit drops what that run had to say, but keeps what the browser
has already and is only referred to (a chart that did not change), and what parts inside that part had to say. Such a message names
a place inside a block that never came; the front end gives up, and the page may be white. What is inside runs again too.
"""

from __future__ import annotations

from collections.abc import Callable

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from server.over import over

Path = tuple[int, ...]


def leave_no_orphans() -> None:
    """Drop what lies inside blocks together with them; once for the process."""

    @over(ForwardMsgQueue, "clear")
    def clear_wholly(
        clear: Callable[..., None],
        queue: ForwardMsgQueue,
        retain_lifecycle_msgs: bool = False,
        fragment_ids_this_run: list[str] | None = None,
    ) -> None:
        blocks = _blocks(queue._queue) if fragment_ids_this_run else set()
        clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
        dropped = blocks - _blocks(queue._queue)
        if dropped:
            queue._queue = [message for message in queue._queue if not _is_orphan(message, dropped)]


def _blocks(messages: list[ForwardMsg]) -> set[Path]:
    return {
        tuple(message.metadata.delta_path)
        for message in messages
        if message.HasField("delta") and message.delta.WhichOneof("type") == "add_block"
    }


def _is_orphan(message: ForwardMsg, dropped: set[Path]) -> bool:
    path = tuple(message.metadata.delta_path)
    placed = message.HasField("ref_hash") or message.HasField("delta")
    return placed and any(path[:length] in dropped for length in range(1, len(path)))
