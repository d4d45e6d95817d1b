"""What a teacher's link leaves of the controls and pages: a plain value, without words and without a visit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from spiral_core.fields import Choice, Field, format_value
from spiral_core.flat import PARAMETERS, values
from spiral_core.settings import LAYERS, Settings

PRESET = "preset"  # the choice of a ready experiment, beside the settings
CONTROLS = (PRESET, *(name for name in PARAMETERS if name != "points"))
# What can be limited: the settings, and of the hidden layers how many there are and how many units each has.
LIMITED: dict[str, Field] = {
    name: rule for name, rule in (PARAMETERS | LAYERS).items() if rule.kind in ("integer", "number", "choice")
} | {
    name: replace(rule, allowed=Choice(rule.labels))  # each of its choices is allowed, or is not
    for name, rule in PARAMETERS.items()
    if rule.kind == "several"
}
# By their places in the address; "" is the Playground.
PAGES = ("", "case_study", "lessons", "data", "compare", "under_the_hood", "search")
PLAYGROUND = "playground"  # how a link names the first of them
PARTS, NAME, VALUES = ";", ":", "~"  # what separates the parts of a list, a limit's name from its values, and these

Limits = dict[str, tuple[Any, ...]]  # a number's lowest and highest, a choice's choices


@dataclass(frozen=True)
class Rules:
    """What a link asks for. limit: of a number (low, high), of a choice the choices that are left."""

    hide: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    limit: Limits = field(default_factory=dict)
    pages: tuple[str, ...] = ()  # those that are left; none: all
    projector: bool = False

    def to_query(self) -> dict[str, str]:
        """The part of an address that `teacher_link.from_query` reads back."""
        limits = (name + NAME + VALUES.join(map(format_value, allowed)) for name, allowed in self.limit.items())
        query = {
            "hide": PARTS.join(self.hide),
            "lock": PARTS.join(self.lock),
            "limit": PARTS.join(limits),
            "pages": PARTS.join(page or PLAYGROUND for page in self.pages),
            "projector": "1" if self.projector else "",
        }
        return {name: text for name, text in query.items() if text}

    @property
    def any(self) -> bool:
        """Whether the link restricts anything; large type alone does not."""
        return self != Rules(projector=self.projector)

    def has_page(self, place: str) -> bool:
        """Whether a page, by its place in the address, is left in the menu."""
        return not self.pages or place in self.pages

    def allows(self, name: str, value: Any) -> bool:
        """Whether a setting may have a value."""
        if name == "hidden":
            return self.allows("layers", len(value)) and all(self.allows("units", units) for units in value)
        allowed = self.limit.get(name)
        if allowed is None:
            return True
        if LIMITED[name].kind == "choice":
            return all(choice in allowed for choice in (value if isinstance(value, tuple) else (value,)))
        return value is None or allowed[0] <= value <= allowed[1]

    def nearest(self, name: str, value: Any) -> Any:
        """The allowed value that is nearest to one that may not be allowed; of a choice the first."""
        if name == "hidden":
            count = self.nearest("layers", len(value))
            layers = (value + (value[-1:] or (100,)) * count)[:count]
            return tuple(self.nearest("units", units) for units in layers)
        if self.allows(name, value):
            return value
        allowed = self.limit[name]
        if isinstance(value, tuple):
            return tuple(choice for choice in value if choice in allowed) or allowed[:1]
        return allowed[0] if LIMITED[name].kind == "choice" else min(max(value, allowed[0]), allowed[1])

    def refused(self, before: Settings, after: Settings) -> list[str]:
        """The settings, by their names in a link, that may not become what they would."""
        old, new = values(before), values(after)
        fixed = {*self.hide, *self.lock}
        fixed |= {"points"} if "data" in fixed else set()
        return [name for name in new if new[name] != old[name] and (name in fixed or not self.allows(name, new[name]))]
