"""Evidence convicts whoever broke a promise, by nothing but a key; and nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.cosignature import Ed25519Cosigner, MlDsa44Cosigner
from psephos.board.merkle import prove_consistency, prove_inclusion
from psephos.board.note import Ed25519Signer
from psephos.board.proof import Receipt
from psephos.cli.main import run
from psephos.errors import InvalidProofError, MalformedError, UnsupportedError
from psephos.ports import UnixSeconds
from psephos.verify.evidence import (
    BrokenPromise,
    Evidence,
    Fork,
    Misconduct,
    broken_promise_evidence,
    check_evidence,
    fork_evidence,
    misconduct_evidence,
    read_evidence,
    write_evidence,
)
from tests.board.example import LOG, MIRROR, NOW, OBSERVER, ORIGIN, broken, head_of, leaves_of, reader_of, signed

LEAVES = leaves_of(40)
FORGED = [*LEAVES[:5], *leaves_of(40, "forged")[5:]]
SIZES = st.integers(6, 40)


def note(size: int, leaves: list[bytes] = LEAVES) -> SignedCheckpoint:
    """The log's checkpoint of one of the two histories."""
    return signed(head_of(leaves[:size]))


def fork(ours: int = 8, theirs: int = 20) -> Fork:
    """A fork after five entries; the larger one is the forged."""
    small, large = sorted((ours, theirs))
    proof = prove_consistency(reader_of(FORGED[:large]), old=small, new=large) if small < large else ()
    return fork_evidence(
        bytes(note(ours, LEAVES if ours == small else FORGED)),
        bytes(note(theirs, FORGED if ours == small else LEAVES)),
        log=[LOG.key],
        proof=proof,
        old_root=head_of(FORGED[:small]).root,
    )


def receipt(index: int = 7, size: int = 20) -> Receipt:
    """What the log answered in the first history."""
    return Receipt(index, prove_inclusion(reader_of(LEAVES[:size]), index=index, size=size), note(size))


def broken_promise(index: int = 7, size: int = 12, leaves: list[bytes] = FORGED) -> BrokenPromise:
    """The other history has another entry there."""
    return broken_promise_evidence(
        receipt(index),
        leaf=LEAVES[index],
        later=note(size, leaves),
        other_leaf=leaves[index],
        path=prove_inclusion(reader_of(leaves[:size]), index=index, size=size),
        log=[LOG.key],
    )


def shorter(index: int, size: int) -> Fork:
    """The other history ends before it: the receipt's own checkpoint is one side."""
    return fork_evidence(
        bytes(receipt(index).signed),
        bytes(note(size, FORGED)),
        log=[LOG.key],
        proof=prove_consistency(reader_of(LEAVES[:20]), old=size, new=20),
        old_root=head_of(LEAVES[:size]).root,
    )


def cosigned(one: SignedCheckpoint, cosigner: Ed25519Cosigner | MlDsa44Cosigner, now: int = NOW) -> bytes:
    """The checkpoint with a cosigner's line besides."""
    return bytes(one.with_signatures([*one.note.signatures, cosigner.cosign(one.note.text, now=UnixSeconds(now))]))


def misconduct(
    cosigner: Ed25519Cosigner | MlDsa44Cosigner = OBSERVER, *, later: int = 0, forked: bool = True
) -> Misconduct:
    """A cosigner of both histories; or of one, but a smaller tree `later` seconds after a larger one."""
    other = FORGED if forked else LEAVES
    return misconduct_evidence(
        cosigned(note(8), cosigner, NOW + later),
        cosigned(note(20, other), cosigner),
        witness=cosigner.key,
        log=[LOG.key],
        proof=prove_consistency(reader_of(other[:20]), old=8, new=20),
        old_root=head_of(other[:8]).root,
    )


KINDS: dict[str, Evidence] = {
    "fork": fork(),
    "broken-promise": broken_promise(),
    "witness-misconduct": misconduct(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_convicts_in_an_empty_directory_with_the_logs_key_alone(tmp_path: Path, kind: str) -> None:
    """The command, in a process of its own that finds nothing but the file."""
    (tmp_path / "evidence.json").write_bytes(write_evidence(KINDS[kind]))
    command = [sys.executable, "-m", "psephos.cli.main", "auditor", "evidence", "evidence.json", "--log", str(LOG.key)]
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    culprit = OBSERVER.key.name if kind == "witness-misconduct" else ORIGIN
    assert done.stdout.startswith(f"PROVED — {culprit}: it ")
    assert "promise: a" in done.stdout


@given(SIZES, SIZES)
def test_fork_of_any_two_sizes_convicts(ours: int, theirs: int) -> None:
    """In either order, also at powers of two."""
    evidence = fork(ours, theirs)
    assert read_evidence(write_evidence(evidence)) == evidence
    conviction = check_evidence(evidence, [LOG.key])
    assert (conviction.culprit, conviction.keys) == (ORIGIN, (LOG.key,))
    assert check_evidence(evidence) == conviction


@given(SIZES, st.data())
def test_receipt_convicts_wherever_the_entry_is_gone(size: int, data: st.DataObject) -> None:
    """Another entry in its place; or a shorter history without it, which the receipt's checkpoint contradicts."""
    index = data.draw(st.integers(5, 19))
    evidence = broken_promise(index, size) if index < size else shorter(index, size)
    assert check_evidence(evidence, [LOG.key]).culprit == ORIGIN


@pytest.mark.parametrize("cosigner", [OBSERVER, MIRROR])
def test_cosigner_of_two_histories_is_convicted(cosigner: Ed25519Cosigner | MlDsa44Cosigner) -> None:
    """Of either kind of key; the log need not be guilty for that."""
    conviction = check_evidence(misconduct(cosigner), [LOG.key])
    assert (conviction.culprit, conviction.keys) == (cosigner.key.name, (cosigner.key,))


def test_cosigner_that_went_back_is_convicted() -> None:
    """A smaller tree, later; the other way round is what everybody does."""
    assert "only 8 later" in check_evidence(misconduct(forked=False, later=1)).found
    for later in (0, -1):
        with pytest.raises(InvalidProofError):
            check_evidence(misconduct(forked=False, later=later))


def honest() -> dict[str, Evidence]:
    """Files that look like evidence, of a log and a cosigner that did nothing wrong."""
    grown = prove_consistency(reader_of(LEAVES[:20]), old=8, new=20)
    return {
        "growth": fork_evidence(bytes(note(8)), bytes(note(20)), log=[LOG.key], proof=grown),
        "the same twice": fork_evidence(bytes(note(8)), bytes(note(8)), log=[LOG.key]),
        "a proof of nothing": fork_evidence(bytes(note(8)), bytes(note(20)), log=[LOG.key], proof=[bytes(32)] * 4),
        "no proof": fork_evidence(bytes(note(8)), bytes(note(20, FORGED)), log=[LOG.key]),
        "an old root that is made up": msgspec.structs.replace(
            fork_evidence(bytes(note(8)), bytes(note(20)), log=[LOG.key], proof=grown, old_root=bytes(32))
        ),
        "the entry is there": broken_promise(leaves=LEAVES),
        "another's entry": msgspec.structs.replace(broken_promise(), leaf=LEAVES[9].hex()),
    }


@pytest.mark.parametrize("name", honest())
def test_file_that_proves_nothing_exits_1(tmp_path: Path, name: str) -> None:
    """It is not taken for evidence."""
    with pytest.raises(InvalidProofError):
        check_evidence(honest()[name], [LOG.key])
    (tmp_path / "file").write_bytes(write_evidence(honest()[name]))
    assert run(["auditor", "evidence", str(tmp_path / "file"), "--log", str(LOG.key)]) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_signed_by_a_stranger_convicts_nobody_else(kind: str) -> None:
    """Whoever brings the log's key is not fooled by the one in the file."""
    stranger = Ed25519Signer(ORIGIN, bytes(32)).key
    if kind != "witness-misconduct":
        with pytest.raises(InvalidProofError):
            check_evidence(KINDS[kind], [stranger])
    other = Ed25519Signer("other.example", bytes(32)).key
    with pytest.raises(InvalidProofError):
        check_evidence(KINDS[kind], [other])


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_changed_evidence_is_refused_or_proves_the_same(kind: str, data: st.DataObject) -> None:
    """Whatever is changed, out comes one of our errors, or a conviction of the same key."""
    received = data.draw(broken(write_evidence(KINDS[kind])))
    with suppress(MalformedError, InvalidProofError, UnsupportedError):
        conviction = check_evidence(read_evidence(received), [LOG.key])
        assert conviction.culprit == check_evidence(KINDS[kind]).culprit


def test_evidence_of_another_form_could_not_be_checked(tmp_path: Path) -> None:
    """A later version is not called false; what is no evidence at all is; nor is a file that is missing."""
    path = tmp_path / "file"
    for content, code in (
        (write_evidence(fork()).replace(b"evidence/1", b"evidence/2"), 3),
        (write_evidence(fork()).replace(b'"kind":"fork"', b'"kind":"spoon"'), 3),
        (b"{}", 1),
        (b"[", 1),
        (write_evidence(fork()) + b" ", 1),
        (b'{"kind":"fork","format":"psephos/evidence/1","log":["\xed\xa0\x80"]}', 1),
    ):
        path.write_bytes(content)
        assert run(["auditor", "evidence", str(path)]) == code
    assert run(["auditor", "evidence", str(tmp_path / "none")]) == 3
