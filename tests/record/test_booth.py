"""The booth's files as organisers sign them: one form, and one order of publications."""

from __future__ import annotations

import pytest

from psephos.errors import MalformedError, MismatchError
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_entries import EntryKind
from psephos.record.booth import Booth, BoothFile, booth_file, booth_of, booth_text, read_booth_text
from psephos.record.rules import Reason
from psephos.record.state import RecordState, derive_record, judge_log
from tests.support.bad_entries import CLOSE, booth_entry
from tests.support.logged import MemoryLog, hold_vote, log_of

CHARTER = sha256_hex(b"charter")
BOOTH = booth_of([booth_file("index.html", b"<p>"), booth_file("booth.js", b"1")], number=3)
TEXT = booth_text(BOOTH, charter=CHARTER)


def test_text_is_byte_for_byte_what_the_page_says() -> None:
    """A line for each file, by name; what is written is read again."""
    assert TEXT.decode() == (
        f"psephos/booth/1\n{CHARTER}\n3\n{sha256_hex(b'1')} 1 booth.js\n{sha256_hex(b'<p>')} 3 index.html\n"
    )
    assert read_booth_text(TEXT, charter=CHARTER) == BOOTH


def test_publication_of_another_charter_is_refused() -> None:
    """The signatures under it would hold."""
    with pytest.raises(MismatchError, match="another charter"):
        read_booth_text(TEXT, charter=sha256_hex(b"other"))


@pytest.mark.parametrize(
    "changed",
    [
        TEXT.replace(b"booth/1", b"booth/2"),
        TEXT.replace(b"\n3\n", b"\n03\n"),
        TEXT.replace(b"\n3\n", b"\n0\n"),
        TEXT + b"\n",
        TEXT[:-1],
        TEXT.replace(b" 1 ", b"  1 "),
        TEXT.replace(b" 1 ", b" 0 "),
        TEXT.replace(b" 1 ", b" 16777217 "),
        TEXT.replace(b"booth.js", b"../booth.js"),
        TEXT.replace(b"booth.js", b"z.js"),
        TEXT.replace(b"booth.js", b"index.html"),
        TEXT.replace(b"booth.js", "b\u00f6.js".encode()),
        TEXT.replace(b"booth.js", b""),
        TEXT.replace(sha256_hex(b"1").encode(), sha256_hex(b"1").upper().encode()),
        f"psephos/booth/1\n{CHARTER}\n1\n".encode(),
        b"",
    ],
)
def test_publication_in_another_form_is_malformed(changed: bytes) -> None:
    """Order, numbers, names and hashes have one form each, and there is at least one file."""
    with pytest.raises(MalformedError):
        read_booth_text(changed, charter=CHARTER)


def test_file_and_publication_are_valid_by_construction() -> None:
    """Neither a path nor an empty file, nor two files of one name."""
    for name in ("", ".hidden", "a/b", "a" * 65):
        with pytest.raises(MalformedError):
            booth_file(name, b"x")
    with pytest.raises(MalformedError):
        booth_file("index.html", b"")
    one = booth_file("index.html", b"x")
    with pytest.raises(MalformedError):
        Booth(1, (one, one))
    with pytest.raises(MalformedError):
        Booth(1, tuple(BoothFile(f"{at:02}", 1, sha256_hex(b"x")) for at in range(65)))


def published(log: MemoryLog) -> list[int]:
    """The numbers of the publications that have effect."""
    state = RecordState(log)
    for _ in judge_log(log, state):
        pass
    return [booth.number for booth in state.booths]


def test_publications_follow_each_other_until_the_end_and_leave_the_archive_alone() -> None:
    """From the charter on, during the vote, each with the next number; not after the close; never in the `.bel`."""
    vote = hold_vote()
    places = [(1, 1), (9, 2), (9, 2), (10, 1), (12, 3), (CLOSE + 1, 4)]
    log = log_of(vote).with_entries((place, booth_entry(vote, number)) for place, number in places)
    assert published(log) == [1, 2, 3]
    reasons = [one.reason for one in log.verdicts() if one.kind == EntryKind.BOOTH]
    assert sorted(str(one) for one in reasons if one) == [Reason.BOOTH, Reason.BOOTH, Reason.OUT_OF_TURN]
    whole = log_of(vote).with_entries([(1, booth_entry(vote, 1)), (9, booth_entry(vote, 2))])
    assert b"".join(derive_record(whole)) == vote.bel
