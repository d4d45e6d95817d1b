"""Numbers, moments and shortened texts as the screen shows them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from pages.ui.text.translation import _, language
from spiral_core.fields import format_value

SEPARATORS = {"en": "\u202f", "ko": ","}  # between thousands; narrow, so that nobody reads a decimal comma in English


def thousands(value: float) -> str:
    """A whole number with its thousands apart, as the language writes it."""
    return f"{int(value):,}".replace(",", SEPARATORS[language()])


def span(low: str, high: str) -> str:
    """A range between two values that are texts already."""
    return _("{low}–{high}").format(low=low, high=high)


def measured_on(count: int, all_points: int) -> str:
    """That a page's numbers are those of some of the points."""
    return _("Measured on {count} of {all} points.").format(count=thousands(count), all=thousands(all_points))


def number_text(value: float) -> str:
    """A setting's number, without an exponent where that is short enough."""
    text = format_value(value)
    return f"{Decimal(text):f}" if abs(value) >= 1e-6 else text.replace("e-0", "e-")


def local_time(moment: float) -> str:
    """A moment (seconds since 1970) by the clock of the reader's browser."""
    return _by_clock(moment, "%Y-%m-%d %H:%M")


def clock_time(moment: float) -> str:
    """The same, of a moment today: hours and minutes."""
    return _by_clock(moment, "%H:%M")


def _by_clock(moment: float, form: str) -> str:
    try:
        zone: tzinfo = ZoneInfo(st.context.timezone) if st.context.timezone else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a browser may say anything, and a server may lack the tables
        zone = UTC
    return datetime.fromtimestamp(moment, zone).strftime(form) + (" UTC" if zone is UTC else "")


_ADDRESS = re.compile(r"https?(?=://)|www(?=\.)|(?<=\S)@", re.IGNORECASE)  # how what becomes a link by itself begins


def escaped(text: str) -> str:
    """Text from outside, with Markdown's signs made harmless; no icons, no emoji, and no links, which bare addresses would be."""
    text = _ADDRESS.sub("\\g<0>\u2060", text)
    harmless = "".join("\\" + sign if sign in "\\`*_{}[]()#+-!|<>$:~" else sign for sign in text)
    return re.sub(r":(?=[\w/+\\-]+:)", ":\u2060", harmless)


def shortened(text: str) -> str:
    """Text from outside, cut where it would fill the screen."""
    return text if len(text) <= 40 else text[:39] + "…"
