"""`psephos registrar letters`: from a sealed delivery to papers, and nothing else anywhere."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from pyrage import x25519

from psephos.adapters.sealing import seal_for
from psephos.cli.main import run
from psephos.protocol.encoding import write_json
from psephos.record.charter import fingerprint, read_charter
from psephos.record.roll import read_roll
from psephos.roles import registrar as role
from tests.result.paper import codes_on, opened, text_on
from tests.roles.test_registrar import ROLL, Pair, pair, public_of
from tests.support.referendum import make_charter
from tests.support.world import randomness

__all__ = ["pair"]

DELIVERER = x25519.Identity.generate()
CHARTER = make_charter()
ADDRESS = "https://booth.example/"


def issue(count: int) -> bytes:
    """The content of a delivery to the channel `post`."""
    rows = "".join(f'{number},post,"{number} High Street"\n' for number in range(1, count + 1))
    roll = read_roll(f"id,channel,address\n{rows}".encode(), channels={"post": ""})
    return role.issue(CHARTER, roll, randomness(6), lambda _: None).deliveries["post"]


@pytest.fixture
def deliverer(tmp_path: Path) -> Path:
    """A deliverer's directory: identity, charter, sealed delivery."""
    (tmp_path / "charter.json").write_bytes(CHARTER)
    identity = tmp_path / "identity.txt"
    identity.write_text(f"# created: 2026-11-27\n# public key: {DELIVERER.to_public()}\n{DELIVERER}\n")
    identity.chmod(0o600)
    (tmp_path / "delivery-post.age").write_bytes(seal_for(issue(7), str(DELIVERER.to_public())))
    return tmp_path


def letters(directory: Path, *extra: str, identity: str = "identity.txt") -> int:
    """Run the command in that directory."""
    files = [str(directory / name) for name in ("delivery-post.age", "charter.json")]
    options = ["--identity", str(directory / identity), "--address", ADDRESS, "-o", str(directory / "out")]
    return run(["registrar", "letters", *files, *options, *extra])


def test_letters_are_written_once_for_their_owner_alone(deliverer: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Every voter of the delivery has a letter; only the papers hold secrets; nothing is printed of them."""
    before = {path.name for path in deliverer.iterdir()}
    assert letters(deliverer) == 0
    out, err = capfd.readouterr()
    assert {path.name for path in deliverer.iterdir()} == before | {"out"}
    (path,) = (deliverer / "out").iterdir()
    assert path.name == "letters-post.pdf"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in issue(7).splitlines()]
    with opened(path.read_bytes()) as pages:
        assert len(pages) == 14
        for number, line in enumerate(lines):
            assert line["credential"] in codes_on(pages[2 * number + 1])
            assert f"{number + 1} High Street" in text_on(pages[2 * number])
    assert not any(line["credential"][:11] in out + err for line in lines)


def test_letters_in_batches_are_kept_when_they_are_made_again(
    deliverer: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What was there already is the very same; what is missing is made."""
    assert letters(deliverer, "--per-file", "3") == 0
    names = ["letters-post-1-3.pdf", "letters-post-4-6.pdf", "letters-post-7-7.pdf"]
    assert sorted(path.name for path in (deliverer / "out").iterdir()) == names
    (deliverer / "out" / names[1]).unlink()
    capfd.readouterr()
    assert letters(deliverer, "--per-file", "3") == 0
    said = capfd.readouterr().err
    assert [
        f"{word} {deliverer / 'out' / name}" in said
        for word, name in zip(("kept", "wrote", "kept"), names, strict=True)
    ] == [True] * 3


def test_what_a_killed_run_left_is_removed(deliverer: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A file without a name of its own holds credentials, too; other files stay."""
    out = deliverer / "out"
    out.mkdir()
    names = (".letters-post.pdf", ".letters-post-001-250.pdf", ".letters-post-1-3.pdf", ".letters-sms.pdf")
    *left, other = (out / f"{name}.0123456789abcdef.part" for name in names)
    for path in (*left, other):
        path.write_bytes(b"%PDF")
    assert letters(deliverer) == 0
    said = capfd.readouterr().err
    for path in left:
        assert f"removed {path}" in said
    assert f"note: {other} was left by another run" in said
    assert {path.name for path in out.iterdir()} == {"letters-post.pdf", other.name}


def test_other_letters_are_never_overwritten(deliverer: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Not even by letters of the same voters in another layout."""
    assert letters(deliverer) == 0
    kept = (deliverer / "out" / "letters-post.pdf").read_bytes()
    assert letters(deliverer, "--layout", "two-page") == 1
    assert "error[refused]" in capfd.readouterr().err
    assert (deliverer / "out" / "letters-post.pdf").read_bytes() == kept
    assert len(list((deliverer / "out").iterdir())) == 1


def test_identity_that_others_may_read_is_refused(deliverer: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And nothing is written."""
    (deliverer / "identity.txt").chmod(0o644)
    assert letters(deliverer) == 1
    assert "chmod 600" in capfd.readouterr().err
    assert not (deliverer / "out").exists()


@pytest.mark.parametrize(
    ("content", "code"), [("AGE-SECRET-KEY-1QQQ\n", "refused"), ("no identity\n", "malformed"), ("\udcff", "malformed")]
)
def test_wrong_identity_opens_nothing(
    deliverer: Path, content: str, code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The error shows nothing of the identity."""
    other = deliverer / "other.txt"
    other.write_bytes(content.encode(errors="surrogateescape"))
    other.chmod(0o600)
    assert letters(deliverer, identity="other.txt") == 1
    said = capfd.readouterr().err
    assert f"error[{code}]" in said
    assert "QQQ" not in said
    assert not (deliverer / "out").exists()


def test_second_identity_of_a_file_opens_as_well(deliverer: Path) -> None:
    """As age itself tries each."""
    path = deliverer / "identity.txt"
    path.write_text(f"{x25519.Identity.generate()}\n{DELIVERER}\n")
    assert letters(deliverer) == 0


def test_delivery_of_another_charter_is_refused(deliverer: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Voters would compare a fingerprint that the booth does not show."""
    (deliverer / "charter.json").write_bytes(make_charter(title="Another bridge"))
    assert letters(deliverer) == 1
    assert "of another charter" in capfd.readouterr().err
    assert not (deliverer / "out").exists()


@pytest.mark.parametrize(
    "address",
    [
        "booth.example",
        "https://",
        "https://booth.example/ x",
        "javascript:alert(1)",
        "https://booth.example/" + "x" * 300,
    ],
)
def test_address_that_is_none_is_refused(deliverer: Path, address: str) -> None:
    """Before anything is opened."""
    assert letters(deliverer, "--address", address) == 2
    assert not (deliverer / "out").exists()


def test_letters_that_show_a_number_outside_are_named(deliverer: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """By their place; not what the roll says of them."""
    read = read_charter(CHARTER)
    lines = [json.loads(line) for line in issue(2).splitlines()]
    lines[1] |= {"id": "Voter 17", "address": "", "charter": fingerprint(CHARTER), "title": read.title}
    content = b"".join(write_json(line) + b"\n" for line in lines)
    (deliverer / "delivery-post.age").write_bytes(seal_for(content, str(DELIVERER.to_public())))
    assert letters(deliverer) == 0
    said = capfd.readouterr().err
    assert "1 letters show their number outside" in said
    assert "delivery: 2" in said
    assert "Voter 17" not in said


def test_address_of_too_many_lines_is_refused_with_its_number(
    deliverer: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its lines would leave the window, and run over the fold; also where lines are few and long."""
    fits = ", ".join(f"Line {number}" for number in range(7))
    high, long = ", ".join(f"Zq{number}" for number in range(9)), "Zq long words " * 25
    for bad, code in (((), 0), ((high,), 3), ((long,), 3)):
        lines = [json.loads(line) | {"address": fits} for line in issue(3).splitlines()]
        for line, address in zip(lines[1:], bad, strict=False):
            line["address"] = address
        content = b"".join(write_json(line) + b"\n" for line in lines)
        (deliverer / "delivery-post.age").write_bytes(seal_for(content, str(DELIVERER.to_public())))
        assert letters(deliverer, "-o", str(deliverer / f"out{code}")) == code
        said = capfd.readouterr().err
        assert ("letters 2" in said) == bool(bad)
        assert "Zq" not in said
    assert not (deliverer / "out3").exists()


def test_address_of_separators_alone_is_none(deliverer: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The letter has what letters without an address have; the others are made as well."""
    lines = [json.loads(line) for line in issue(3).splitlines()]
    lines[0] |= {"id": "Citizen 17", "address": ", ;\u200f"}
    lines[1] |= {"id": ",", "address": ","}
    content = b"".join(write_json(line) + b"\n" for line in lines)
    (deliverer / "delivery-post.age").write_bytes(seal_for(content, str(DELIVERER.to_public())))
    assert letters(deliverer) == 0
    assert "delivery: 2" in capfd.readouterr().err
    with opened((deliverer / "out" / "letters-post.pdf").read_bytes()) as pages:
        assert [text_on(page).strip() for page in pages[::2]] == ["Citizen 17", "2", "3 High Street"]


def test_letters_of_two_registrars_make_a_listed_credential(
    tmp_path: Path, pair: Pair, capfd: pytest.CaptureFixture[str]
) -> None:
    """Read from both papers by a camera, a voter's two halves are the credential that is listed; one of them is not."""
    listed = json.loads(pair.combine(1).public)
    (tmp_path / "charter.json").write_bytes(pair.received)
    identity = tmp_path / "identity.txt"
    identity.write_text(f"{DELIVERER}\n")
    identity.chmod(0o600)
    read: dict[int, list[str]] = {}
    for number in (1, 2):
        sealed = seal_for(pair.combine(number).deliveries["sms"], str(DELIVERER.to_public()))
        path = tmp_path / f"registrar-{number}" / "delivery-sms.age"
        path.parent.mkdir()
        path.write_bytes(sealed)
        files = [str(path), str(tmp_path / "charter.json"), "--identity", str(identity), "--address", ADDRESS]
        assert run(["registrar", "letters", *files, "-o", str(path.parent)]) == 0
        with opened((path.parent / "letters-sms.pdf").read_bytes()) as pages:
            read[number] = [(codes_on(page) - {ADDRESS}).pop() for page in pages[1::2]]
    assert len(read[1]) == len(read[2]) == len([row for row in ROLL.rows if row.channel == "sms"])
    for one, two in zip(read[1], read[2], strict=True):
        assert public_of(one, two) == public_of(two, one)
        assert public_of(one, two) in listed
        assert public_of(one) not in listed
        assert public_of(two) not in listed
    assert "they are, by their place in the delivery: 1, 2, 3" in capfd.readouterr().err
