"""nginx and Caddy with the configurations in deploy/: what they answer to caches and to pages of other origins.

Each runs with the file as it is, but for the address, the certificate and the folder.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.parties import free_port

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROXIES = ("nginx.conf", "Caddyfile")
RELAYS = ("nginx-relay.conf", "Caddyfile-relay")
TILE, ABSENT = "tile/0/000", ["tile/0/001", "blob/aa", "find/0/aa", "checkpoint.verified", "succession", "nothing"]


def program(name: str) -> str:
    """Where it is: installed, or unpacked by `make setup`."""
    unpacked = ROOT / ".venv" / "debian" / "usr"
    places = [str(unpacked / "sbin"), str(unpacked / "bin"), "/usr/local/bin", "/usr/sbin", "/usr/bin"]
    found = shutil.which(name, path=":".join(places))
    assert found is not None, f"{name} is missing: make setup fetches it"
    return found


def nginx(text: str, place: Path, port: int) -> list[str]:
    """The command that runs such a configuration."""
    server = text[text.index("server {\n    listen 443") :]
    server = re.sub(r"\n +ssl_[^;]*;", "", server.replace("listen [::]:443 ssl;", ""))
    server = server.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    server = server.replace("/var/lib/psephos-server/pub", str(place / "pub"))
    server = server.replace("/etc/nginx/psephos-proxy.conf", str(DEPLOY / "nginx-proxy.conf"))
    held = "".join(
        f"{kind}_temp_path {place}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = place / "nginx.conf"
    config.write_text(
        "daemon off;\nmaster_process off;\nerror_log /dev/null;\nevents {}\n"
        f"pid {place}/pid;\nhttp {{\n{held}{server}}}\n"
    )
    return [program("nginx"), "-c", str(config), "-p", str(place)]


def caddy(text: str, place: Path, port: int) -> list[str]:
    """The command that runs such a configuration."""
    text = re.sub(r"^(board|relay)\.example \{", f"http://127.0.0.1:{port} {{", text, flags=re.MULTILINE)
    text = text.replace("/var/lib/psephos-server/pub", str(place / "pub"))
    config = place / "Caddyfile"
    config.write_text(text.replace("{\n\tlog default", "{\n\tadmin off\n\tlog default", 1))
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(config)]


@contextmanager
def running(name: str, place: Path) -> Iterator[httpx.Client]:
    """A proxy with one of the configurations, before a folder with a tile and a checkpoint; and somebody who asks."""
    for path in (TILE, "checkpoint", "checkpoint.latest"):
        (place / "pub" / path).parent.mkdir(parents=True, exist_ok=True)
        (place / "pub" / path).write_bytes(b"something")
    place.chmod(0o755)
    port = free_port()
    command = (nginx if name.startswith("nginx") else caddy)((DEPLOY / name).read_text(encoding="utf-8"), place, port)
    with subprocess.Popen(
        command, stderr=subprocess.DEVNULL, env={"HOME": str(place), "PATH": "/usr/bin:/bin"}
    ) as process:
        try:
            end = time.monotonic() + 30
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                except OSError:
                    assert time.monotonic() < end
                    time.sleep(0.05)
                else:
                    break
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers={"Origin": "https://vote.example"}
            ) as client:
                yield client
        finally:
            process.terminate()


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that a server without root's rights can read, too."""
    found = tmp_path_factory.mktemp("proxy")
    for folder in (found, found.parent, found.parent.parent):
        folder.chmod(0o755)
    return found


@pytest.mark.parametrize("name", PROXIES)
def test_what_is_not_there_is_kept_by_no_cache_and_seen_by_every_page(name: str, place: Path) -> None:
    """It may come: whoever asks for a tile too early must not make it "not there" for others."""
    with running(name, place) as client:
        for path in ABSENT:
            answer = client.get(f"/{path}")
            assert answer.status_code == 404, path
            assert answer.headers.get_list("Cache-Control") == ["no-store"], path
            assert answer.headers.get_list("Access-Control-Allow-Origin") == ["*"], path


@pytest.mark.parametrize("name", PROXIES)
def test_what_is_there_is_kept_as_long_as_it_stays(name: str, place: Path) -> None:
    """Tiles for ever, checkpoints for a moment; every page may read both."""
    with running(name, place) as client:
        for path, kept, kind in (
            (TILE, "public, max-age=31536000, immutable", "application/octet-stream"),
            ("checkpoint", "public, max-age=1", "text/plain; charset=utf-8"),
            ("checkpoint.latest", "public, max-age=1", "text/plain; charset=utf-8"),
        ):
            answer = client.get(f"/{path}")
            assert (answer.status_code, answer.content) == (200, b"something"), path
            assert answer.headers.get_list("Cache-Control") == [kept], path
            assert answer.headers.get_list("Access-Control-Allow-Origin") == ["*"], path
            assert answer.headers["Content-Type"] == kind, path


@pytest.mark.parametrize("name", RELAYS)
def test_relays_proxy_tells_pages_what_is_not_there(name: str, place: Path) -> None:
    """No cache keeps it."""
    with running(name, place) as client:
        answer = client.get("/nothing")
        assert answer.status_code == 404
        assert answer.headers.get_list("Cache-Control") == ["no-store"]
        assert answer.headers.get_list("Access-Control-Allow-Origin") == ["*"]
