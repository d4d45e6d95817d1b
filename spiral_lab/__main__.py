"""`python -m spiral_lab`, as the command `spiral-lab`."""

from spiral_lab.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
