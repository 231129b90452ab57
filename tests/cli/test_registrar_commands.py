"""`psephos registrar`: from a roll to sealed deliveries, alone and in pairs; and every refusal."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyrage import x25519

from psephos.adapters.sealing import open_for
from psephos.cli.main import run
from psephos.cli.registrar import registrar
from psephos.errors import RefusedError
from psephos.ports import UnixSeconds
from psephos.protocol import proofs
from psephos.protocol.credentials import read_typed
from psephos.protocol.election import Question
from psephos.protocol.encoding import read_json, sha256_hex, write_json
from psephos.protocol.group import Group, Randomness
from psephos.protocol.trustees import TrusteePublicKey
from psephos.record.acceptance import check_acceptance, read_setup
from psephos.record.charter import Charter, RegistrarKey
from psephos.roles import organiser

GROUP = Group("Ed25519")
POST, SMS = x25519.Identity.generate(), x25519.Identity.generate()
VOTERS = [f"Voter {number}" for number in range(1, 8)]


def charter(path: Path, *keys: RegistrarKey) -> Path:
    """A charter file with these registrars."""
    content = Charter(
        format="psephos/charter/1",
        kind="real",
        uuid="ABCDEFGHJKLMNP",
        group="Ed25519",
        title="A referendum",
        text="",
        questions=(Question(answers=("yes", "no", "blank"), min=1, max=1, question="Shall it be so?"),),
        trustees=("Trustee 1",),
        threshold=1,
        registrars=keys,
        minimum_counted=1,
    )
    path.write_bytes(write_json(content))
    return path


def new_key(home: Path, name: str) -> RegistrarKey:
    """`registrar key`, with the passphrase in a file beside it."""
    home.mkdir()
    (home / "passphrase").write_text("correct horse battery\n")
    (home / "passphrase").chmod(0o600)
    assert command("key", home, "--name", name, "--home", home, "-o", home) == 0
    return read_json((home / "registrar.json").read_bytes(), RegistrarKey, what="registrar.json")


def command(verb: str, home: Path, *arguments: object) -> int:
    """Run `psephos registrar VERB` with that party's passphrase."""
    secret = ["--passphrase-file", str(home / "passphrase")] if verb != "issue" else []
    return run(["registrar", verb, *map(str, arguments), *secret])


def roll(path: Path, *, channels: tuple[str, ...] = ("post", "sms")) -> Path:
    """A roll file."""
    lines = ["id,channel", *(f"{voter},{channels[row % len(channels)]}" for row, voter in enumerate(VOTERS))]
    path.write_text("\n".join(lines) + "\n")
    return path


DELIVERERS = ["--deliverer", f"post={POST.to_public()}", "--deliverer", f"sms={SMS.to_public()}"]


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A directory with a charter of one registrar (whose key is in nobody's file) and a roll."""
    key = GROUP.random_secrets(Randomness.system(), 1).public()[0].text
    charter(tmp_path / "charter.json", RegistrarKey(name="Registrar 1", key=key))
    roll(tmp_path / "roll.csv")
    return tmp_path


def issue(directory: Path, *extra: object, count: int = len(VOTERS)) -> int:
    """`registrar issue` in that directory."""
    files = [directory / "charter.json", directory / "roll.csv"]
    return command("issue", directory, *files, "--count", count, *DELIVERERS, "-o", directory / "out", *extra)


def opened(out: Path, channel: str, identity: x25519.Identity) -> list[dict[str, str]]:
    """The lines of a delivery."""
    content = open_for((out / f"delivery-{channel}.age").read_bytes(), str(identity), what=channel)
    return [json.loads(line) for line in content.splitlines()]


def test_issue_seals_each_delivery_to_its_deliverer_only(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A delivery opens with its deliverer's identity and no other; no file or output shows a credential."""
    assert issue(one) == 0
    rows = [*opened(one / "out", "post", POST), *opened(one / "out", "sms", SMS)]
    assert {row["id"] for row in rows} == set(VOTERS)
    with pytest.raises(RefusedError):
        opened(one / "out", "post", SMS)
    assert sorted(path.name for path in (one / "out").iterdir()) == [
        "delivery-post.age",
        "delivery-sms.age",
        "public-credentials.json",
    ]
    shown = capsys.readouterr()
    content = b"".join(path.read_bytes() for path in (one / "out").iterdir()) + (shown.out + shown.err).encode()
    for row in rows:
        assert row["credential"].encode() not in content
        assert read_typed(row["credential"]).encode() not in content
    assert "next: give each delivery file to its deliverer" in shown.err


def test_issue_again_is_refused_and_changes_nothing(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is overwritten; what to do after an interruption is said."""
    assert issue(one) == 0
    before = {path: path.read_bytes() for path in (one / "out").iterdir()}
    assert issue(one) == 1
    (one / "out" / "public-credentials.json").unlink()
    assert issue(one) == 1
    assert "delete the delivery files and go on" in capsys.readouterr().err
    for path in (one / "out").iterdir():
        assert path.read_bytes() == before[path]


def test_issue_with_the_wrong_count_is_refused(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The registrar's number must be the roll's."""
    assert issue(one, count=8) == 1
    assert not (one / "out").exists()
    assert "7 voters, and the number typed is 8" in capsys.readouterr().err


def test_issue_with_errors_in_the_roll_lists_all_and_issues_nothing(
    one: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every bad line with number, value and reason."""
    (one / "roll.csv").write_text("id,channel\nVoter 1,post\nVoter 1,sms\nVoter 2,pigeon\n")
    assert issue(one, count=3) == 1
    shown = capsys.readouterr().err
    assert "line 3: 'Voter 1': the id is the same as in line 2" in shown
    assert "line 4: 'pigeon': unknown channel; channels with a deliverer: post, sms" in shown
    assert not (one / "out").exists()


@pytest.mark.parametrize("deliverer", ["post", "../x=age1q", "post=age1q", "post=", "sms=age1x"])
def test_issue_with_a_bad_deliverer_is_a_usage_error(one: Path, deliverer: str) -> None:
    """A recipient is checked before anything is made."""
    assert issue(one, "--deliverer", deliverer) == 2
    assert not (one / "out").exists()


def test_issue_asks_for_the_count(one: Path) -> None:
    """The number may be typed at a prompt."""
    files = [str(one / "charter.json"), str(one / "roll.csv"), *DELIVERERS, "-o", str(one / "out")]
    assert CliRunner().invoke(registrar, ["issue", *files], input="7\n").exit_code == 0


def test_key_is_made_once(tmp_path: Path) -> None:
    """The key file is its owner's; the same command again gives the same public part, another name is refused."""
    key = new_key(tmp_path / "home", "Registrar 1")
    path = tmp_path / "home" / "registrar.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt")
    before = path.read_bytes()
    (tmp_path / "home" / "registrar.json").unlink()
    home = tmp_path / "home"
    assert command("key", home, "--name", "Registrar 1", "--home", home, "-o", home) == 0
    assert read_json((home / "registrar.json").read_bytes(), RegistrarKey, what="registrar.json") == key
    assert command("key", home, "--name", "Registrar 2", "--home", home, "-o", home) == 1
    (home / "passphrase").write_text("another passphrase")
    assert command("key", home, "--name", "Registrar 1", "--home", home, "-o", home) == 1
    assert path.read_bytes() == before


@pytest.fixture
def quick_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files under a passphrase without scrypt's second of work; `test_key_is_made_once` has the real ones."""

    def mark(passphrase: str) -> bytes:
        return sha256_hex(passphrase.encode()).encode()

    def open_quickly(content: bytes, passphrase: str, *, what: str) -> bytes:
        if not content.startswith(mark(passphrase)):
            raise RefusedError(what)
        return content.removeprefix(mark(passphrase))

    monkeypatch.setattr("psephos.cli.registrar.seal_with_passphrase", lambda content, word: mark(word) + content)
    monkeypatch.setattr("psephos.cli.registrar.open_with_passphrase", open_quickly)


@pytest.fixture
def pair(tmp_path: Path, quick_passphrases: None) -> Path:
    """Two registrars, each with its own home and roll, and a charter that names both."""
    del quick_passphrases
    directory = tmp_path
    keys = [new_key(directory / str(number), f"Registrar {number}") for number in (1, 2)]
    charter(directory / "charter.json", *keys)
    roll(directory / "1" / "roll.csv", channels=("post",))
    roll(directory / "2" / "roll.csv", channels=("sms",))
    return directory


def party(directory: Path, number: int, verb: str, *arguments: object) -> int:
    """Run a verb in the home of registrar 1 or 2."""
    home = directory / str(number)
    return command(verb, home, directory / "charter.json", *arguments, "--home", home, "-o", home)


def test_two_registrars_from_key_to_forget(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole exchange through files: wrong order refused, the same list on both sides, nothing kept."""
    one, two = pair / "1", pair / "2"
    assert party(pair, 1, "reveal", two / "commitment-2.json") == 3
    assert party(pair, 1, "commit", one / "roll.csv", "--count", 7) == 0
    assert party(pair, 2, "commit", two / "roll.csv", "--count", 7) == 0
    before = (one / "commitment-1.json").read_bytes()
    assert party(pair, 1, "commit", one / "roll.csv", "--count", 7) == 0
    assert (one / "commitment-1.json").read_bytes() == before
    assert stat.S_IMODE((one / "halves-1.age").stat().st_mode) == 0o600

    assert party(pair, 1, "combine", one / "roll.csv", two / "reveal-2.age", *DELIVERERS) == 1
    assert "reveal comes before" in capsys.readouterr().err
    assert party(pair, 1, "reveal", one / "commitment-1.json") == 1
    assert not (one / "reveal-1.age").exists()
    assert party(pair, 1, "reveal", two / "commitment-2.json") == 0
    assert party(pair, 2, "reveal", one / "commitment-1.json") == 0
    sent = (one / "reveal-1.age").read_bytes()
    assert party(pair, 1, "reveal", two / "commitment-2.json") == 1
    assert (one / "reveal-1.age").read_bytes() == sent
    capsys.readouterr()

    assert party(pair, 1, "combine", one / "roll.csv", one / "reveal-1.age", *DELIVERERS) == 1
    assert party(pair, 1, "combine", one / "roll.csv", two / "reveal-2.age", *DELIVERERS) == 0
    assert party(pair, 2, "combine", two / "roll.csv", one / "reveal-1.age", *DELIVERERS) == 0
    public = (one / "public-credentials.json").read_bytes()
    assert public == (two / "public-credentials.json").read_bytes()
    assert len(json.loads(public)) == len(VOTERS)
    first, second = opened(one, "post", POST), opened(two, "sms", SMS)
    assert [row["id"] for row in first] == [row["id"] for row in second] == VOTERS
    assert {row["part"] for row in first} == {"1 of 2"}

    accepted(pair)

    assert run(["registrar", "forget", "--home", str(one), "--yes"]) == 0
    assert "cannot remove: backups" in capsys.readouterr().err
    assert not list(one.glob("halves*"))
    assert not list(one.glob("answered*"))
    assert party(pair, 1, "combine", one / "roll.csv", two / "reveal-2.age", *DELIVERERS) == 1


def accepted(pair: Path) -> None:
    """Registrar 1 accepts the setup, with the right fingerprint only."""
    home = pair / "1"
    public = (home / "public-credentials.json").read_bytes()
    key, pok = proofs.prove_possession(GROUP, GROUP.random_secrets(Randomness.system(), 1), Randomness.system())
    trustees = write_json([("Single", TrusteePublicKey(pok=pok, public_key=key.text, name="Trustee 1"))])
    received = (pair / "charter.json").read_bytes()
    (pair / "setup.bel").write_bytes(organiser.set_up(received, trustees, public, UnixSeconds(1_700_000_000)))
    (pair / "other.json").write_bytes(b"[]")

    def accept(listed: Path, told: str) -> int:
        files = [pair / "setup.bel", pair / "charter.json", listed]
        return command("accept", home, *files, "--fingerprint", told, "--home", home, "-o", home)

    class Source:
        """The record in memory."""

        def size(self) -> int:
            return (pair / "setup.bel").stat().st_size

        def read(self, offset: int, length: int) -> bytes:
            return (pair / "setup.bel").read_bytes()[offset : offset + length]

    told = read_setup(Source()).fingerprint
    assert accept(pair / "other.json", told) == 1
    assert accept(home / "public-credentials.json", "0" * 64) == 1
    assert accept(home / "public-credentials.json", told[:10]) == 1
    assert not (home / "acceptance-registrar-1.json").exists()
    assert accept(home / "public-credentials.json", told.upper()) == 0
    made = (home / "acceptance-registrar-1.json").read_bytes()
    assert accept(home / "public-credentials.json", told) == 0
    (home / "acceptance-registrar-1.json").write_bytes(made.replace(told[:8].encode(), b"00000000"))
    assert accept(home / "public-credentials.json", told) == 1
    (home / "acceptance-registrar-1.json").write_bytes(made)
    registrars = read_json(received, Charter, what="charter").registrars
    check_acceptance(
        (home / "acceptance-registrar-1.json").read_bytes(),
        party="registrar 1",
        key=GROUP.element(registrars[0].key.encode()),
        setup=told,
        group=GROUP,
    )


def test_tampered_messages_between_registrars_are_refused_and_named(
    pair: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who carries the messages can change none of them, nor exchange a commitment after it was answered."""
    one, two, bad = pair / "1", pair / "2", pair / "bad"
    for number in (1, 2):
        assert party(pair, number, "commit", pair / str(number) / "roll.csv", "--count", 7) == 0
    commitment = (two / "commitment-2.json").read_bytes()
    bad.write_bytes(commitment.replace(b'"count":7', b'"count":8'))
    capsys.readouterr()
    assert party(pair, 1, "reveal", bad) == 1
    assert "signature of the commitment does not hold" in (shown := capsys.readouterr().err)
    assert "[Registrar 2]" in shown
    assert not (one / "reveal-1.age").exists()

    assert party(pair, 1, "reveal", two / "commitment-2.json") == 0
    assert party(pair, 2, "reveal", one / "commitment-1.json") == 0
    for leftover in ("halves-2.age", "commitment-2.json"):
        (two / leftover).rename(pair / leftover)
    assert party(pair, 2, "commit", two / "roll.csv", "--count", 7) == 0
    assert party(pair, 1, "reveal", two / "commitment-2.json") == 1
    assert "never overwritten" in capsys.readouterr().err

    sealed = bytearray((two / "reveal-2.age").read_bytes())
    sealed[-1] ^= 1
    bad.write_bytes(sealed)
    assert party(pair, 1, "combine", one / "roll.csv", bad, *DELIVERERS) == 1
    assert "does not open it" in capsys.readouterr().err
    assert not (one / "public-credentials.json").exists()


def test_forget_asks_first(tmp_path: Path) -> None:
    """Nothing is removed without a yes."""
    (tmp_path / "halves-1.age").write_bytes(b"x")
    assert CliRunner().invoke(registrar, ["forget", "--home", str(tmp_path)], input="n\n").exit_code == 1
    assert (tmp_path / "halves-1.age").exists()
    assert CliRunner().invoke(registrar, ["forget", "--home", str(tmp_path)], input="y\n").exit_code == 0
    assert not (tmp_path / "halves-1.age").exists()
