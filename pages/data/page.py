"""Data: the points that all pages use, seen and changed."""

from pages.data import parts

parts.show()
