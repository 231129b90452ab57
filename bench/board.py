"""Bare appends to a log on disk: entries per second, time to the answer, files and bytes.

    python bench/board.py [--entries N] [--size BYTES] [--rate PER_SECOND] [--period SECONDS] [--folder DIR]

Without --rate the pool is always full. With it, entries come evenly, and the time is from handing in to the answer.
One thread; nothing is verified but what the log itself verifies. Prints one JSON object.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from psephos.board.disk import create_log, open_stores
from psephos.board.guard import Sighting
from psephos.board.log import Log
from psephos.board.note import Ed25519Signer
from psephos.board.pool import Settings
from psephos.ports import UnixSeconds

SIGNER = Ed25519Signer("bench.example/log", bytes(32))
SETTINGS = Settings(free_space=0)


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them is."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def files_below(folder: Path) -> tuple[int, int, int]:
    """Number of files, their bytes, and the bytes that they take on disk."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return len(found), sum(file.st_size for file in found), sum(file.st_blocks * 512 for file in found)


def append(log: Log, *, entries: int, size: int, rate: float, period: float) -> dict[str, Any]:
    """Hand entries in and commit them; how long each waited for its answer, and each batch took."""
    handed_in: dict[bytes, float] = {}
    waited: list[float] = []
    batches: list[float] = []
    start, given, due = time.perf_counter(), 0, 0.0
    while given < entries or handed_in:
        now = time.perf_counter()
        wanted = entries if not rate else min(entries, int((now - start) * rate))
        while given < wanted and len(handed_in) < SETTINGS.pool_entries:
            entry = given.to_bytes(8, "big") + os.urandom(size - 8)
            handed_in[log.submit(entry).fingerprint] = start + given / rate if rate else time.perf_counter()
            given += 1
        if rate and now < due:
            time.sleep(min(0.005, due - now))
            continue
        due = now + period
        began = time.perf_counter()
        batch = log.sequence(UnixSeconds(int(time.time())))
        answered = time.perf_counter()
        waited += [answered - handed_in.pop(ticket.fingerprint) for ticket in batch.tickets]
        if batch.tickets:
            batches.append(answered - began)
    seconds = time.perf_counter() - start
    return {
        "appends_per_second": round(entries / seconds),
        "batches": len(batches),
        "answer_ms": {"p50": round(percentile(waited, 0.5) * 1e3), "p99": round(percentile(waited, 0.99) * 1e3)},
        "batch_ms": {"p50": round(statistics.median(batches) * 1e3), "max": round(max(batches) * 1e3)},
    }


def measure(folder: Path, *, entries: int, size: int, rate: float, period: float) -> dict[str, Any]:
    """One run in a new folder."""
    create_log(folder, SIGNER, now=UnixSeconds(int(time.time())))
    with open_stores(folder, SIGNER.key.name) as stores:
        log = Log(stores, SIGNER, now=UnixSeconds(int(time.time())), settings=SETTINGS)
        log.consult([Sighting("nobody", 0)])
        result: dict[str, Any] = {"entries": entries, "entry_bytes": size, "rate": rate or "as fast as it goes"}
        result |= append(log, entries=entries, size=size, rate=rate, period=period)
        scale = 100_000 / entries
        for name in ("with_partial_tiles", "collected"):
            count, length, taken = files_below(folder / "pub")
            result[f"per_100000_{name}"] = {
                "files": round(count * scale),
                "bytes": round(length * scale),
                "on_disk": round(taken * scale),
            }
            log.collect(log.signed.head.size)
        result["index_bytes_per_100000"] = round(
            sum(part.stat().st_size for part in (folder / "state").glob("index.db*")) * scale
        )
    began = time.perf_counter()
    with open_stores(folder, SIGNER.key.name) as stores:
        Log(stores, SIGNER, now=UnixSeconds(int(time.time())), settings=SETTINGS)
        result["start_ms"] = round((time.perf_counter() - began) * 1e3)
    (folder / "state" / "index.db").unlink()
    began = time.perf_counter()
    with open_stores(folder, SIGNER.key.name) as stores:
        Log(stores, SIGNER, now=UnixSeconds(int(time.time())), settings=SETTINGS)
        result["start_without_index_ms"] = round((time.perf_counter() - began) * 1e3)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--period", type=float, default=0.5)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        named = {name: getattr(options, name) for name in ("entries", "size", "rate", "period")}
        print(json.dumps(measure(folder, **named), indent=2))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
