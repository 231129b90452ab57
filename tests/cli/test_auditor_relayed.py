"""`psephos auditor relayed`: a relay's word, checked by anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from psephos.board.note import Ed25519Signer
from psephos.cli.main import run
from psephos.ports import UnixSeconds
from psephos.protocol.encoding import sha256_hex
from psephos.record.relaying import Relayed, sign_relayed
from tests.support.logged import hold_vote

SIGNER = Ed25519Signer("observer1.example/r", bytes(31) + b"\x09")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A word, the ballot that it is about, and another one."""
    vote = hold_vote()
    ballot = vote.ballots[0]
    word = sign_relayed(Relayed(vote.name, sha256_hex(ballot), UnixSeconds(1_769_421_600)), SIGNER)
    for name, content in (
        ("word", word),
        ("ballot", ballot),
        ("other", vote.ballots[1]),
        ("charter", vote.charter),
        ("nothing", b"received\n\n\xe2\x80\x94 a AAAAAAA=\n"),
    ):
        (tmp_path / name).write_bytes(content)
    return tmp_path


def check(files: Path, *words: str, key: Ed25519Signer = SIGNER, known: tuple[str, ...] = ()) -> int:
    """Check a word."""
    charter = known or ("--charter", str(files / "charter"))
    return run(["auditor", "relayed", *(str(files / word) for word in words), "--key", str(key.key), *charter])


def test_word_that_holds_tells_when_and_who(files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With the charter, or with the beginning of its fingerprint as people read it out."""
    name = hold_vote().name
    for known in ((), ("--fingerprint", name), ("--fingerprint", f"{name[:16]} {name[16:32].upper()}")):
        assert check(files, "word", "ballot", known=known) == 0
        printed = capfd.readouterr().out
        assert printed.startswith("2026-01-26T10:00:00Z  observer1.example/r  ")
        assert sha256_hex(hold_vote().ballots[0]) in printed


@pytest.mark.parametrize(
    ("words", "code"),
    [(("word", "other"), "mismatch"), (("nothing", "ballot"), "malformed"), (("ballot", "ballot"), "malformed")],
)
def test_word_about_something_else_is_refused(
    files: Path, words: tuple[str, str], code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Another ballot; a note that says nothing; no note."""
    assert check(files, *words) == 1
    assert f"error[{code}]" in capfd.readouterr().err


def test_word_of_another_key_or_charter_is_refused(files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The signature, and what was told about the referendum."""
    assert check(files, "word", "ballot", key=Ed25519Signer("observer1.example/r", bytes(32))) == 1
    assert "error[invalid-proof]" in capfd.readouterr().err
    assert check(files, "word", "ballot", known=("--fingerprint", "0" * 64)) == 1
    assert "error[mismatch]" in capfd.readouterr().err
