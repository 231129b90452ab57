"""psephos-server: durable acknowledged ballots per second, verification included; time to the receipt; files and bytes.

Then an observer that mirrors and checks all of it, and the server's next start, which judges every entry again.

    python bench/server.py [--ballots N] [--connections N] [--rate PER_SECOND] [--interval SECONDS] [--folder DIR]

Each ballot is another voter's: yes, no or blank. They are made beforehand. The load comes from a process of its own on
the same machine. Without --rate every connection hands in as fast as it is answered; with it, ballots come evenly, and
the time is from when a ballot was due to its receipt. Nobody cosigns. Prints one JSON object.
"""

import argparse
import asyncio
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from psephos_kernel import backend
from tests.server.board_process import Board, Place, terms
from tests.support.logged import ballots_of

from psephos.adapters.http import Web

_PER = 100_000


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them is."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def hand_in(address: tuple[str, int], queue: list[tuple[int, bytes]], rate: float, waited: list[float]) -> None:
    """One connection: the next ballot as soon as the last one is answered, or when it is due."""
    reader, writer = await asyncio.open_connection(*address)
    while queue:
        number, request = queue.pop()
        due = START + number / rate if rate else time.perf_counter()
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(head.decode())
        length = next(int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: "))
        await reader.readexactly(length)
        waited.append(time.perf_counter() - due)
    writer.close()


START = 0.0


async def load(url: str, ballots: list[bytes], connections: int, rate: float) -> dict[str, Any]:
    """Hand all of them in; how long each waited."""
    global START  # noqa: PLW0603 - when the first ballot is due
    parts = urlsplit(url)
    head = f"POST /ballot HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\nContent-Length: "
    queue = [(number, f"{head}{len(one)}\r\n\r\n".encode() + one) for number, one in enumerate(ballots)]
    queue.reverse()
    waited: list[float] = []
    START = time.perf_counter()
    address = (parts.hostname or "", parts.port or 0)
    await asyncio.gather(*(hand_in(address, queue, rate, waited) for _ in range(connections)))
    seconds = time.perf_counter() - START
    return {
        "acknowledged": len(waited),
        "per_second": round(len(waited) / seconds),
        "receipt_ms": {"p50": round(percentile(waited, 0.5) * 1e3), "p99": round(percentile(waited, 0.99) * 1e3)},
        "load_cpu_seconds": round(resource.getrusage(resource.RUSAGE_SELF).ru_utime, 1),
    }


def files_below(folder: Path) -> dict[str, int]:
    """Number of files, their bytes, and the bytes that they take on disk."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return {
        "files": len(found),
        "bytes": sum(one.st_size for one in found),
        "on_disk": sum(one.st_blocks * 512 for one in found),
    }


def cpu_seconds(process: int) -> float:
    """What a process has used, in all threads."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One run in a new folder."""
    with Web(total=300, read=300) as web:
        place = Place.make(folder / "board", terms(ballots_per_hour=1000), web=web, voters=options.ballots)
        ballots = ballots_of(place.vote, range(options.ballots), voters=options.ballots)
        (folder / "ballots").write_text(json.dumps([one.decode() for one in ballots]))
        with Board(place.directory, "--start-alone", "--interval", str(options.interval)) as board:
            place.open(board)
            before, used = files_below(place.directory / "pub"), cpu_seconds(board.process.pid)
            command = [sys.executable, __file__, "--load", board.url, "--ballots-from", str(folder / "ballots")]
            command += ["--connections", str(options.connections), "--rate", str(options.rate)]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            found: dict[str, Any] = json.loads(done.stdout)
            found["server_cpu_seconds"] = round(cpu_seconds(board.process.pid) - used, 1)
            found["server_peak_mib"] = peak_mib(board.process.pid)
            found["observer_per_second"] = round(options.ballots / follow(board.url, folder / "observer"))
        start = time.perf_counter()
        with Board(place.directory, "--start-alone"):
            found["start_seconds"] = round(time.perf_counter() - start, 1)
        after = files_below(place.directory / "pub")
    scale = _PER / options.ballots
    found[f"per_{_PER}"] = {name: round((after[name] - before[name]) * scale) for name in after}
    found["index_bytes"] = round(sum(one.stat().st_size for one in (folder / "board/state").glob("index.db*")) * scale)
    return found


def follow(url: str, home: Path) -> float:
    """Seconds that an observer takes to mirror a board, check every entry and cosign."""
    command = [sys.executable, "-m", "psephos.cli.main", "observer"]
    subprocess.run([*command, "init", str(home), "--name", "observer1.example"], check=True, capture_output=True)
    start = time.perf_counter()
    subprocess.run([*command, "follow", url, "--home", str(home), "--once"], check=True, capture_output=True)
    return time.perf_counter() - start


def peak_mib(process: int) -> int:
    """The most memory that a process has had."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").split("\n")
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ballots", type=int, default=50_000)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--interval", type=float, default=0.5)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--load", help=argparse.SUPPRESS)
    parser.add_argument("--ballots-from", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        ballots = [one.encode() for one in json.loads(options.ballots_from.read_text())]
        print(json.dumps(asyncio.run(load(options.load, ballots, options.connections, options.rate))))
        return
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    machine = {"backend": backend(), "cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    chosen = {name: getattr(options, name) for name in ("ballots", "connections", "rate", "interval")}
    try:
        print(json.dumps(machine | chosen | measure(folder, options), indent=2))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
