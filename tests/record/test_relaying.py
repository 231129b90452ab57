"""A relay's word about a ballot."""

from __future__ import annotations

import pytest

from psephos.board.note import Ed25519Signer, Note, write_note
from psephos.errors import InvalidProofError, MalformedError, MismatchError
from psephos.ports import UnixSeconds
from psephos.protocol.encoding import sha256_hex
from psephos.record.relaying import Relayed, sign_relayed, verify_relayed

SIGNER = Ed25519Signer("observer1.example/r", bytes(31) + b"\x09")
CHARTER, BALLOT = sha256_hex(b"charter"), sha256_hex(b"ballot")
WORD = sign_relayed(Relayed(CHARTER, BALLOT, UnixSeconds(1_769_421_600)), SIGNER)


def test_word_is_read_again_by_who_has_the_key() -> None:
    """The text, byte by byte, and what follows from it."""
    assert WORD.startswith(f"psephos/relayed/1\n{CHARTER}\n{BALLOT}\n1769421600\n\n— observer1.example/r ".encode())
    assert verify_relayed(WORD, SIGNER.key, charter=CHARTER, ballot=BALLOT).at == 1_769_421_600


def test_word_about_something_else_is_refused() -> None:
    """Another ballot, another charter."""
    for charter, ballot in ((CHARTER, CHARTER), (BALLOT, BALLOT)):
        with pytest.raises(MismatchError):
            verify_relayed(WORD, SIGNER.key, charter=charter, ballot=ballot)


def test_word_that_was_changed_or_signed_by_another_is_refused() -> None:
    """Another time; another key."""
    with pytest.raises(InvalidProofError):
        verify_relayed(WORD.replace(b"1769421600", b"1769421601"), SIGNER.key, charter=CHARTER, ballot=BALLOT)
    stranger = Ed25519Signer("observer1.example/r", bytes(31) + b"\x0a")
    with pytest.raises(InvalidProofError):
        verify_relayed(WORD, stranger.key, charter=CHARTER, ballot=BALLOT)


@pytest.mark.parametrize("text", ["psephos/relayed/2\n{c}\n{b}\n1\n", "psephos/relayed/1\n{c}\n{b}\n01\n", "x\n1\n"])
def test_signed_text_that_is_no_word_is_malformed(text: str) -> None:
    """The signature holds, and it says something else."""
    signed = text.format(c=CHARTER, b=BALLOT).encode()
    with pytest.raises(MalformedError):
        verify_relayed(write_note(Note(signed, (SIGNER.sign(signed),))), SIGNER.key, charter=CHARTER, ballot=BALLOT)
