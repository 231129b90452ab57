"""Parties as processes: each has its directory, and files are carried between them by nobody but the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 300
"""Seconds after which a command hangs; how long it takes is not tested."""
_BIN = Path(sys.executable).parent
_ENVIRONMENT = os.environ | {"NO_COLOR": "1", "PATH": f"{_BIN}:{os.environ['PATH']}"}


class Party:
    """A directory, and the commands that are run in it."""

    def __init__(self, root: Path, name: str) -> None:
        self.home = root / name
        self.home.mkdir(parents=True)
        secret = self.home / "passphrase"
        secret.touch(mode=0o600)
        secret.write_text(f"{name} keeps this one secret\n")

    def __truediv__(self, name: str) -> Path:
        """A file of this party."""
        return self.home / name

    def run(self, line: str, *more: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command, which ends with this exit code.

        Args:
            line: The command and its arguments; those with blanks come in `more`.
            more: Further arguments.
            code: 0 done, 1 refused, 2 usage, 3 could not.
        """
        done = subprocess.run(
            [*line.split(), *map(str, more)],
            cwd=self.home,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == code, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def bring(self, *files: Path) -> None:
        """The messenger puts copies of these files into this party's directory."""
        for file in files:
            shutil.copy(file, self.home / file.name)


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def running(line: str, home: Path) -> Iterator[subprocess.Popen[str]]:
    """A program that runs until the block ends."""
    with (home / "program.log").open("a") as log:
        process = subprocess.Popen(line.split(), cwd=home, env=_ENVIRONMENT, stdout=log, stderr=log, text=True)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
