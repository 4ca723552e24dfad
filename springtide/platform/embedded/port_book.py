"""The engines' ports, remembered between runs so that a URL noted somewhere stays true while the port is free."""

import json

from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.ports import HOST, choose_port, is_free
from springtide.platform.embedded.problems import PortTaken


class PortBook:
    """Ports by engine name. Until a port is `promised` (its URL given out) it may change; afterwards it may not."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._ports = read_ports(folder)
        self._promised: set[str] = set()

    def __getitem__(self, name: str) -> int:
        """Return the port chosen for an engine."""
        return self._ports[name]

    def choose(self, name: str) -> int:
        """Return the port to start an engine on. Raises PortTaken when the promised one is somebody else's now."""
        remembered = self._ports.get(name)
        if name in self._promised and remembered is not None:
            if not is_free(remembered):
                msg = f"{name}: port {remembered} on {HOST} was taken by another program while it was down"
                raise PortTaken(msg)
            return remembered
        port = choose_port(remembered)
        if port != remembered:
            self._ports[name] = port
            write_atomically(self._folder.ports_file, json.dumps(self._ports) + "\n", mode=0o600)
        return port

    def promise(self) -> None:
        """From now on the chosen ports are fixed."""
        self._promised = set(self._ports)


def read_ports(folder: DataFolder) -> dict[str, int]:
    """Return the remembered ports by engine name; none when there are none or the file is torn."""
    try:
        ports = json.loads(folder.ports_file.read_text(encoding="utf-8"))
        return {str(name): int(port) for name, port in ports.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}
