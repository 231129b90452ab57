"""RFC 6962: roots, inclusion, consistency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.merkle import (
    EMPTY_ROOT,
    LARGEST_SIZE,
    LONGEST_PROOF,
    Frontier,
    TreeHead,
    hash_leaf,
    hash_node,
    prove_consistency,
    prove_inclusion,
    read_frontier,
    roots_of_consistency,
    verify_consistency,
    verify_inclusion,
)
from psephos.errors import InvalidProofError, MalformedError
from tests.board.example import EXAMPLE, TREES, head_of, leaves_of, reader_of

SIZES = 65
LEAVES = leaves_of(SIZES)
HEADS = [head_of(LEAVES[:size]) for size in range(SIZES + 1)]
READ = reader_of(LEAVES)


def wrong_proofs(proof: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    """Proofs near this one that are not it."""
    return [
        *(proof[:at] + proof[at + 1 :] for at in range(len(proof))),
        *((*proof[:at], bytes(32), *proof[at:]) for at in range(len(proof) + 1)),
        *((*proof[:at], bytes(32), *proof[at + 1 :]) for at in range(len(proof))),
        *((*proof[:at], proof[at][:31], *proof[at + 1 :]) for at in range(len(proof))),
        (*proof, *proof[-1:], *LEAVES[:1]),
    ]


def test_roots_of_the_reference_leaves_are_the_published_ones() -> None:
    """Nine trees have the roots that Certificate Transparency has tested against since 2012."""
    leaves = [hash_leaf(bytes.fromhex(leaf)) for leaf in TREES["leaves"]]
    assert [Frontier().extended(leaves[:size]).head().root.hex() for size in range(9)] == TREES["roots"]


def test_root_of_the_example_is_the_published_one() -> None:
    """Five ballots have the root of the example."""
    assert hash_leaf(EXAMPLE["entries"][0].encode()).hex() == EXAMPLE["leaf_0"]
    assert Frontier().extended(leaves_of(5)).head().root.hex() == EXAMPLE["root_5"]


@pytest.mark.parametrize("size", range(SIZES + 1))
def test_frontier_has_the_root_of_the_definition(size: int) -> None:
    """However a tree was grown or read, its head is that of the definition."""
    for start in range(size + 1):
        grown = Frontier().extended(LEAVES[:start]).extended(LEAVES[start:size])
        assert grown == read_frontier(size, READ)
        assert grown.head() == HEADS[size]


@pytest.mark.parametrize("size", range(1, SIZES + 1))
def test_inclusion_of_every_leaf_in_every_tree_verifies(size: int) -> None:
    """Every leaf's proof holds for that leaf at that place in that tree, and for nothing else."""
    for index in range(size):
        proof = prove_inclusion(READ, index=index, size=size)
        verify_inclusion(proof, index=index, leaf=LEAVES[index], head=HEADS[size])
        for other in {*range(size), size, -1} - {index}:
            with pytest.raises(InvalidProofError):
                verify_inclusion(proof, index=other, leaf=LEAVES[index], head=HEADS[size])
        with pytest.raises(InvalidProofError):
            verify_inclusion(proof, index=index, leaf=bytes(32), head=HEADS[size])
        for wrong in wrong_proofs(proof):
            with pytest.raises(InvalidProofError):
                verify_inclusion(wrong, index=index, leaf=LEAVES[index], head=HEADS[size])


@pytest.mark.parametrize("new", range(SIZES + 1))
def test_consistency_of_every_pair_of_trees_verifies(new: int) -> None:
    """Every older tree is consistent with every newer one, by its own proof only."""
    for old in range(new + 1):
        proof = prove_consistency(READ, old=old, new=new)
        verify_consistency(proof, old=HEADS[old], new=HEADS[new])
        for wrong in wrong_proofs(proof) if proof else [(LEAVES[0],)]:
            with pytest.raises(InvalidProofError):
                verify_consistency(wrong, old=HEADS[old], new=HEADS[new])
        for other in (TreeHead(old, bytes(32)), TreeHead(old, HEADS[old + 1].root if old < SIZES else EMPTY_ROOT)):
            with pytest.raises(InvalidProofError):
                verify_consistency(proof, old=other, new=HEADS[new])
        if old:
            with pytest.raises(InvalidProofError):
                verify_consistency(proof, old=HEADS[old], new=TreeHead(new, bytes(32)))
        if proof:
            assert roots_of_consistency(proof, old=HEADS[old], new_size=new) == (HEADS[old].root, HEADS[new].root)


def test_proof_from_the_empty_tree_is_empty() -> None:
    """The empty tree is consistent with any, and its root is the hash of nothing."""
    empty = TreeHead(0, EMPTY_ROOT)
    verify_consistency((), old=empty, new=HEADS[3])
    for proof, old in (((LEAVES[0],), empty), ((), TreeHead(0, bytes(32)))):
        with pytest.raises(InvalidProofError):
            verify_consistency(proof, old=old, new=HEADS[3])


def test_tree_that_shrank_is_refused() -> None:
    """No proof leads backwards."""
    with pytest.raises(InvalidProofError) as caught:
        verify_consistency((), old=HEADS[5], new=HEADS[4])
    assert caught.value.code == "invalid-proof"


def test_proof_between_forked_trees_shows_the_other_root() -> None:
    """The proof from a fork gives away which tree the new root extends."""
    fork = [*LEAVES[:4], *leaves_of(9, "forged")[4:]]
    proof = prove_consistency(reader_of(fork), old=6, new=9)
    assert roots_of_consistency(proof, old=HEADS[6], new_size=9) == (head_of(fork[:6]).root, head_of(fork).root)
    with pytest.raises(InvalidProofError):
        verify_consistency(proof, old=HEADS[6], new=head_of(fork))


@pytest.mark.parametrize(("old", "new"), [(0, 5), (5, 5), (6, 5)])
def test_roots_of_a_proof_of_nothing_are_refused(old: int, new: int) -> None:
    """Where there is nothing to prove, no proof is looked at."""
    with pytest.raises(InvalidProofError):
        roots_of_consistency((), old=HEADS[old], new_size=new)


def test_heads_and_frontiers_that_cannot_be_are_refused() -> None:
    """A size is a non-negative int64, a root has 32 bytes, a frontier one hash per bit."""
    for size, root in ((-1, bytes(32)), (LARGEST_SIZE + 1, bytes(32)), (1, bytes(31))):
        with pytest.raises(MalformedError):
            TreeHead(size, root)
    for size, peaks in ((3, (bytes(32),)), (-1, ()), (0, (bytes(32),))):
        with pytest.raises(MalformedError):
            Frontier(size, peaks)


def test_impossible_proofs_are_not_made() -> None:
    """Asking for a leaf or a tree that is not there is a programmer's mistake."""
    with pytest.raises(ValueError, match="not in a tree"):
        prove_inclusion(READ, index=5, size=5)
    with pytest.raises(ValueError, match="does not grow"):
        prove_consistency(READ, old=6, new=5)


def same_everywhere(level: int, index: int) -> bytes:
    """Nodes of a huge tree whose leaves are all one: each level has one hash."""
    assert index >= 0
    found = hash_leaf(b"same")
    for _ in range(level):
        found = hash_node(found, found)
    return found


@given(data=st.data(), size=st.integers(1, LARGEST_SIZE))
def test_proofs_in_huge_trees_verify_and_are_short(data: st.DataObject, size: int) -> None:
    """Trees of up to 2**63 - 1 leaves have proofs of at most 63 hashes, which verify."""
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    head, before = (read_frontier(one, same_everywhere).head() for one in (size, old))
    inclusion = prove_inclusion(same_everywhere, index=index, size=size)
    verify_inclusion(inclusion, index=index, leaf=same_everywhere(0, 0), head=head)
    consistency = prove_consistency(same_everywhere, old=old, new=size)
    verify_consistency(consistency, old=before, new=head)
    assert len(inclusion) <= LONGEST_PROOF
    assert len(consistency) <= LONGEST_PROOF + 1


@given(data=st.data(), size=st.integers(66, 3000))
def test_proofs_in_larger_trees_verify(data: st.DataObject, size: int) -> None:
    """Beyond the exhaustive sizes, leaves and older trees at random."""
    leaves = leaves_of(size)
    read = reader_of(leaves)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    head = Frontier().extended(leaves).head()
    verify_inclusion(prove_inclusion(read, index=index, size=size), index=index, leaf=leaves[index], head=head)
    verify_consistency(prove_consistency(read, old=old, new=size), old=head_of(leaves[:old]), new=head)


@given(
    proof=st.lists(st.binary(min_size=32, max_size=32), max_size=70),
    index=st.integers(-5, 2**64),
    old=st.integers(0, LARGEST_SIZE),
    new=st.integers(0, LARGEST_SIZE),
)
def test_proofs_at_random_are_refused_in_order(proof: list[bytes], index: int, old: int, new: int) -> None:
    """Whatever is handed in, the answer is an error of ours, and soon."""
    with pytest.raises(InvalidProofError):
        verify_inclusion(proof, index=index, leaf=bytes(32), head=TreeHead(new, bytes(32)))
    with pytest.raises(InvalidProofError):
        verify_consistency(proof, old=TreeHead(old, b"\1" * 32), new=TreeHead(new, bytes(32)))
