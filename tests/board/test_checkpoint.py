"""tlog-checkpoint: form, signatures, split views."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.checkpoint import (
    Checkpoint,
    read_checkpoint,
    read_signed_checkpoint,
    refuse_split_view,
    verify_log,
    write_checkpoint,
)
from psephos.board.merkle import LARGEST_SIZE, TreeHead, prove_consistency
from psephos.board.note import Ed25519Signer, Ed25519Verifier, read_note
from psephos.errors import InvalidProofError, MalformedError, SplitViewError
from tests.board.example import (
    COSIGNED,
    EXAMPLE,
    LOG,
    ORIGIN,
    SPECIFICATION,
    broken,
    head_of,
    leaves_of,
    reader_of,
    signed,
)

TEXT = EXAMPLE["checkpoint"].encode()
KNOWN = [Ed25519Verifier(LOG.key)]
LEAVES = leaves_of(20)
FORGED = [*LEAVES[:4], *leaves_of(20, "forged")[4:]]
lines = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1, max_size=30)


def test_checkpoint_of_the_example_is_made_byte_for_byte() -> None:
    """Origin, size and root of the example give its text and its note."""
    checkpoint = Checkpoint(ORIGIN, TreeHead(5, bytes.fromhex(EXAMPLE["root_5"])))
    assert write_checkpoint(checkpoint) == TEXT
    assert read_checkpoint(TEXT) == checkpoint
    assert bytes(signed(checkpoint.head)) == TEXT + b"\n" + EXAMPLE["log_line"].encode()


def test_cosigned_checkpoints_are_read_and_written_again() -> None:
    """The specification's and the example's."""
    for data in (COSIGNED, SPECIFICATION["cosigned_checkpoint"].encode()):
        assert bytes(read_signed_checkpoint(data)) == data
    assert read_signed_checkpoint(COSIGNED).head == head_of(LEAVES[:5])


@given(origin=lines, size=st.integers(0, LARGEST_SIZE), root=st.binary(min_size=32, max_size=32), more=st.lists(lines))
def test_checkpoint_that_is_written_is_read_again(origin: str, size: int, root: bytes, more: list[str]) -> None:
    """Any origin without a newline, spaces too; extension lines as well."""
    checkpoint = Checkpoint(origin, TreeHead(size, root), tuple(more))
    assert read_checkpoint(write_checkpoint(checkpoint)) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        b"",
        TEXT[:-1],
        TEXT + b"\n",
        b"\n" + TEXT,
        TEXT.replace(b"\n5\n", b"\n05\n"),
        TEXT.replace(b"\n5\n", b"\n+5\n"),
        TEXT.replace(b"\n5\n", b"\n5 \n"),
        TEXT.replace(b"\n5\n", b"\n\n5\n"),
        TEXT.replace(b"\n5\n", b"\n9223372036854775808\n"),
        TEXT.replace(b"90=", b"91="),
        TEXT.replace(b"90=", b"90"),
        TEXT.replace(b"l3MJ", b""),
        TEXT.replace(b"\n5\n", b"\r\n5\r\n"),
        TEXT.replace(b"board", b"\xff"),
        b"\n".join(TEXT.split(b"\n")[:2]) + b"\n",
        TEXT + b"extension\n\n",
        TEXT + b"extension",
    ],
)
def test_checkpoint_in_another_form_is_refused(text: bytes) -> None:
    """A checkpoint has one form."""
    with pytest.raises(MalformedError):
        read_checkpoint(text)


@given(broken(TEXT))
def test_broken_checkpoint_is_refused_or_another(text: bytes) -> None:
    """A checkpoint that was changed does not read, or reads as what it now says."""
    try:
        checkpoint = read_checkpoint(text)
    except MalformedError:
        return
    assert write_checkpoint(checkpoint) == text
    assert checkpoint != read_checkpoint(TEXT)


def test_checkpoint_that_could_not_be_read_is_not_written() -> None:
    """An empty origin, a newline in it, an empty extension."""
    head = head_of(LEAVES)
    for checkpoint in (Checkpoint("", head), Checkpoint("a\nb", head), Checkpoint("a", head, ("",))):
        with pytest.raises(MalformedError):
            write_checkpoint(checkpoint)


def test_checkpoint_of_another_log_is_refused() -> None:
    """A log's key signs for its origin only."""
    found = read_signed_checkpoint(COSIGNED)
    assert verify_log(found, origin=ORIGIN, verifiers=KNOWN) == found.note.signatures[:1]
    with pytest.raises(InvalidProofError):
        verify_log(found, origin="other.example/log", verifiers=KNOWN)
    with pytest.raises(InvalidProofError):
        verify_log(found, origin=ORIGIN, verifiers=[Ed25519Verifier(Ed25519Signer(ORIGIN, bytes(32)).key)])


def test_tree_that_grew_is_no_split_view() -> None:
    """In either order; and one checkpoint agrees with itself."""
    for old in range(21):
        proof = prove_consistency(reader_of(LEAVES), old=old, new=20)
        small, large = signed(head_of(LEAVES[:old])), signed(head_of(LEAVES))
        refuse_split_view(small, large, proof=proof, verifiers=KNOWN)
        refuse_split_view(large, small, proof=proof, verifiers=KNOWN)


def test_two_roots_of_one_size_are_a_split_view() -> None:
    """The error carries both notes as received: fit to publish."""
    ours, theirs = signed(head_of(LEAVES)), signed(head_of(FORGED))
    with pytest.raises(SplitViewError) as caught:
        refuse_split_view(ours, theirs, proof=(), verifiers=KNOWN)
    assert (caught.value.code, caught.value.culprit) == ("split-view", ORIGIN)
    assert (caught.value.ours, caught.value.theirs) == (bytes(ours), bytes(theirs))
    for data in (caught.value.ours, caught.value.theirs):
        verify_log(read_signed_checkpoint(data), origin=ORIGIN, verifiers=KNOWN)


@pytest.mark.parametrize("old", range(5, 20))
def test_larger_tree_that_extends_another_is_a_split_view(old: int) -> None:
    """The fork's own proof convicts it; at a power of two it takes the fork's old root, too."""
    ours, theirs = signed(head_of(LEAVES[:old])), signed(head_of(FORGED))
    proof = prove_consistency(reader_of(FORGED), old=old, new=20)
    with pytest.raises(SplitViewError):
        refuse_split_view(ours, theirs, proof=proof, verifiers=KNOWN, old_root=head_of(FORGED[:old]).root)
    expected = InvalidProofError if old.bit_count() == 1 else SplitViewError
    with pytest.raises(expected):
        refuse_split_view(ours, theirs, proof=proof, verifiers=KNOWN)


def test_proof_that_proves_nothing_convicts_nobody() -> None:
    """A wrong proof, a missing one or a wrong old root is not evidence: anybody can make those."""
    ours, theirs = signed(head_of(LEAVES[:6])), signed(head_of(LEAVES))
    right = prove_consistency(reader_of(LEAVES), old=6, new=20)
    other = prove_consistency(reader_of(FORGED), old=6, new=20)
    for proof in ((), right[1:], right[:-1], (*right, bytes(32)), other):
        with pytest.raises(InvalidProofError):
            refuse_split_view(ours, theirs, proof=proof, verifiers=KNOWN, old_root=bytes(32))
    eight = signed(head_of(LEAVES[:8]))
    with pytest.raises(InvalidProofError):
        refuse_split_view(eight, theirs, proof=other, verifiers=KNOWN, old_root=bytes(32))
    empty = signed(TreeHead(0, bytes(32)))
    with pytest.raises(InvalidProofError):
        refuse_split_view(empty, theirs, proof=(), verifiers=KNOWN)


def test_unsigned_checkpoint_convicts_nobody() -> None:
    """A note that the log did not sign says nothing about the log."""
    ours = signed(head_of(LEAVES))
    forged = signed(head_of(FORGED), signer=Ed25519Signer(ORIGIN, bytes(32)))
    for pair in ((ours, forged), (forged, ours)):
        with pytest.raises(InvalidProofError):
            refuse_split_view(*pair, proof=(), verifiers=KNOWN)
    other = signed(head_of(FORGED), origin="other.example/log")
    with pytest.raises(InvalidProofError):
        refuse_split_view(ours, other, proof=(), verifiers=KNOWN)


def test_note_that_is_no_checkpoint_is_refused() -> None:
    """Every checkpoint is a note, and not the other way round."""
    data = SPECIFICATION["signed_note"]["note"].encode()
    read_note(data)
    with pytest.raises(MalformedError):
        read_signed_checkpoint(data)
