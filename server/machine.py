"""What the server needs to know of its machine: its address in the network, and how many workers it may have."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys

WORKERS = "SPIRAL_LAB_WORKERS"
MAX_WORKERS = 61 if sys.platform == "win32" else 64  # Windows waits for at most 63 things at once, two of which are its own


def worker_count() -> int:
    """One worker a core, up to 8; SPIRAL_LAB_WORKERS sets another number. Raises SystemExit for one that is not allowed."""
    text = os.environ.get(WORKERS, "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MAX_WORKERS):
        raise SystemExit(f"{WORKERS} must be a whole number in 1..{MAX_WORKERS}, got {text!r}")
    return int(text) if text else min(os.cpu_count() or 1, 8)


def address() -> str:
    """The number of this machine in its network, empty where it has none. Nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
            found = str(probe.getsockname()[0])
        except OSError:
            return ""
    return "" if ipaddress.ip_address(found).is_loopback else found
