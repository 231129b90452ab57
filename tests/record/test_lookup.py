"""Look-up buckets: one form, and nothing of another bucket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import MalformedError
from psephos.record.lookup import ROW_SIZE, SEGMENT, bucket_path, fingerprint_of, read_bucket, write_bucket

ROWS = st.lists(
    st.tuples(st.binary(min_size=31, max_size=31).map(lambda rest: b"\x7f" + rest), st.integers(0, SEGMENT - 1)),
    unique=True,
)


@given(rows=ROWS)
def test_bucket_is_read_as_it_was_written(rows: list[tuple[bytes, int]]) -> None:
    """In whatever order its rows came."""
    assert read_bucket(write_bucket(rows), segment=0, prefix=0x7F) == sorted(rows)


def test_bucket_of_a_ballot_is_found_by_its_fingerprint() -> None:
    """The path has one byte of it, and 36 bytes in the file have the rest."""
    found = fingerprint_of(b"{}")
    assert found.hex().startswith("44136fa355b3678a")
    assert bucket_path(3, found) == "find/3/44"
    row = write_bucket([(found, 3 * SEGMENT + 258)])
    assert row == found + b"\x00\x03\x01\x02"


@pytest.mark.parametrize(
    "data",
    [
        write_bucket([(b"\x7f" + bytes(31), 1)])[:-1],
        write_bucket([(b"\x7e" + bytes(31), 1)]),
        write_bucket([(b"\x7f" + bytes(31), SEGMENT)]),
        write_bucket([(b"\x7f" + bytes(31), 1)]) * 2,
        write_bucket([(b"\x7f\x01" + bytes(30), 1)]) + write_bucket([(b"\x7f" + bytes(31), 2)]),
        bytes(ROW_SIZE * (SEGMENT + 1)),
    ],
    ids=["cut off", "another prefix", "another segment", "a row twice", "not in order", "more than a segment has"],
)
def test_bucket_in_another_form_is_refused(data: bytes) -> None:
    """Nothing is skipped, nothing guessed."""
    with pytest.raises(MalformedError) as caught:
        read_bucket(data, segment=0, prefix=0x7F)
    assert caught.value.code == "malformed"
