"""The address by which other machines in the same network reach this one."""

from __future__ import annotations

import ipaddress
import socket

import streamlit as st

HERE_ALONE = ("localhost", "127.0.0.1", "::1", "0.0.0.0")


def machine() -> str:
    """The number of this machine in its network, empty where it has none. Nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
            found = str(probe.getsockname()[0])
        except OSError:
            return ""
    return "" if ipaddress.ip_address(found).is_loopback else found


def is_open() -> bool:
    """Whether this server listens to other machines."""
    return (st.get_option("server.address") or "") not in HERE_ALONE[:3]
