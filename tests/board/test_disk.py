"""A log that begins with entries: those of the log whose place it takes."""

from __future__ import annotations

from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psephos.board import disk
from psephos.board.client import AbsentError, BoardReader
from psephos.board.disk import create_log, open_stores
from psephos.board.log import Log
from psephos.board.merkle import Frontier, hash_leaf
from psephos.board.policy import Log as ListedLog
from psephos.board.policy import Policy
from psephos.board.storage import DiskStorage, MemoryStorage
from psephos.errors import RefusedError
from tests.board.example import LOG
from tests.board.log_world import START, confirmed, entry_of

ALONE = Policy((ListedLog(LOG.key),), (), (), "none")


class _Public:
    """The static files of a log, as a reader is given them."""

    def __init__(self, root: Path) -> None:
        self._root = root / "pub"

    def fetch(self, path: str, *, limit: int) -> bytes:
        try:
            data = (self._root / path).read_bytes()
        except FileNotFoundError:
            raise AbsentError(path) from None
        assert len(data) <= limit
        return data


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 4095, 4096, 4097, 4096 + 256, 2 * 4096])
def test_log_begins_with_exactly_the_entries_that_it_is_given(tmp_path: Path, count: int) -> None:
    """It starts, shows them in their order to a strict reader, knows them all, and goes on."""
    entries = [entry_of(number) for number in range(count)]
    create_log(tmp_path, LOG, now=START, entries=iter(entries), blobs=[b"an object"])
    with open_stores(tmp_path, LOG.key.name) as stores:
        log = Log(stores, LOG, now=START)
        reader = BoardReader(_Public(tmp_path), origin=LOG.key.name, policy=ALONE)
        view = reader.update()
        assert view.head == Frontier().extended(map(hash_leaf, entries)).head()
        read = [entry for _, part in reader.tree(view.head).entries(0, count) for entry in part]
        assert read == entries
        log.consult(confirmed(log))
        for known in entries[:1] + entries[-1:]:
            answer = log.submit(known).answer
            assert answer is not None
            assert answer.index == entries.index(known)
        log.submit(b"one more", blobs=[sha256(b"an object").hexdigest()])
        assert log.sequence(START).signed.head.size == count + 1
        assert reader.update().head.size == count + 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 90), max_size=6))
def test_tree_is_written_the_same_however_it_is_cut(monkeypatch: pytest.MonkeyPatch, cuts: list[int]) -> None:
    """The files of a log that begins with entries do not depend on the batches."""
    count = sum(cuts) * 10
    whole, pieces = MemoryStorage(), MemoryStorage()
    entries = [entry_of(number) for number in range(count)]
    monkeypatch.setattr(disk, "_BATCH", 4 * 256)
    head = disk._write_entries(whole, entries)
    monkeypatch.setattr(disk, "_BATCH", 256)
    assert disk._write_entries(pieces, entries) == head
    for folder in ("pub/tile/0", "pub/tile/1", "pub/tile/entries"):
        assert whole.names(folder) == pieces.names(folder)


def test_log_that_is_there_is_never_begun_again(tmp_path: Path) -> None:
    """Neither over a log nor over what is left of one."""
    create_log(tmp_path, LOG, now=START, entries=[b"one"])
    with pytest.raises(RefusedError, match="files of a log"):
        create_log(tmp_path, LOG, now=START, entries=[b"two"])
    with closing(DiskStorage(tmp_path)) as storage:
        assert storage.names("pub/tile/entries") == ["000.p"]
