"""The benchmark's picture: ratios as bars, growth on log-log axes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "benchmark.png"


def draw(results: dict[str, Any]) -> None:
    figure, (bars, lines) = plt.subplots(1, 2, figsize=(12.8, 5), layout="constrained")

    rows = [row for row in results["peers"] if "ratio" in row] + results["training"][1:]
    names = [row["name"] for row in rows]
    colours = ["#7f7f7f" if i < len(results["peers"]) and name != "Spiral Lab" else "#0072b2" for i, name in enumerate(names)]
    bars.barh(names, [row["ratio"] for row in rows], color=colours)
    for i, row in enumerate(rows):
        bars.text(row["ratio"], i, f" {row['ratio']:.2f}", va="center", fontsize=9)
    bars.axvline(1, color="#1f2430", linewidth=1)
    bars.invert_yaxis()
    bars.set_xlabel("times as fast as the plain code")
    bars.set_title("Training, one core")

    shapes = {10: "o", 100: "s", 500: "D", 1000: "^"}
    for units, shape in shapes.items():
        points = [row for row in results["growth"] if row["units"] == units]
        x = [row["points"] for row in points]
        lines.loglog(x, [row["plain"] for row in points], shape + "--", color="#7f7f7f", markersize=5)
        lines.loglog(x, [row["ours"] for row in points], shape + "-", label=f"{units} units", markersize=5)
    lines.plot([], [], "--", color="#7f7f7f", label="plain code")
    lines.set_xlabel("points")
    lines.set_ylabel("seconds an iteration")
    lines.set_title("Growth")
    lines.legend()
    lines.grid(alpha=0.3)
    figure.savefig(PICTURE, dpi=100)
