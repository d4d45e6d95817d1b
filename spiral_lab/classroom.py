"""What a teacher is told: the address that students type, its QR code, and what will likely keep them out."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import segno

BORDER = 2  # modules of light around the code; cameras need some
_BLOCKS = {(True, True): " ", (False, True): "▀", (True, False): "▄", (False, False): "█"}  # by (dark above, dark below)


def qr(text: str) -> str:
    """A QR code for a terminal: two rows a line, its light parts as blocks, so that it is right on a dark ground."""
    rows = [[bool(module) for module in row] for row in segno.make(text, error="m", micro=False).matrix_iter(border=BORDER)]
    dark = [True] * len(rows[0])  # a last half line is left empty
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=dark)
    return "\n".join("".join(_BLOCKS[pair] for pair in zip(above, below, strict=True)) for above, below in pairs)


def coloured(code: str) -> str:
    """The same for a terminal that knows colours: white on black, whatever ground it has."""
    return "\n".join(f"\033[97;40m{line}\033[0m" for line in code.splitlines())


def hints(address: str, port: int, platform: str = sys.platform, root: Path = Path("/")) -> Iterator[str]:
    """Sentences on what may keep students out. address: this machine's in its network, or empty; root: of the file system."""
    if not address:
        yield "This machine has no address in a network now: connect it, then start again."
        return
    if ipaddress.ip_address(address).is_global:
        yield "This address is a public one: unless a firewall stands before it, everybody on the Internet can open the page."
    if platform == "win32":
        yield (
            "Windows asks at the first start whether Python may be reached: allow it, for public networks too, since a school's "
            "often counts as one. Did somebody decline? Windows Security, Firewall, Allow an app (as administrator)."
        )
    elif platform == "darwin":
        yield (
            "If macOS asks whether Python may accept incoming connections, choose Allow. Did somebody decline? System Settings, "
            "Network, Firewall, Options."
        )
    else:
        yield from _linux(port, root)
    yield (
        "Networks of schools, and Wi-Fi for guests above all, often keep devices apart: then the page opens here and nowhere else, "
        "and only another network helps, such as a cable, the staff's Wi-Fi or a phone's hotspot."
    )


def _linux(port: int, root: Path) -> Iterator[str]:
    if "microsoft" in _text(root / "proc/version").lower():
        yield "This is Linux inside Windows (WSL), which other machines usually cannot reach: start Spiral Lab in Windows itself."
    if "ENABLED=yes" in _text(root / "etc/ufw/ufw.conf").splitlines():
        yield f"The firewall ufw is on and will likely stop students; this lets them in: sudo ufw allow {port}/tcp"
    if (root / "run/firewalld").exists():
        opens = f"sudo firewall-cmd --add-port={port}/tcp"
        yield f"The firewall firewalld is on and will likely stop students; this lets them in: {opens}"


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", errors="replace")
    except OSError:
        return ""
