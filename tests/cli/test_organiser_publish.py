"""`psephos organiser publish`: both proofs of enough trustees, or nothing; and what a kill in between leaves."""

from pathlib import Path

import pytest

from psephos.adapters import sealing
from psephos.cli import organiser as commands
from psephos.cli.main import run
from tests.support.referendum import tampered
from tests.support.trustee_directories import World


@pytest.fixture(scope="module", name="decrypted")
def _decrypted(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two of three are needed; all three have decrypted."""
    head = b"age-encryption.org/v1\n-> scrypt SALT 18\n"
    with pytest.MonkeyPatch.context() as quick:  # scrypt takes seconds on purpose
        quick.setattr(sealing.passphrase, "encrypt", lambda content, _secret: head + content)
        quick.setattr(sealing.passphrase, "decrypt", lambda content, _secret: content.removeprefix(head))
        world = World(tmp_path_factory.mktemp("world"), size=3, threshold=2)
        world.hold()
        world.set_up()
        for index in (1, 2, 3):
            world.accept(index)
            assert world.decrypt(index).exit_code == 0
    return world


@pytest.fixture
def home(decrypted: World, tmp_path: Path) -> Path:
    """The organiser's directory, with what three trustees have sent."""
    for name in ("charter.json", "record.bel"):
        (tmp_path / name).write_bytes((decrypted.post / name).read_bytes())
    for index in (1, 2, 3):
        for name in (f"decryption-{index}.json", f"bound-{index}.json"):
            (tmp_path / name).write_bytes((decrypted.post / name).read_bytes())
    return tmp_path


def publish(home: Path, *names: str) -> int:
    """Run it on files of the directory; its exit code."""
    return run(["organiser", "publish", *(str(home / name) for name in names), "--home", str(home)])


def both(*indices: int) -> list[str]:
    """Both files of these trustees."""
    return [f"{kind}-{index}.json" for index in indices for kind in ("decryption", "bound")]


def test_answers_of_enough_trustees_make_a_result_that_verifies(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And every second proof is there: no trustee is named."""
    assert publish(home, *both(3, 1)) == 0
    assert run(["verify", str(home / "record.bel")]) == 0
    shown = capfd.readouterr().out
    assert "VERIFIED" in shown
    assert "note:" not in shown


def test_answer_without_its_second_proof_is_refused(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It says whose is missing and whom to ask; nothing is written."""
    before = (home / "record.bel").read_bytes()
    assert publish(home, *both(1), "decryption-3.json") == 1
    told = capfd.readouterr().err
    assert "decryption-3.json: the trustee's second proof is missing" in told
    assert "hint: ask the trustee for bound-N" in told
    assert (home / "record.bel").read_bytes() == before
    assert not (home / "record.bound.json").exists()


@pytest.mark.parametrize(
    ("name", "path", "told"),
    [
        ("decryption-3.json", ("decryption_proofs", 0, 1, "response"), "second proof is about another partial"),
        ("bound-3.json", ("proofs", 0, 1, "response"), "bound decryption proof does not hold"),
        ("bound-3.json", ("record",), "another record"),
        ("bound-3.json", ("payload",), "second proof is about another partial"),
    ],
)
def test_answer_that_does_not_hold_is_refused_and_its_trustee_named(
    home: Path, capfd: pytest.CaptureFixture[str], name: str, path: tuple[str | int, ...], told: str
) -> None:
    """One leaf changed in either file: refused, and nothing is written."""
    before = (home / "record.bel").read_bytes()
    (home / name).write_bytes(tampered((home / name).read_bytes(), path))
    assert publish(home, *both(1, 3)) == 1
    said = capfd.readouterr().err
    assert told in said
    assert "trustee 3" in said
    assert (home / "record.bel").read_bytes() == before
    assert not (home / "record.bound.json").exists()
    assert publish(home, *both(1, 2)) == 0


def test_too_few_answers_name_who_can_still_answer(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One of two: the absent ones are named."""
    assert publish(home, *both(2)) == 1
    told = capfd.readouterr().err
    assert "trustee 1" in told
    assert "trustee 3" in told
    assert not (home / "record.bound.json").exists()


def test_publishing_twice_is_refused(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """There is one result."""
    assert publish(home, *both(1, 2)) == 0
    before = (home / "record.bel").read_bytes(), (home / "record.bound.json").read_bytes()
    assert publish(home, *both(2, 3)) == 1
    assert "error[out-of-turn]" in capfd.readouterr().err
    assert ((home / "record.bel").read_bytes(), (home / "record.bound.json").read_bytes()) == before


def test_publish_killed_in_between_can_be_run_again_with_other_trustees(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second proofs are there and the result is not: the record is as before, and nothing stands in the way."""
    before = (home / "record.bel").read_bytes()

    def killed(record: Path, entries: bytes) -> None:
        raise KeyboardInterrupt(record, len(entries))

    with monkeypatch.context() as patch:
        patch.setattr(commands, "_append", killed)
        with pytest.raises(KeyboardInterrupt):
            commands.publish.callback([home / name for name in both(1, 2)], home)  # type: ignore[misc]
    assert (home / "record.bound.json").exists()
    assert (home / "record.bel").read_bytes() == before
    assert run(["verify", str(home / "record.bel")]) == 0
    assert publish(home, *both(2, 3)) == 0
    assert run(["verify", str(home / "record.bel")]) == 0


def test_verify_names_every_trustee_without_a_second_proof(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Beside the record, proofs of some or of none: the others are named, and the record is not false for that."""
    assert publish(home, *both(1, 3)) == 0
    (home / "record.bound.json").unlink()
    capfd.readouterr()
    assert run(["verify", str(home / "record.bel")]) == 0
    shown = capfd.readouterr().out
    for index in (1, 3):
        assert f"trustee {index}" in shown
