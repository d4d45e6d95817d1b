"""About: what this is, its version, how to cite it, and the keys."""

from pages.about import parts

parts.show()
