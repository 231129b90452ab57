"""`psephos voter check-challenge`: exit codes, and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from psephos.cli.main import run
from tests.roles.test_voter_challenge import CREDENTIAL, election, file_of, made


@pytest.fixture
def challenge(tmp_path: Path) -> Path:
    """A test file of an honest device."""
    path = tmp_path / "psephos-test.json"
    path.write_bytes(file_of(made()))
    return path


def credential_file(folder: Path, text: str) -> str:
    """A secret file."""
    path = folder / "credential"
    path.write_text(f"{text}\n")
    path.chmod(0o600)
    return str(path)


def test_honest_challenge_is_shown(challenge: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Answers, seal and election; with the credential, that it was made for it; the credential is not repeated."""
    command = ["voter", "check-challenge", str(challenge), "--election", election().fingerprint]
    assert run([*command, "--credential-file", credential_file(tmp_path, CREDENTIAL)]) == 0
    shown = capsys.readouterr()
    assert "A bridge?: no\nWhich?: A, C\n" in shown.out
    assert CREDENTIAL not in shown.out + shown.err


@pytest.mark.parametrize("option", ["--commitment", "--election"])
def test_other_seal_or_election_is_told(challenge: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What the voter noted is not what the file holds: verified false."""
    assert run(["voter", "check-challenge", str(challenge), option, "A" * 43]) == 1
    assert "another one" in capsys.readouterr().out


def test_dishonest_device_is_told(challenge: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The ballot holds another choice than the one opened: verified false."""
    challenge.write_bytes(file_of(made() | {"choice": [[1, 0, 0], [0, 1, 0, 1]]}))
    assert run(["voter", "check-challenge", str(challenge)]) == 1
    assert "does not hold the choice" in capsys.readouterr().out


def test_ballot_for_another_credential_is_told(
    challenge: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The device encrypted for somebody else: verified false."""
    other = credential_file(tmp_path, "bbcde-FGHJKL-mnopq-23456Z")
    assert run(["voter", "check-challenge", str(challenge), "--credential-file", other]) == 1
    assert "another credential" in capsys.readouterr().out
