"""What stands in the form of the Teach page, kept when the page is left."""

from __future__ import annotations

from dataclasses import dataclass, field

from pages.ui.visit.rules import PAGES, Limits, Rules

HERE = "here"  # the experiment on the screen, as against a preset


@dataclass(frozen=True)
class TeacherForm:
    """The choices of the form."""

    page: str = ""  # by its place in the address
    lesson: str = ""  # that the Lessons page opens with; empty: the first
    start: str = HERE  # or the name of a preset
    hide: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    limit: Limits = field(default_factory=dict)  # in the order in which they were chosen
    pages: tuple[str, ...] = ()  # beside `page`
    only: bool = False  # `page` alone
    language: str = ""  # empty: the reader's own
    theme: str = ""
    projector: bool = False
    server: str = ""  # the address that students reach this server by; empty: that of this tab

    @property
    def rules(self) -> Rules:
        """The rules of the link."""
        shown = {self.page, *self.pages} if self.pages or self.only else set()
        pages = tuple(place for place in PAGES if place in shown)
        return Rules(self.hide, self.lock, dict(self.limit), pages, self.projector)
