"""Lessons: predict first, then run, then see why."""

from pages.lessons import parts

parts.show()
