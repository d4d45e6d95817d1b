"""The inputs of a net by the names that a setting gives them, as the diagram writes them; `forward.js` computes the same names."""

INPUTS = {"x": "x", "y": "y", "x2": "x²", "y2": "y²", "xy": "x·y", "sinx": "sin πx", "siny": "sin πy", "r": "√(x²+y²)"}
PLAIN = ("x", "y")  # what a net sees of a point unless its settings say otherwise


def inputs_of(_settings: object) -> tuple[str, ...]:
    """The names of a net's inputs. (The one place to change once settings name them.)"""
    return PLAIN
