"""Whoever took a board's disk and key: makes another log from them, signed with the same key.

    attacker.py SERVER_DIRECTORY OUT [--keep N] [--append KIND=FILE ...]

Takes the first N entries of the log (all without --keep), puts entries after them that no rule was asked about, and
signs the tree. `--append log=I` repeats entry I of the log. With --keep this is a fork, without it a log that has
grown. OUT is a server's directory again, OUT/pub what a reader is shown. Only for `make demo-attack` and tests:
everything that it makes is to be refused by others.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from psephos.adapters.board_directory import read_log_key
from psephos.adapters.system import SystemClock
from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.disk import HEAD, create_log
from psephos.board.heads import SqliteHeads
from psephos.board.recovery import CHECKPOINT, LATEST
from psephos.board.tiles import bundles_of, read_bundle
from psephos.record.board_entries import EntryKind, make_board_entry


def entries_of(public: Path) -> Iterator[bytes]:
    """The entries of a log, as its disk has them."""
    size = read_signed_checkpoint((public / "checkpoint.latest").read_bytes()).head.size
    for bundle in bundles_of(size, old=0):
        yield from read_bundle((public / bundle.path).read_bytes(), bundle)


def made(said: str, log: list[bytes]) -> bytes:
    """The entry that `KIND=FILE` says; a file that is an entry already with KIND `entry`; one of the log with `log`."""
    kind, _, file = said.partition("=")
    if kind == "log":
        return log[int(file)]
    content = Path(file).read_bytes()
    return content if kind == "entry" else make_board_entry(EntryKind(kind), [content])[0]


def main() -> None:
    """Do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--keep", type=int)
    parser.add_argument("--append", action="append", default=[], metavar="KIND=FILE")
    asked = parser.parse_args()
    public = asked.server / "pub"
    log = list(entries_of(public))
    entries = [*log[: asked.keep], *(made(said, log) for said in asked.append)]
    blobs = [path.read_bytes() for path in (public / "blob").glob("*")]
    asked.out.mkdir(parents=True)
    create_log(asked.out, read_log_key(asked.server), now=SystemClock().now(), entries=entries, blobs=blobs)
    for name in ("log.key", "log.vkey", "charter.note"):
        shutil.copy2(asked.server / name, asked.out / name)
    for path in (LATEST, CHECKPOINT):
        _publish(asked.out, path)


def _publish(out: Path, path: str) -> None:
    with closing(SqliteHeads(out / HEAD, read_log_key(out).key.name)) as heads:
        head = heads.read()
    assert head is not None
    (out / path).write_bytes(head.body)


if __name__ == "__main__":
    main()
