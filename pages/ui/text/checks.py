"""The words of a gradient check: the classic bugs, and what the course says of an error."""

from spiral_core.marking import N_

BUG_NAMES = {
    "none": N_("no bug"),
    "no_average": N_("÷N forgotten"),
    "no_reg": N_("reg·W forgotten"),
    "no_mask": N_("ReLU mask forgotten"),
    "no_bias": N_("bias gradient dropped"),
    "no_shift": N_("scores not shifted"),
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
    "wrong": N_("✗ wrong"),
    "uncomfortable": N_("! uncomfortable"),
    "fine with kinks": N_("○ fine with kinks"),
    "good": N_("✓ good"),
    "open": N_("? inconclusive"),
}
