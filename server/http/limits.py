"""What the server's doors let through, as environment variables; each has a default that suits a class."""

from __future__ import annotations

import ipaddress
import os
import socket
from functools import lru_cache
from urllib.parse import urlsplit

HOSTS = "SPIRAL_LAB_HOSTS"
FRAMES = "SPIRAL_LAB_FRAMES"
PAGES, PAGES_PER_ADDRESS = "SPIRAL_LAB_PAGES", "SPIRAL_LAB_PAGES_PER_ADDRESS"
SEARCHES = "SPIRAL_LAB_SEARCHES"
STORE, SAVED_PER_ADDRESS = "SPIRAL_LAB_STORE_MB", "SPIRAL_LAB_SAVED_MB_PER_ADDRESS"
MEGABYTE = 1_000_000


def number(variable: str, default: int, low: int, high: int) -> int:
    """A whole number from the environment. Raises SystemExit for one that is not allowed."""
    text = os.environ.get(variable, "").strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10 and low <= int(text) <= high):
        raise SystemExit(f"{variable} must be a whole number in {low}..{high}, got {text!r}")
    return int(text) if text else default


@lru_cache(maxsize=1)
def max_pages() -> int:
    """How many pages may be open at once, over all browsers."""
    return number(PAGES, 1000, 1, 100_000)


@lru_cache(maxsize=1)
def max_pages_per_address() -> int:
    """How many of them from one address: a school may stand behind a single one."""
    return number(PAGES_PER_ADDRESS, 500, 1, 100_000)


@lru_cache(maxsize=1)
def max_searches() -> int:
    """How many searches may run at once; they take turns, but each holds its trials in memory."""
    return number(SEARCHES, 200, 1, 10_000)


@lru_cache(maxsize=1)
def max_store() -> int:
    """Bytes that the store may take on the disk."""
    return number(STORE, 4000, 50, 1_000_000) * MEGABYTE


@lru_cache(maxsize=1)
def max_saved_per_address() -> int:
    """Bytes that browsers behind one address may have kept within an hour: a school of 500 that each saved one thing, or a class
    of 40 that each filled a shelf several times."""
    return number(SAVED_PER_ADDRESS, 500, 0, 1_000_000) * MEGABYTE


@lru_cache(maxsize=1)
def framing_sites() -> tuple[str, ...]:
    """Other sites that may show the app in a frame, such as a learning platform; "*" is all. Raises SystemExit for a bad one."""
    sites = tuple(os.environ.get(FRAMES, "").split())
    for site in sites:
        parts = urlsplit(site)
        whole = parts.scheme in ("http", "https") and parts.netloc and site == f"{parts.scheme}://{parts.netloc}"
        if site != "*" and not (whole and all(sign.isascii() and (sign.isalnum() or sign in ".:-*/") for sign in site)):
            raise SystemExit(f"{FRAMES} must be sites such as https://lms.example.org, separated by spaces, or *, got {site!r}")
    return sites


@lru_cache(maxsize=1)
def _own_names() -> frozenset[str]:
    name = socket.gethostname().lower()
    return frozenset({"localhost", name, name.partition(".")[0], name.partition(".")[0] + ".local", socket.getfqdn().lower()})


@lru_cache(maxsize=1)
def _allowed_names() -> tuple[str, ...]:
    """Names beside this machine's own, from the environment; "*.example.org" stands for all names that end so."""
    from streamlit import config

    named = os.environ.get(HOSTS, "").replace(",", " ").split()
    named += [config.get_option("browser.serverAddress") or "", *config.get_option("server.allowedHosts")]
    named += [urlsplit(origin).hostname or "" for origin in config.get_option("server.corsAllowedOrigins")]
    return tuple(name.lower().rstrip(".") for name in named if name)


def is_own_host(host: str) -> bool:
    """Whether a request's Host names this server.

    Any address does: who rebinds a name of their own to this machine comes with that name. This machine's names do, and those
    that SPIRAL_LAB_HOSTS allows.
    """
    try:
        parts = urlsplit("//" + host)
        name = (parts.hostname or "").rstrip(".").lower()
        _ = parts.port  # raises ValueError for one that is no number
    except ValueError:
        return False
    if not name or parts.path or parts.query or parts.fragment or parts.username is not None:
        return False
    try:
        ipaddress.ip_address(name)
        return True
    except ValueError:
        pass
    if name in _own_names() or name.endswith(".localhost"):
        return True
    return any(name == known or known == "*" or (known.startswith("*.") and name.endswith(known[1:])) for known in _allowed_names())


FROM_ENVIRONMENT = (max_pages, max_pages_per_address, max_searches, max_store, max_saved_per_address, framing_sites)
_SETTINGS = (*FROM_ENVIRONMENT, _own_names, _allowed_names)


def check() -> None:
    """Read all of them. Raises SystemExit for a bad one."""
    for setting in _SETTINGS:
        setting()


def forget() -> None:
    """Read the environment again: for tests."""
    for setting in _SETTINGS:
        setting.cache_clear()
