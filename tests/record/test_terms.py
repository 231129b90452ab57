"""The charter's terms: keys and policies that fit each other, and notes that enough organisers signed."""

from __future__ import annotations

import pytest

from psephos.board.note import Ed25519Signer
from psephos.errors import InvalidProofError, MalformedError, MismatchError, PsephosError
from psephos.protocol.encoding import sha256_hex
from psephos.record.charter import read_charter
from psephos.record.terms import (
    closing_time_text,
    read_closing_time_text,
    read_setup_text,
    read_terms,
    read_time_text,
    setup_text,
    time_text,
    verify_organisers_note,
    write_organisers_note,
)
from tests.support.logged import (
    CLOSES,
    EARLIEST,
    LATEST,
    LOG,
    ORGANISERS,
    STANDBY,
    STRANGER,
    WITNESSES,
    board_terms,
    note_by,
    policy,
)
from tests.support.referendum import make_charter

TEXT = b"what they sign\n"


def test_charter_without_board_keeps_its_bytes() -> None:
    """A charter of a referendum by files is written and read as before: the section is left out."""
    received = make_charter()
    assert b"board" not in received
    assert read_charter(received).board is None


def test_charter_with_board_is_read_with_its_keys() -> None:
    """Log, standby logs, organisers and policies are read."""
    charter = read_charter(make_charter(board=board_terms()))
    assert charter.board == board_terms()
    terms = read_terms(board_terms())
    assert (terms.origin, terms.logs) == (LOG.key.name, (LOG.key, STANDBY.key))
    assert [log.key for log in terms.receipts.logs] == [LOG.key, STANDBY.key]
    assert len(terms.receipts.witnesses) == len(terms.tally.witnesses) == 4


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"log": str(WITNESSES[0].key)}, "/board/log"),
        ({"log": "nonsense"}, "/board/log"),
        ({"standby": (str(LOG.key),)}, "/board/standby"),
        ({"standby": (str(Ed25519Signer(LOG.key.name, bytes(32)).key),)}, "/board/standby"),
        ({"organisers": (str(ORGANISERS[0].key),)}, "/board/organisers_needed"),
        ({"organisers": (str(ORGANISERS[0].key), str(ORGANISERS[0].key))}, "/board"),
        ({"organisers": (str(LOG.key), str(ORGANISERS[0].key))}, "/board"),
        ({"organisers_needed": 4}, "/board/organisers_needed"),
        ({"receipts": policy(WITNESSES, log=STANDBY)}, "/board/receipts"),
        ({"receipts": policy(WITNESSES, log=STRANGER)}, "/board/receipts"),
        ({"receipts": "nonsense"}, "/board/receipts"),
        ({"tally": "quorum nobody\n"}, "/board/tally, line 1"),
        ({"closes_at": EARLIEST - 1}, "/board/closes_at"),
        ({"closes_at": LATEST + 1}, "/board/closes_at"),
        ({"opens_at": EARLIEST}, "/board/closes_at"),
    ],
)
def test_terms_that_do_not_fit_are_refused(changes: dict[str, object], at: str) -> None:
    """A wrong key, a key with two purposes, a policy of another log, times out of order: the charter is refused."""
    with pytest.raises(MalformedError) as caught:
        read_charter(make_charter(board=board_terms(**changes)))
    assert (caught.value.code, caught.value.at) == ("malformed", at)


def test_observers_may_be_the_same_in_both_policies() -> None:
    """One set of observers can do both; an organiser cannot be an observer."""
    read_terms(board_terms(tally=policy(WITNESSES), closes_at=EARLIEST, latest_close=EARLIEST))


def test_enough_organisers_put_a_note_into_force() -> None:
    """Two of three suffice, whichever; what they signed is returned."""
    terms = read_terms(board_terms())
    for signers in ((0, 1), (0, 2), (1, 2), (0, 1, 2)):
        assert verify_organisers_note(note_by(TEXT, *(ORGANISERS[one] for one in signers)), terms) == TEXT


@pytest.mark.parametrize(
    ("note", "error"),
    [
        (note_by(TEXT, ORGANISERS[0]), InvalidProofError),
        (note_by(TEXT, ORGANISERS[1], ORGANISERS[0]), MalformedError),
        (note_by(TEXT, ORGANISERS[0], ORGANISERS[0]), MalformedError),
        (note_by(TEXT, ORGANISERS[0], ORGANISERS[1], STRANGER), MalformedError),
        (note_by(TEXT, STRANGER), MalformedError),
        (note_by(TEXT, *ORGANISERS).replace(b"what", b"that"), InvalidProofError),
        (b"no note", MalformedError),
    ],
)
def test_note_that_organisers_did_not_sign_is_refused(note: bytes, error: type[PsephosError]) -> None:
    """Too few, twice the same, in another order, with a stranger's line, or another text."""
    with pytest.raises(error) as caught:
        verify_organisers_note(note, read_terms(board_terms()))
    assert caught.value.code in {"malformed", "invalid-proof"}


def test_signed_texts_name_their_purpose_and_charter() -> None:
    """The texts, byte by byte; each is read again for its charter and purpose only."""
    charter, setup, other = (sha256_hex(one) for one in (b"charter", b"setup", b"other"))
    texts = [
        setup_text(charter=charter, setup=setup, timestamp=CLOSES),
        closing_time_text(charter=charter, number=1, closes_at=CLOSES),
        time_text(charter=charter, now=CLOSES),
    ]
    assert [text.decode() for text in texts] == [
        f"psephos/setup/1\n{charter}\n{setup}\n{CLOSES}\n",
        f"psephos/closing-time/1\n{charter}\n1\n{CLOSES}\n",
        f"psephos/time/1\n{charter}\n{CLOSES}\n",
    ]
    readers = [
        lambda text, name: read_setup_text(text, charter=name, setup=setup),
        lambda text, name: read_closing_time_text(text, charter=name),
        lambda text, name: read_time_text(text, charter=name),
    ]
    for place, reader in enumerate(readers):
        for text, name in [*((text, charter) for text in texts), (texts[place], other)]:
            if (text, name) == (texts[place], charter):
                reader(text, name)
                continue
            with pytest.raises((MismatchError, MalformedError)):
                reader(text, name)


@pytest.mark.parametrize("wrong", ["-1", "01", "9" * 30, "x", "", "\u0663", str(2**33)])
def test_number_in_another_form_is_refused(wrong: str) -> None:
    """A time that is no number of ours is malformed."""
    with pytest.raises((MalformedError, MismatchError)):
        read_time_text(f"psephos/time/1\n{sha256_hex(b'charter')}\n{wrong}\n".encode(), charter=sha256_hex(b"charter"))


def test_lines_of_strangers_are_left_out_when_a_note_is_written() -> None:
    """Writing brings organisers' lines into the charter's order, whoever else has signed."""
    terms = read_terms(board_terms())
    lines = [one.sign(TEXT) for one in (STRANGER, ORGANISERS[2], ORGANISERS[0])]
    assert write_organisers_note(TEXT, lines, terms) == note_by(TEXT, ORGANISERS[0], ORGANISERS[2])
