"""Keys that sign notes, before they are sealed."""

import pytest

from psephos.board.note import Ed25519Signer
from psephos.errors import MalformedError
from psephos.record.note_key import Owner, make_note_key, read_note_key


@pytest.mark.parametrize("owner", Owner)
def test_key_is_read_again_and_never_shown(owner: Owner) -> None:
    """The same name and seed sign the same; what is no key file is not repeated in the error."""
    kept = make_note_key(owner, name="organiser1.example/2026", seed=bytes(range(32)))
    assert read_note_key(owner, kept).key == Ed25519Signer("organiser1.example/2026", bytes(range(32))).key
    for wrong in (b"", b"{}", kept[:-1], kept.replace(b"1f", b"xx"), kept.replace(b"1e1f", b"1e"), kept + b"\n"):
        with pytest.raises(MalformedError) as refused:
            read_note_key(owner, wrong)
        assert "0001" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb"])
def test_key_has_a_name_that_notes_can_have(name: str) -> None:
    """No blank, no plus, no control character."""
    with pytest.raises(MalformedError):
        make_note_key(Owner.ORGANISER, name=name, seed=bytes(32))


def test_key_of_one_is_not_taken_for_the_others() -> None:
    """An auditor's key signs nothing that organisers sign."""
    kept = make_note_key(Owner.AUDITOR, name="auditor1.example", seed=bytes(32))
    with pytest.raises(MalformedError, match="organiser's key file"):
        read_note_key(Owner.ORGANISER, kept)
