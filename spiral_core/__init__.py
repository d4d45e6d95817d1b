"""Softmax classifiers and neural nets on two-dimensional data, trained with gradients derived by hand in NumPy.

Import it before NumPy: it then asks for one BLAS thread, with which a run has the digits of the app (`spiral_core.engine`).
"""

from spiral_core import engine

engine.use_one_thread()  # before anything imports NumPy

from spiral_core.analysis.gradient_check import GradientCheck, gradient_check
from spiral_core.data_settings import DataSettings
from spiral_core.datasets import Dataset, make_dataset, make_spiral
from spiral_core.network import Network
from spiral_core.rules import SettingError
from spiral_core.run import Divergence, History, Run
from spiral_core.settings import Settings
from spiral_core.training import go_on, train

__version__ = "0.3.0"

__all__ = [
    "DataSettings",
    "Dataset",
    "Divergence",
    "GradientCheck",
    "History",
    "Network",
    "Run",
    "SettingError",
    "Settings",
    "go_on",
    "gradient_check",
    "make_dataset",
    "make_spiral",
    "train",
]
