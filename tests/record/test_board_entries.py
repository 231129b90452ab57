"""Entries of the board: one encoding, strictly read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import MalformedError, PsephosError, UnsupportedError
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import (
    LARGEST_ENTRY,
    PARTS,
    EntryKind,
    make_board_entry,
    read_board_entry,
    write_board_entry,
)
from psephos.record.board_terms import LARGEST_INLINE

SALT = bytes(range(16))
BALLOT = b'{"election_uuid":"x"}'
ENTRY = b"psephos/Ballot/1\ninline 21\n\n" + BALLOT


def refused(received: bytes, code: type[PsephosError] = MalformedError) -> PsephosError:
    """The error with which an entry is refused."""
    with pytest.raises(code) as caught:
        read_board_entry(received)
    return caught.value


def test_ballot_has_this_one_entry() -> None:
    """The bytes of a ballot's entry, as documented."""
    assert make_board_entry(EntryKind.BALLOT, [BALLOT]) == (ENTRY, {})
    entry = read_board_entry(ENTRY)
    assert (entry.kind, entry.salt, [part.content for part in entry.parts]) == (EntryKind.BALLOT, "", [BALLOT])
    assert entry.parts[0].digest == sha256_hex(BALLOT)


def test_large_part_lies_beside_the_log() -> None:
    """A part that no longer fits is named by size and SHA-256; small ones stay inline, in any order of sizes."""
    contents = [b"e" * 30_000, b"t" * 40_000, b"c" * 29_000, b"setup", b"note"]
    received, blobs = make_board_entry(EntryKind.SETUP, contents, salt=SALT)
    digest = sha256_hex(contents[1])
    header = (
        f"psephos/Setup/1\nsalt {SALT.hex()}\ninline 30000\nblob 40000 {digest}\ninline 29000\ninline 5\ninline 4\n\n"
    )
    assert received == header.encode() + contents[0] + contents[2] + b"setupnote"
    assert blobs == {digest: contents[1]}
    assert len(received) <= LARGEST_ENTRY


def test_part_of_the_largest_inline_size_stays_inline() -> None:
    """The limit itself is inline, one byte more is a blob; a ballot of that size is refused."""
    for size, count in (LARGEST_INLINE, 0), (LARGEST_INLINE + 1, 1):
        received, blobs = make_board_entry(EntryKind.CHARTER, [b"x" * size])
        assert len(blobs) == count
        assert read_board_entry(received).parts[0].size == size
    make_board_entry(EntryKind.BALLOT, [b"x" * LARGEST_INLINE])
    with pytest.raises(MalformedError, match="no blobs for them"):
        make_board_entry(EntryKind.BALLOT, [b"x" * (LARGEST_INLINE + 1)])


@pytest.mark.parametrize(
    ("received", "at"),
    [
        (b"", "line 1"),
        (b"x" * (LARGEST_ENTRY + 1), ""),
        (b"psephos/Ballot/1", "line 1"),
        (b"psephos/Ballot/1\ninline 21\n" + BALLOT, "line 1"),
        (b"psephos/Ballot/01\ninline 21\n\n" + BALLOT, "line 1"),
        (b"psephos/Ballot/+1\ninline 21\n\n" + BALLOT, "line 1"),
        (b"psephos/ballot/1\ninline 21\n\n" + BALLOT, "line 1"),
        (b" psephos/Ballot/1\ninline 21\n\n" + BALLOT, "line 1"),
        (b"psephos/Ballot/1\r\ninline 21\r\n\r\n" + BALLOT, "line 1"),
        (b"psephos/Ballot/1\n\n", "parts"),
        (b"psephos/Ballot/1\n\n" + BALLOT, "parts"),
        (b"psephos/Ballot/1\ninline 21\ninline 0\n\n" + BALLOT, "parts"),
        (b"psephos/Ballot/1\ninline 021\n\n" + BALLOT, "part 1"),
        (b"psephos/Ballot/1\ninline -1\n\n" + BALLOT, "part 1"),
        (b"psephos/Ballot/1\ninline  21\n\n" + BALLOT, "part 1"),
        (b"psephos/Ballot/1\ninline 21 \n\n" + BALLOT, "part 1"),
        (b"psephos/Ballot/1\ninline 20\n\n" + BALLOT, "parts"),
        (b"psephos/Ballot/1\ninline 22\n\n" + BALLOT, "parts"),
        (b"psephos/Ballot/1\ninline 21\n\n" + BALLOT + b"\n", "parts"),
        (b"psephos/Ballot/1\nsalt " + b"0" * 32 + b"\ninline 21\n\n" + BALLOT, "part 1"),
        (b"psephos/Ballot/1\nblob 21 " + b"a" * 64 + b"\n\n", "ballot"),
        (b"psephos/Ballot/1\nblob 70000 " + b"a" * 64 + b"\n\n", ""),
        (b"psephos/Charter/1\nblob 60000 " + b"a" * 64 + b"\n\n", "charter, signed by the organisers"),
        (b"psephos/Charter/1\nblob 60001 " + b"A" * 64 + b"\n\n", "part 1"),
        (b"psephos/Charter/1\nblob 60001 " + b"a" * 63 + b"\n\n", "part 1"),
        (b"psephos/Charter/1\nblob 0 " + b"a" * 64 + b"\n\n", "part 1"),
        (b"psephos/Charter/1\ninline 60001\n\n" + b"x" * 60_001, "charter, signed by the organisers"),
        (b"psephos/Charter/1\nsalt " + b"0" * 32 + b"\ninline 1\n\nx", "part 1"),
        (b"psephos/Result/1\nsalt " + b"0" * 31 + b"\ninline 1\n\nx", "part 1"),
        (b"psephos/Result/1\nsalt " + b"G" * 32 + b"\ninline 1\n\nx", "part 1"),
        (b"psephos/Result/1\nsalt " + b"0" * 32 + b"\nsalt " + b"0" * 32 + b"\ninline 1\n\nx", "part 1"),
        (b"psephos/Result/1\ninline 1\nsalt " + b"0" * 32 + b"\n\nx", "part 2"),
    ],
)
def test_entry_in_another_form_is_refused(received: bytes, at: str) -> None:
    """Whatever differs from the one form is malformed; the place is named."""
    error = refused(received)
    assert (error.code, error.at) == ("malformed", at)


@pytest.mark.parametrize(
    "first", [b"psephos/Abdication/1", b"psephos/Ballot/2", b"psephos/Shuffle/1", b"psephos/X/9999"]
)
def test_entry_of_an_unknown_kind_or_version_is_not_supported(first: bytes) -> None:
    """Whatever follows the first line: what it means is not known here, which is not the same as malformed."""
    for rest in b"\ninline 1\n\nx", b"\nanything at all\n\n", b"\n\n":
        assert refused(first + rest, UnsupportedError).at == "line 1"


def test_salt_makes_another_entry_of_the_same_content() -> None:
    """With a salt, the parts are the same and the bytes differ."""
    plain, salted = (make_board_entry(EntryKind.RESULT, [b"{}"], salt=salt)[0] for salt in (b"", SALT))
    assert plain != salted
    assert read_board_entry(plain).parts == read_board_entry(salted).parts


@pytest.mark.parametrize(
    ("kind", "contents", "salt"),
    [
        (EntryKind.BALLOT, [], b""),
        (EntryKind.RESULT, [b"a", b"b"], b""),
        (EntryKind.BALLOT, [b"a"], SALT),
        (EntryKind.CHARTER, [b"a"], SALT),
        (EntryKind.RESULT, [b"a"], SALT[:15]),
    ],
)
def test_entry_that_cannot_be_is_not_made(kind: EntryKind, contents: list[bytes], salt: bytes) -> None:
    """Other parts than the kind has, or a salt that it cannot have."""
    with pytest.raises(MalformedError):
        make_board_entry(kind, contents, salt=salt)


def test_small_parts_that_do_not_fit_are_refused() -> None:
    """Parts that are never blobs must fit together."""
    with pytest.raises(MalformedError, match="no blobs for them"):
        make_board_entry(EntryKind.SETUP, [b"", b"", b"", b"x" * 30_000, b"y" * 30_001])


def test_every_kind_has_parts() -> None:
    """The table is complete, and no entry with all parts blobs is too large for its header."""
    assert set(PARTS) == set(EntryKind)
    for kind, forms in PARTS.items():
        contents = [b"x" * (LARGEST_INLINE + 1) if form.large else b"" for form in forms]
        received, blobs = make_board_entry(kind, contents)
        assert len(blobs) == len({b"x"}) * any(form.large for form in forms)
        assert read_board_entry(received).kind is kind


@given(st.binary(max_size=400))
def test_any_bytes_are_an_entry_or_refused(received: bytes) -> None:
    """Only errors of our own come out, and what is read is written again byte for byte."""
    try:
        entry = read_board_entry(received)
    except PsephosError:
        return
    assert write_board_entry(entry) == received


@given(
    kind=st.sampled_from(EntryKind),
    sizes=st.lists(st.sampled_from([0, 1, 19_999, 30_000, 59_000, 60_000, 60_001, 90_000]), min_size=5, max_size=5),
    salted=st.booleans(),
)
def test_entry_that_is_made_is_read_again(kind: EntryKind, sizes: list[int], salted: bool) -> None:
    """Reading gives kind and parts back; the blobs are the parts that are not inline."""
    contents = [bytes([65 + number]) * size for number, size in enumerate(sizes)][: len(PARTS[kind])]
    salt = SALT if salted and kind not in {EntryKind.BALLOT, EntryKind.CHARTER} else b""
    try:
        received, blobs = make_board_entry(kind, contents, salt=salt)
    except MalformedError:
        assert sum(len(one) for one, form in zip(contents, PARTS[kind], strict=True) if not form.large) > LARGEST_INLINE
        return
    entry = read_board_entry(received)
    assert write_board_entry(entry) == received
    assert [blobs[part.digest] if part.content is None else part.content for part in entry.parts] == contents
    assert sum(len(part.content or b"") for part in entry.parts) <= LARGEST_INLINE


@given(data=st.data())
def test_entry_with_bytes_changed_is_refused_or_another(data: st.DataObject) -> None:
    """A change anywhere in the header is refused, or is the one form of another entry."""
    good = make_board_entry(EntryKind.PARTIAL_DECRYPTION, [b"c" * 61_000, b"{}", b"b" * 40], salt=SALT)[0]
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(start + 4, len(good))))
    changed = good[:start] + data.draw(st.binary(max_size=4)) + good[end:]
    try:
        entry = read_board_entry(changed)
    except PsephosError:
        return
    assert write_board_entry(entry) == changed
    assert re.match(rb"psephos/[A-Za-z]+/1\n", changed)
