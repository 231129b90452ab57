"""`psephos observer relay` as a process of its own."""

import sys
from pathlib import Path

from tests.server.process import Process


class RelayProcess(Process):
    """On a free port of this machine, for a board at an address."""

    def __init__(self, home: Path, url: str, *options: str, port: str = "0") -> None:
        command = [sys.executable, "-m", "psephos.cli.main", "observer", "relay", url, "--home", str(home)]
        self._start([*command, "--listen", f"127.0.0.1:{port}", "--interval", "0.2", *options])

    @property
    def port(self) -> str:
        """Where it listens: for another process in its place."""
        return self.url.rpartition(":")[2]
