"""Teach: a link that opens what a class shall see, and no more; and the projector mode."""

from pages.teach import parts

parts.show()
