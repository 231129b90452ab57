"""tlog-proof: receipts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.merkle import LONGEST_PROOF, prove_inclusion
from psephos.board.note import Ed25519Signer
from psephos.board.policy import Group, Log, Policy, Witness
from psephos.board.proof import LARGEST_EXTRA, Receipt, read_receipt, verify_receipt, write_receipt
from psephos.errors import InvalidProofError, MalformedError, QuorumError
from tests.board.example import EXAMPLE, LOG, MIRROR, NOW, OBSERVER, broken, head_of, leaves_of, reader_of, signed

DATA = EXAMPLE["receipt"].encode()
LEAVES = leaves_of(40)
POLICY = Policy(
    (Log(LOG.key),), (Witness("o", OBSERVER.key), Witness("m", MIRROR.key)), (Group("g", 1, ("o", "m")),), "g"
)


def receipt_of(index: int, size: int, *, cosigned: bool = True, extra: bytes = b"") -> Receipt:
    """A receipt in the example log, grown to that size."""
    plain = signed(head_of(LEAVES[:size]))
    lines = (*plain.note.signatures, *([OBSERVER.cosign(plain.note.text, now=NOW)] if cosigned else []))
    return Receipt(
        index, prove_inclusion(reader_of(LEAVES), index=index, size=size), plain.with_signatures(lines), extra
    )


def test_receipt_of_the_example_is_made_byte_for_byte() -> None:
    """Entry 2 of 5, cosigned by the observer."""
    assert write_receipt(receipt_of(2, 5)) == DATA
    receipt = read_receipt(DATA)
    assert receipt == receipt_of(2, 5)
    assert set(verify_receipt(receipt, leaf=LEAVES[2], policy=POLICY).cosignatures) == {"o"}


@pytest.mark.parametrize("size", range(1, 34))
def test_receipt_of_every_entry_verifies(size: int) -> None:
    """Written, read and verified; for its own entry only."""
    for index in range(size):
        receipt = read_receipt(write_receipt(receipt_of(index, size)))
        verify_receipt(receipt, leaf=LEAVES[index], policy=POLICY)
        with pytest.raises(InvalidProofError):
            verify_receipt(receipt, leaf=LEAVES[index + 1], policy=POLICY)


def test_receipt_of_another_index_is_refused() -> None:
    """The index is bound by the path."""
    receipt = receipt_of(2, 5)
    for index in (0, 1, 3, 4, 5, 2**63 - 1):
        with pytest.raises(InvalidProofError):
            verify_receipt(Receipt(index, receipt.path, receipt.signed), leaf=LEAVES[2], policy=POLICY)


def test_provisional_receipt_fails_for_its_quorum_only() -> None:
    """Too few cosignatures are told apart from a lie, which comes first."""
    receipt = receipt_of(2, 5, cosigned=False)
    with pytest.raises(QuorumError) as caught:
        verify_receipt(receipt, leaf=LEAVES[2], policy=POLICY)
    assert (caught.value.have, caught.value.need) == (0, 1)
    with pytest.raises(InvalidProofError):
        verify_receipt(receipt, leaf=LEAVES[3], policy=POLICY)
    stranger = Policy((Log(Ed25519Signer(LOG.key.name, bytes(32)).key),), POLICY.witnesses, POLICY.groups, "g")
    with pytest.raises(InvalidProofError):
        verify_receipt(receipt, leaf=LEAVES[2], policy=stranger)


def test_extra_data_is_carried_and_proves_nothing() -> None:
    """Whoever passes a receipt on may change it."""
    receipt = read_receipt(write_receipt(receipt_of(2, 5, extra=b"\0anything\n\n")))
    assert receipt.extra == b"\0anything\n\n"
    verify_receipt(receipt, leaf=LEAVES[2], policy=POLICY)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        DATA[:-1],
        DATA + b"\n",
        b"\n" + DATA,
        DATA.replace(b"@v1", b"@v2"),
        DATA.replace(b"\nindex", b"\r\nindex"),
        DATA.replace(b"index 2", b"index 02"),
        DATA.replace(b"index 2", b"index -2"),
        DATA.replace(b"index 2", b"index  2"),
        DATA.replace(b"index 2", b"index"),
        DATA.replace(b"index 2", b"Index 2"),
        DATA.replace(b"index 2", b"index 9223372036854775808"),
        DATA.replace(b"index 2\n", b""),
        DATA.replace(b"index 2", b"index 2\nindex 2"),
        DATA.replace(b"index 2", b"extra \nindex 2"),
        DATA.replace(b"index 2", b"extra\nindex 2"),
        DATA.replace(b"index 2", b"extra AAA\nindex 2"),
        DATA.replace(b"index 2", b"extra AAAA\nextra AAAA\nindex 2"),
        DATA.replace(b"index 2", b"index 2\nextra AAAA"),
        DATA.replace(b"index 2", b"index 2\n"),
        DATA.replace(b"index 2", b"index 2\nAAAA"),
        DATA.replace(b"index 2", "index ٢".encode()),
        DATA.replace(b"index 2\n", b"index 2\n" + (b"A" * 43 + b"=\n") * (LONGEST_PROOF - 2)),
        DATA.replace(b"=\n\nboard", b"=\nboard"),
    ],
)
def test_receipt_in_another_form_is_refused(data: bytes) -> None:
    """A receipt has one form."""
    with pytest.raises(MalformedError):
        read_receipt(data)


def test_receipt_with_a_path_of_another_length_is_refused() -> None:
    """Such a receipt is read, and then does not verify."""
    path = read_receipt(DATA).path
    for other in ((), path[1:], path[:-1], (*path, bytes(32)), (bytes(32), *path)):
        receipt = read_receipt(write_receipt(Receipt(2, other, receipt_of(2, 5).signed)))
        with pytest.raises(InvalidProofError):
            verify_receipt(receipt, leaf=LEAVES[2], policy=POLICY)


@given(broken(DATA))
def test_broken_receipt_is_refused_or_harmless(data: bytes) -> None:
    """If a changed receipt still verifies, then the same entry is proved by the same log."""
    try:
        receipt = read_receipt(data)
        assert write_receipt(receipt) == data
        verify_receipt(receipt, leaf=LEAVES[2], policy=POLICY)
    except (MalformedError, InvalidProofError, QuorumError):
        return
    assert (receipt.index, receipt.signed.head) == (2, head_of(LEAVES[:5]))


def test_receipt_that_could_not_be_read_is_not_made() -> None:
    """Limits hold for what we make, too."""
    plain = signed(head_of(LEAVES[:1]))
    for index, path, extra in (
        (-1, (), b""),
        (0, (b"",), b""),
        (0, (bytes(32),) * 64, b""),
        (0, (), bytes(LARGEST_EXTRA + 1)),
    ):
        with pytest.raises(MalformedError):
            Receipt(index, path, plain, extra)


@given(st.binary(max_size=100))
def test_bytes_at_random_are_no_receipt(data: bytes) -> None:
    """Whatever is handed in, the answer is an error of ours."""
    for prefix in (b"", b"c2sp.org/tlog-proof@v1\n", b"c2sp.org/tlog-proof@v1\nindex 0\n\n"):
        with pytest.raises(MalformedError):
            read_receipt(prefix + data)
