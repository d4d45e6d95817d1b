"""Two chosen measurements of real things, each set a small CSV file beside this module, with its source and its licence.

A new set is a file NAME.csv (a line of titles; then two numbers and the class) and its entry in `MEASURED`. Names and titles are
listed here once more so that pages can translate them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from spiral_core.marking import N_, Term
from spiral_core.points import Points


@dataclass(frozen=True)
class Measured:
    """What is known of a set beside its numbers; about, source and licence are shown with them."""

    label: str
    axes: tuple[str, str]
    names: tuple[str, ...]  # of the classes
    about: str
    source: str
    address: str
    licence: str


MEASURED: dict[str, Measured] = {
    "iris": Measured(
        N_("Iris flowers"),
        (N_("petal length (cm)"), N_("petal width (cm)")),
        (N_("setosa"), N_("versicolor"), N_("virginica")),
        N_("150 flowers of three species of iris, measured by Edgar Anderson; of four measurements the two of the petals."),
        "R. A. Fisher: The use of multiple measurements in taxonomic problems. Annals of Eugenics 7 (1936), 179–188",
        "https://doi.org/10.1111/j.1469-1809.1936.tb02137.x",
        N_("public domain"),
    ),
    "penguins": Measured(
        N_("Palmer penguins"),
        (N_("bill length (mm)"), N_("flipper length (mm)")),
        (N_("Adelie"), N_("Chinstrap"), N_("Gentoo")),
        N_("342 penguins of three species on islands off Antarctica, 2007 to 2009; two birds without measurements are left out."),
        "K. B. Gorman, T. D. Williams, W. R. Fraser: Ecological sexual dimorphism and environmental variability within a community "
        "of Antarctic penguins. PLoS ONE 9(3) (2014), e90081; A. Horst, A. Hill, K. Gorman: palmerpenguins",
        "https://doi.org/10.1371/journal.pone.0090081",
        "CC0 1.0",
    ),
    "seoul": Measured(
        N_("Seoul at noon"),
        (N_("temperature (°C)"), N_("humidity (%)")),
        (N_("spring"), N_("summer"), N_("autumn"), N_("winter")),
        N_(
            "The weather of Seoul at noon on 365 days, December 2017 to November 2018, and the season; taken from the hourly "
            "records of a study of rented bicycles."
        ),
        "V. E. Sathishkumar, J. Park, Y. Cho: Seoul Bike Sharing Demand. UCI Machine Learning Repository (2020); data.seoul.go.kr",
        "https://doi.org/10.24432/C5F62R",
        "CC BY 4.0",
    ),
}


@lru_cache
def points_of(name: str) -> Points:
    """The points of a set of MEASURED, with its names of classes and axes."""
    known = MEASURED[name]
    text = resources.files(__package__).joinpath(f"{name}.csv").read_text("utf-8")
    _titles, *rows = csv.reader(text.splitlines())
    number = {each: k for k, each in enumerate(known.names)}
    first, second = map(Term, known.axes)
    y = np.array([number[label] for _x, _y, label in rows])
    return Points(np.array([row[:2] for row in rows], dtype=np.float64), y, tuple(map(Term, known.names)), (first, second))
