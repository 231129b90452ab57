"""Cosigners that go back or cosign both sides of a fork are convicted; those that do their work are not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.checkpoint import SignedCheckpoint, refuse_split_view
from psephos.board.client import ForkError
from psephos.board.cosignature import Ed25519Cosigner, verifiers_of
from psephos.board.merkle import prove_consistency
from psephos.board.policy import Log, Policy, Witness
from psephos.errors import SplitViewError
from psephos.ports import UnixSeconds
from psephos.verify.evidence import Misconduct, check_evidence, read_evidence, write_evidence
from psephos.verify.misconduct import CosignerHistory
from tests.board.example import LOG, OBSERVER, head_of, leaves_of, reader_of, signed

OTHER = Ed25519Cosigner("observer2.example/w1", bytes(32))
POLICY = Policy((Log(LOG.key),), (Witness("one", OBSERVER.key), Witness("two", OTHER.key)), (), "one")
LEAVES = leaves_of(40)
FORGED = [*LEAVES[:5], *leaves_of(40, "forged")[5:]]


def note(size: int, at: int, *cosigners: Ed25519Cosigner, leaves: Sequence[bytes] = LEAVES) -> SignedCheckpoint:
    """A cosigned checkpoint."""
    found = signed(head_of(leaves[:size]))
    lines = [one.cosign(found.note.text, now=UnixSeconds(at)) for one in cosigners]
    return found.with_signatures([*found.note.signatures, *lines])


def history() -> CosignerHistory:
    """Nothing seen yet."""
    return CosignerHistory([POLICY], log=[LOG.key])


def culprits(found: Sequence[Misconduct]) -> set[str]:
    """Who is convicted, by files that hold."""
    return {check_evidence(read_evidence(write_evidence(one)), [LOG.key]).culprit for one in found}


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 1000)), min_size=1, max_size=8), st.randoms())
def test_cosigner_that_only_grows_is_never_convicted(steps: list[tuple[int, int]], random: object) -> None:
    """In whatever order others show what it cosigned, and however often it repeats itself."""
    sizes, times = sorted(size for size, _ in steps), sorted(at for _, at in steps)
    notes = [note(size, at, OBSERVER) for size, at in zip(sizes, times, strict=True)]
    random.shuffle(notes)  # type: ignore[attr-defined]
    seen = history()
    assert [found for one in notes for found in seen.look([one])] == []


@pytest.mark.parametrize("swap", [False, True])
def test_cosigner_that_went_back_is_convicted(swap: bool) -> None:
    """A smaller tree at a later time, whichever is seen first; the other cosigner of both is not."""
    notes = [note(20, 100, OBSERVER, OTHER), note(8, 200, OBSERVER)]
    notes[1] = notes[1].with_signatures(
        [*notes[1].note.signatures, OTHER.cosign(notes[1].note.text, now=UnixSeconds(50))]
    )
    if swap:
        notes.reverse()
    assert culprits(list(history().look(notes))) == {OBSERVER.key.name}


def test_line_that_does_not_hold_convicts_nobody() -> None:
    """A cosignature put under another tree."""
    large, small = note(20, 100, OBSERVER), note(8, 200, OBSERVER)
    forged = signed(head_of(LEAVES[:7]))
    moved = forged.with_signatures([*forged.note.signatures, small.note.signatures[-1]])
    assert list(history().look([large, moved])) == []


@pytest.mark.parametrize("sizes", [(8, 8), (8, 20), (20, 8)])
def test_cosigner_of_both_sides_of_a_fork_is_convicted(sizes: tuple[int, int]) -> None:
    """The other one, who saw one side only, is not."""
    ours = note(sizes[0], 100, OBSERVER, OTHER)
    theirs = note(sizes[1], 100, OBSERVER, leaves=FORGED)
    small, large = sorted(sizes)
    larger = LEAVES if sizes[0] > sizes[1] else FORGED
    proof = prove_consistency(reader_of(larger[:large]), old=small, new=large) if small < large else ()
    old_root = head_of(larger[:small]).root
    with pytest.raises(SplitViewError) as caught:
        refuse_split_view(ours, theirs, proof=proof, verifiers=verifiers_of([LOG.key]), old_root=old_root)
    fork = ForkError(caught.value, proof=tuple(proof), old_root=old_root, log=(LOG.key,))
    fork.ours = bytes(signed(ours.head))  # as an observer keeps it: with the log's line alone
    assert culprits(list(history().in_fork(fork, [ours, theirs]))) == {OBSERVER.key.name}
