"""How many random cases a fuzz test tries: few in the suite; `SPIRAL_LAB_FUZZ=2000 python -m pytest -k fuzz` for the long run."""

import os

CASES = int(os.environ.get("SPIRAL_LAB_FUZZ", "60"))
