"""Two hosts on one machine: network namespaces joined by a cable that can be cut. Root only."""

import asyncio
import ctypes
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

IP = "/usr/sbin/ip"
_NETWORK = 0x4000_0000  # CLONE_NEWNET


@dataclass(frozen=True)
class Hosts:
    """The shop's host, where its buyers are too, and the engines' host, with how the shop reaches it."""

    shop: str
    engines: str
    engines_address: str

    @property
    def in_engines(self) -> tuple[str, ...]:
        return (IP, "netns", "exec", self.engines)

    def cut(self) -> None:
        """Packets are lost from now on; nobody is told."""
        _ip("netns", "exec", self.engines, "ip", "link", "set", "cable", "down")

    def heal(self) -> None:
        _ip("netns", "exec", self.engines, "ip", "link", "set", "cable", "up")


def why_not() -> str:
    """Why namespaces cannot be used here, or nothing."""
    if os.geteuid() != 0:
        return "hosts in network namespaces need root"
    if not Path(IP).exists():
        return "hosts in network namespaces need Debian's iproute2"
    name = f"st-{uuid4().hex[:8]}"
    made = subprocess.run([IP, "netns", "add", name], capture_output=True, check=False)
    if made.returncode:
        return f"network namespaces cannot be made here: {made.stderr.decode().strip()}"
    _ip("netns", "del", name)
    return ""


@contextmanager
def moved_to(name: str) -> Iterator[None]:
    """This thread, and whatever it starts, is on another host while the block lasts; so is what it hands to threads.

    A thread stays where it was started: those of the loop are made anew for the block, and anew after it.
    """
    with Path("/proc/thread-self/ns/net").open() as here, Path(f"/run/netns/{name}").open() as there:
        loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor()
        _enter(there.fileno())
        loop.set_default_executor(threads)
        try:
            yield
        finally:
            _enter(here.fileno())
            threads.shutdown()
            loop.set_default_executor(ThreadPoolExecutor())


def _enter(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _NETWORK):
        raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def two_hosts() -> Iterator[Hosts]:
    """Two namespaces that only reach each other."""
    mark = uuid4().hex[:6]
    hosts = Hosts(f"st-shop-{mark}", f"st-eng-{mark}", "10.213.7.2")
    try:
        for name in (hosts.shop, hosts.engines):
            _ip("netns", "add", name)
            _ip("netns", "exec", name, "ip", "link", "set", "lo", "up")
        _ip(
            "link", "add", "cable", "netns", hosts.engines, "type", "veth", "peer", "name", "cable", "netns", hosts.shop
        )
        for name, address in ((hosts.shop, "10.213.7.1/24"), (hosts.engines, "10.213.7.2/24")):
            _ip("netns", "exec", name, "ip", "address", "add", address, "dev", "cable")
            _ip("netns", "exec", name, "ip", "link", "set", "cable", "up")
        yield hosts
    finally:
        for name in (hosts.shop, hosts.engines):
            subprocess.run([IP, "netns", "del", name], capture_output=True, check=False)


def _ip(*words: str) -> None:
    subprocess.run([IP, *words], check=True, capture_output=True)
