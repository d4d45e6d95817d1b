"""No test touches the user's own saved runs."""

from __future__ import annotations

import os
import tempfile

os.environ["SPIRAL_LAB_STORE"] = os.path.join(tempfile.mkdtemp(prefix="spiral-lab-"), "runs.sqlite")
