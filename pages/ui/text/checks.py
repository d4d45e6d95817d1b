"""The words of a gradient check: the classic bugs, and what the course says of an error."""

from spiral_core.marking import N_

BUG_NAMES = {
    "none": "no bug",
    "no_average": "÷N forgotten",
    "no_reg": "reg·W forgotten",
    "no_mask": "ReLU mask forgotten",
    "no_bias": "bias gradient dropped",
    "no_shift": "scores not shifted",
}

SLOPE_FORGOTTEN = N_("slope of the activation forgotten")  # the mask's counterpart where there is no mask


def bug_name(bug: str, activation: str) -> str:
    """What a bug is called, in English, in a net with this activation."""
    return SLOPE_FORGOTTEN if bug == "no_mask" and activation in ("tanh", "sigmoid") else BUG_NAMES[bug]


# Beside the sign and the word, see-through so that they suit either theme.
VERDICT_COLOURS = {
    "wrong": "rgba(213, 94, 0, .45)", "uncomfortable": "rgba(240, 228, 66, .45)", "fine with kinks": "rgba(86, 180, 233, .3)",
    "good": "rgba(0, 158, 115, .3)", "open": "transparent",
}  # fmt: skip
VERDICT_NAMES = {
    "wrong": "✗ wrong",
    "uncomfortable": "! uncomfortable",
    "fine with kinks": "○ fine with kinks",
    "good": "✓ good",
    "open": "? nothing to tell",
}
