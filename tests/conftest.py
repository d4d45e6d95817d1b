"""What holds for all tests: none touches the user's own saved runs, and none fails for being slow."""

from __future__ import annotations

import os
import tempfile

from hypothesis import HealthCheck, settings

os.environ["SPIRAL_LAB_STORE"] = os.path.join(tempfile.mkdtemp(prefix="spiral-lab-"), "runs.sqlite")

settings.register_profile("spiral-lab", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("spiral-lab")
