"""The words of a gradient check: the classic bugs, and what the course says of an error."""

BUG_NAMES = {
    "none": "no bug",
    "no_average": "÷N forgotten",
    "no_reg": "reg·W forgotten",
    "no_mask": "ReLU mask forgotten",
    "no_bias": "bias gradient dropped",
    "no_shift": "scores not shifted",
}

# Beside the sign and the word, see-through so that they suit either theme.
VERDICT_COLOURS = {
    "wrong": "rgba(213, 94, 0, .45)", "uncomfortable": "rgba(240, 228, 66, .45)", "fine with kinks": "rgba(86, 180, 233, .3)",
    "good": "rgba(0, 158, 115, .3)",
}  # fmt: skip
VERDICT_NAMES = {"wrong": "✗ wrong", "uncomfortable": "! uncomfortable", "fine with kinks": "○ fine with kinks", "good": "✓ good"}
