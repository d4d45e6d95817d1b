"""Class: where one joins a class and does what it does now; for its teacher the controls, for a projector the screen."""

from pages.room import parts

parts.show()
