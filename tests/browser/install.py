"""Install a Chromium for the tests: Debian's package where this may be done, else Playwright's own build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def main() -> int:
    if shutil.which("apt-get"):
        sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        steps = [["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]]
        done = all(subprocess.run([*sudo, *step], stdout=subprocess.DEVNULL, check=False).returncode == 0 for step in steps)
        if done and shutil.which("chromium"):
            return 0
    return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
