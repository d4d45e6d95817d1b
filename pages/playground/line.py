"""The line above the chart. It keeps its height."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

# Whatever it says, the line is as high: nothing below may move under a pointer. What is too long ends in "…"; the whole of a
# diagnosis stands below the chart, that of a story in its tooltip.
_STYLE = """
<style>
.st-key-status {height: 3.9rem; min-height: 3.9rem; flex: none; flex-wrap: nowrap !important; overflow: hidden}
.st-key-status .stAlert p {font-size: .88rem; line-height: 1.25}
.st-key-status [data-testid="stAlertContainer"] {padding: .35rem .8rem; max-height: 3.9rem; overflow: auto}
.st-key-status > div:has(> .stMarkdown) {min-width: 0}
.st-key-status .stMarkdown [data-testid="stMarkdownContainer"] {margin-bottom: 0}
.st-key-status .stMarkdown p {font-size: .9rem; line-height: 1.28; margin: 0; overflow: hidden; display: -webkit-box;
  -webkit-box-orient: vertical; -webkit-line-clamp: 3}
.st-key-status .stMarkdown p:not(:only-child) {-webkit-line-clamp: 1}
.st-key-status .stMarkdown p:first-child:not(:only-child) {-webkit-line-clamp: 2}
@media (max-width: 800px) {
  .st-key-status {height: 12.2rem; flex-wrap: wrap !important; align-content: flex-start}
  .st-key-status > div:has(> .stMarkdown) {min-width: 100%; height: 4.4rem}
}
</style>
"""


@contextmanager
def line() -> Iterator[None]:
    """Its place on the page."""
    st.html(_STYLE)
    with st.container(key="status", horizontal=True, vertical_alignment="center", gap="small"):
        yield
