"""Look-up buckets: where the ballots are whose fingerprints begin with the same byte.

    find/<segment>/<prefix>     rows of 36 bytes, ordered: fingerprint [32] ‖ index of the entry [4], big-endian

A segment has the Ballot entries among 65,536 entries of the log. Whoever looks for one ballot fetches a bucket that
many ballots share, so that nobody learns from the address which one is meant. A bucket proves nothing: its reader
fetches the entry that it names, and checks that the log has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from psephos.errors import MalformedError

SEGMENT = 1 << 16
"""Entries of the log in a segment."""
PREFIXES = tuple(f"{byte:02x}" for byte in range(256))
FINGERPRINT_SIZE = 32
_INDEX_SIZE = 4
ROW_SIZE = FINGERPRINT_SIZE + _INDEX_SIZE
LARGEST_BUCKET = SEGMENT * ROW_SIZE


def bucket_path(segment: int, fingerprint: bytes) -> str:
    """Where a ballot's bucket is, below the board's URL.

    Args:
        segment: Which one; the last one of a log of `size` entries is `(size - 1) // SEGMENT`.
        fingerprint: SHA-256 of the ballot.
    """
    return f"find/{segment}/{PREFIXES[fingerprint[0]]}"


def fingerprint_of(ballot: bytes) -> bytes:
    """A ballot's fingerprint, which its voter knows as its tracker."""
    return sha256(ballot).digest()


def write_bucket(rows: Iterable[tuple[bytes, int]]) -> bytes:
    """A bucket's file.

    Args:
        rows: Fingerprints and indices, in any order.
    """
    return b"".join(fingerprint + index.to_bytes(_INDEX_SIZE, "big") for fingerprint, index in sorted(rows))


def read_bucket(data: bytes, *, segment: int, prefix: int) -> list[tuple[bytes, int]]:
    """The rows of a bucket, none of them believed.

    Raises:
        MalformedError: It is not one of this segment and prefix, in order.
    """
    if len(data) % ROW_SIZE or len(data) > LARGEST_BUCKET:
        raise MalformedError(f"a bucket does not have {len(data)} bytes", at="bucket")
    starts = range(0, len(data), ROW_SIZE)
    rows = [
        (
            data[start : start + FINGERPRINT_SIZE],
            int.from_bytes(data[start + FINGERPRINT_SIZE : start + ROW_SIZE], "big"),
        )
        for start in starts
    ]
    in_place = all(found[0] == prefix and index // SEGMENT == segment for found, index in rows)
    if not in_place or rows != sorted(set(rows)):
        raise MalformedError("a bucket has rows of another one, or not in order", at="bucket")
    return rows
