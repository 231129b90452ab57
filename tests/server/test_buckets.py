"""Look-up buckets on disk: every ballot once, final once a segment is full, and whole again after whatever happened."""

from hashlib import sha256
from pathlib import Path

import pytest

from psephos.adapters.buckets import Buckets
from psephos.errors import UnavailableError
from psephos.record.lookup import SEGMENT, bucket_path, read_bucket


def found_in(root: Path) -> dict[bytes, int]:
    """All rows of all buckets."""
    rows: dict[bytes, int] = {}
    for path in sorted((root / "pub").glob("find/*/*")):
        rows |= dict(read_bucket(path.read_bytes(), segment=int(path.parent.name), prefix=int(path.name, 16)))
    return rows


def ballots(start: int, count: int) -> dict[bytes, int]:
    """Fingerprints and places of some ballots."""
    return {sha256(str(index).encode()).digest(): index for index in range(start, start + count)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A server's directory."""
    (tmp_path / "state").mkdir()
    return tmp_path


def test_buckets_are_written_again_as_they_fill(root: Path) -> None:
    """Each writing has all ballots so far; a full segment is final only when it is written."""
    buckets = Buckets(root)
    first, second = ballots(0, 300), ballots(SEGMENT - 100, 300)
    for some, full in ((first, 0), (second, 0)):
        for fingerprint, index in some.items():
            buckets.add(index, fingerprint)
        assert buckets.full == full
        buckets.write()
    assert found_in(root) == first | second
    assert buckets.full == 1


def test_buckets_that_were_left_behind_are_put_right_at_the_next_start(root: Path) -> None:
    """Whatever lies there: an older state, half a file, nothing."""
    ours = ballots(0, 600)
    path = root / "pub" / bucket_path(0, next(iter(ours)))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half")
    buckets = Buckets(root)
    for fingerprint, index in ours.items():
        buckets.add(index, fingerprint)
    buckets.write()
    assert found_in(root) == ours
    before = {path: path.stat().st_mtime_ns for path in root.glob("pub/find/*/*")}
    again = Buckets(root)
    for fingerprint, index in ours.items():
        again.add(index, fingerprint)
    again.write()
    assert before == {path: path.stat().st_mtime_ns for path in root.glob("pub/find/*/*")}


def test_buckets_that_cannot_be_written_are_tried_again(root: Path) -> None:
    """Also those of a segment that has been filled meanwhile; until then it is not final."""
    said: list[str] = []
    buckets = Buckets(root, every=0.01, failed=said.append)
    blocked = root / "pub"
    blocked.write_bytes(b"in the way")
    first, second = ballots(0, 10), ballots(SEGMENT, 10)
    for fingerprint, index in first.items():
        buckets.add(index, fingerprint)
    with pytest.raises(UnavailableError):
        buckets.write()
    for fingerprint, index in second.items():
        buckets.add(index, fingerprint)
    with pytest.raises(UnavailableError):
        buckets.write()
    assert buckets.full == 0
    blocked.unlink()
    buckets.start()
    buckets.stop()
    assert found_in(root) == first | second
    assert (buckets.full, said) == (1, [])
