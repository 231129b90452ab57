"""`psephos voter`: secrets from files or prompts, ballots that verify, and nothing told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from psephos.cli.main import run
from psephos.cli.voter import voter
from psephos.ports import UnixSeconds
from psephos.protocol import credentials, proofs
from psephos.protocol.ballot import BallotForm
from psephos.protocol.election import Question, read_election
from psephos.protocol.encoding import sha256_base64, sha256_hex, write_json
from psephos.protocol.group import Group, Randomness
from psephos.protocol.trustees import TrusteePublicKey
from psephos.record.charter import Charter, RegistrarKey
from psephos.roles import organiser

GROUP = Group("Ed25519")
UUID = "ABCDEFGHJKLMNP"
CREDENTIALS = [credentials.generate(Randomness.seeded(bytes([number]) * 32)) for number in range(4)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A voter's directory: setup.bel, charter.json, and her secrets. Voter 0 has a credential, voter 1 two halves."""
    rng = Randomness.system()
    key, pok = proofs.prove_possession(GROUP, GROUP.random_secrets(rng, 1), rng)
    registrars = tuple(RegistrarKey(name=f"Registrar {number}", key=key.text) for number in (1, 2))
    charter = Charter(
        format="psephos/charter/1",
        kind="real",
        uuid=UUID,
        group="Ed25519",
        title="A referendum",
        text="",
        questions=(Question(answers=("yes", "no", "blank"), min=1, max=1, question="Shall it be so?"),),
        trustees=("Trustee 1",),
        threshold=1,
        registrars=registrars,
        minimum_counted=1,
    )
    (tmp_path / "charter.json").write_bytes(write_json(charter))
    public = [
        credentials.derive_secrets(GROUP, UUID, halves).total().public()
        for halves in (CREDENTIALS[:1], CREDENTIALS[1:3])
    ]
    column = public[0].concat(public[1])
    listed = write_json([column.texts()[row] for row in credentials.in_order(GROUP, column)])
    trustees = write_json([("Single", TrusteePublicKey(pok=pok, public_key=key.text, name="Trustee 1"))])
    record = organiser.set_up(write_json(charter), trustees, listed, UnixSeconds(1_700_000_000))
    (tmp_path / "setup.bel").write_bytes(record)
    secret(tmp_path / "whole", credentials.with_check(CREDENTIALS[0]) + "\n")
    secret(tmp_path / "halves", "".join(credentials.with_check(half) + "\n" for half in CREDENTIALS[1:3]))
    secret(tmp_path / "choice", "2\n")
    return tmp_path


def secret(path: Path, text: str, mode: int = 0o600) -> Path:
    """Write a secret file."""
    path.write_text(text)
    path.chmod(mode)
    return path


def command(home: Path, verb: str, *extra: object, credential: str = "whole", choice: str | None = "choice") -> int:
    """Run `psephos voter VERB`."""
    files = ["--credential-file", home / credential, *(["--choice-file", home / choice] if choice else [])]
    return run(["voter", verb, *map(str, [home / "setup.bel", *files, "-o", home / "out", *extra])])


def written(home: Path, pattern: str) -> bytes:
    """The one file of that pattern."""
    (path,) = (home / "out").glob(pattern)
    return path.read_bytes()


def verified(home: Path, ballot: bytes) -> None:
    """Check a ballot as the ballot box does."""
    record = (home / "setup.bel").read_bytes()
    start = record.index(b'{"version":1,"description"')
    election = read_election(record[start : record.index(b"\0", start)])
    chunk, faults = BallotForm(election).read([ballot])
    assert not faults
    assert not chunk.check_signatures()
    assert not chunk.check_proofs()


@pytest.mark.parametrize("credential", ["whole", "halves"])
def test_cast_writes_a_ballot_that_verifies_and_prints_its_tracker(
    home: Path, credential: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A credential, and two halves; data on stdout, words on stderr."""
    assert command(home, "cast", credential=credential) == 0
    ballot = written(home, "ballot-*.json")
    verified(home, ballot)
    assert (home / "out" / f"ballot-{sha256_hex(ballot)[:16]}.json").exists()
    shown = capsys.readouterr()
    lines = dict(line.split(maxsplit=1) for line in shown.out.replace("in groups", "in-groups").splitlines())
    assert lines["tracker"] == sha256_base64(ballot)
    assert lines["fingerprint"] == sha256_hex(ballot)
    assert "until then it is not counted" in shown.err
    assert not any(half in shown.out + shown.err for half in CREDENTIALS)


def test_encrypt_then_cast_is_one_ballot(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The commitment printed first is the hash in the cast ballot."""
    assert command(home, "encrypt", "--charter", home / "charter.json", credential="halves") == 0
    commitment = capsys.readouterr().out.split()[1]
    (unsigned,) = (home / "out").glob("*.unsigned.json")
    assert command(home, "cast", "--unsigned", unsigned, choice=None, credential="halves") == 0
    ballot = written(home, "ballot-????????????????.json")
    verified(home, ballot)
    assert json.loads(ballot)["signature"]["hash"] == commitment
    assert command(home, "cast", "--unsigned", unsigned, choice=None, credential="whole") == 1
    assert command(home, "cast", "--unsigned", unsigned) == 2


@pytest.mark.parametrize("name", ["whole", "choice"])
def test_secret_file_that_others_may_read_is_refused(home: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Mode 0644 is refused for credential and choice."""
    (home / name).chmod(0o644)
    assert command(home, "cast") == 1
    assert "hint: chmod 600" in capsys.readouterr().err
    assert not (home / "out").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("whole", CREDENTIALS[3]),
        ("whole", CREDENTIALS[1]),
        ("whole", "not a credential"),
        ("whole", ""),
        ("choice", "4"),
        ("choice", "blank"),
        ("choice", "1\n2"),
    ],
)
def test_wrong_secret_is_refused_without_repeating_it(
    home: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No file is written, and what was in the file is not shown."""
    secret(home / name, text)
    assert command(home, "cast") == 1
    shown = capsys.readouterr()
    assert "error[" in shown.err
    assert not (home / "out").exists()
    if name == "whole" and text:
        assert text not in shown.out + shown.err


def test_secret_file_that_is_not_text_is_refused(home: Path) -> None:
    """Bytes that are no text end in an error, not in a trace."""
    (home / "whole").write_bytes(b"\xff\xfe")
    assert command(home, "cast") == 1


def test_charter_with_two_registrars_wants_two_halves(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the charter in hand, the command knows how many lines are needed."""
    assert command(home, "cast", "--charter", home / "charter.json") == 1
    assert "each registrar sent you a half" in capsys.readouterr().err
    changed = (home / "charter.json").read_bytes().replace(b"A referendum", b"B referendum")
    (home / "other.json").write_bytes(changed)
    assert command(home, "cast", "--charter", home / "other.json", credential="halves") == 1


def test_missing_record_could_not_be_read(home: Path) -> None:
    """Exit 3: nothing was proved."""
    (home / "setup.bel").unlink()
    assert command(home, "cast") == 3


def test_prompts_ask_until_typed_well_and_echo_nothing(home: Path) -> None:
    """Credential and choice may be typed; neither stands on the screen beside the tracker."""
    printed = credentials.with_check(CREDENTIALS[1])
    mistyped = ("2" if printed[0] != "2" else "3") + printed[1:]
    typed = ["nonsense", mistyped, CREDENTIALS[1], CREDENTIALS[2], "9", "9", "2", "2"]
    arguments = ["cast", str(home / "setup.bel"), "--charter", str(home / "charter.json"), "-o", str(home / "out")]
    result = CliRunner().invoke(voter, arguments, input="\n".join(typed) + "\n")
    assert result.exit_code == 0, result.output
    verified(home, written(home, "ballot-*.json"))
    assert "Shall it be so?" in result.stderr
    assert "look at group 1" in result.stderr
    assert not any(line.strip() in typed for line in result.output.splitlines())
    typed = [CREDENTIALS[0], "", "1", "1"]
    arguments = ["encrypt", str(home / "setup.bel"), "-o", str(home / "out2")]
    result = CliRunner().invoke(voter, arguments, input="\n".join(typed) + "\n")
    assert result.exit_code == 0, result.output


def test_secrets_cannot_be_given_in_arguments(home: Path) -> None:
    """There is no option that takes a credential or a choice itself."""
    for option in ("--credential", "--choice"):
        assert run(["voter", "cast", str(home / "setup.bel"), option, "1"]) == 2


def test_voter_path_imports_neither_rich_nor_verifier(home: Path) -> None:
    """One process per voter starts fast: what it does not need is not loaded."""
    code = (
        "import sys; from psephos.cli.main import run; code = run(sys.argv[1:]); "
        "heavy = [name for name in ('rich', 'psephos.verify', 'psephos.roles.registrar') if name in sys.modules]; "
        "sys.exit(code or (40 if heavy else 0))"
    )
    arguments = [home / "setup.bel", "--credential-file", home / "whole", "--choice-file", home / "choice", "-o", home]
    done = subprocess.run([sys.executable, "-c", code, "voter", "cast", *map(str, arguments)], check=False)
    assert done.returncode == 0
