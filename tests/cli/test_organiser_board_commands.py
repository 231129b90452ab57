"""The organisers' commands for a referendum on a board: define, key, sign, combine."""

from __future__ import annotations

from pathlib import Path

import pytest

from psephos.adapters.files import write_new
from psephos.board.note import read_verifier_key
from psephos.cli import note_key
from psephos.cli.main import run
from psephos.protocol.encoding import write_json
from psephos.protocol.group import Group
from psephos.record.charter import RegistrarKey, fingerprint, read_charter
from psephos.record.terms import read_terms, verify_organisers_note
from tests.roles.test_organiser_board import observers
from tests.support.logged import LOG
from tests.support.world import randomness

_TOML = """
kind = "rehearsal"
title = ["A bridge"]
trustees = ["Trustee 1", "Trustee 2", "Trustee 3"]
threshold = 2
minimum_counted = 1

[[question]]
text = ["A bridge?"]
answers = [["Yes"], ["No"]]

[board]
log = "{log}"
organisers = [{organisers}]
organisers_needed = 2
opens_at = 2026-12-01T08:00:00+01:00
earliest_close = 2026-12-01T18:00:00+01:00
closes_at = 2026-12-01T20:00:00+01:00
latest_close = 2026-12-02T20:00:00+01:00
"""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealing without scrypt, which takes seconds on purpose."""
    monkeypatch.setattr(note_key, "seal_with_passphrase", lambda content, secret: secret.encode() + content[::-1])

    def opened(content: bytes, secret: str, *, what: str) -> bytes:
        assert content.startswith(secret.encode()), what
        return content.removeprefix(secret.encode())[::-1]

    monkeypatch.setattr(note_key, "open_with_passphrase", opened)


@pytest.fixture
def home(tmp_path: Path, quick: None, capfd: pytest.CaptureFixture[str]) -> Path:
    """Three organisers with their keys, and the charter that names them."""
    del quick
    write_new(tmp_path / "passphrase", b"the organiser's own secret\n", secret=True)
    keys = []
    for number in (1, 2, 3):
        assert key(tmp_path, number) == 0
        keys.append(capfd.readouterr().out.strip())
    define(tmp_path, keys)
    capfd.readouterr()
    return tmp_path


def key(root: Path, number: int, name: str = "") -> int:
    """An organiser makes her key."""
    name = name or f"organiser{number}.example/2026"
    return run([*["organiser", "key", "--name"], name, *options(root, number)])


def options(root: Path, number: int) -> list[str]:
    """An organiser's own directory."""
    home = str(root / f"organiser-{number}")
    return ["--home", home, "--out", home, "--passphrase-file", str(root / "passphrase")]


def definition(keys: list[str], count: int = 4) -> str:
    """referendum.toml."""
    text = _TOML.format(log=LOG.key, organisers=", ".join(f'"{one}"' for one in keys))
    for one in observers(count):
        lists = {name: "[" + ", ".join(f'"{text}"' for text in one[name]) + "]" for name in ("witness", "verifying")}
        text += f'\n[[board.observer]]\nname = "{one["name"]}"\nurl = "{one["url"]}"\n'
        text += "".join(f"{name} = {value}\n" for name, value in lists.items())
    return text


def define(root: Path, keys: list[str], count: int = 4) -> int:
    """`psephos organiser define`."""
    public = Group("Ed25519").random_secrets(randomness(9), 1).public()[0].text
    (root / "registrar.json").write_bytes(write_json(RegistrarKey(name="Registrar 1", key=public)))
    (root / "referendum.toml").write_text(definition(keys, count))
    registrar = ["--registrar", str(root / "registrar.json")]
    return run(["organiser", "define", str(root / "referendum.toml"), *registrar, "--home", str(root)])


def sign(root: Path, number: int, *words: str) -> int:
    """An organiser signs."""
    return run(["organiser", "sign", *words, *options(root, number)])


def test_charter_has_the_board_and_its_fingerprint_is_printed(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The terms follow from the section; the next step is said; few observers are a warning on stderr, not an error."""
    charter = (home / "charter.json").read_bytes()
    board = read_charter(charter).board
    assert board is not None
    assert (board.log, board.organisers_needed, read_terms(board).tally.groups[-1].threshold) == (str(LOG.key), 2, 3)
    (tmp_path / "small").mkdir()
    assert define(tmp_path / "small", list(board.organisers), count=3) == 0
    printed = capfd.readouterr()
    assert printed.out.strip() == fingerprint((tmp_path / "small" / "charter.json").read_bytes())
    assert "warning: 3 observers" in printed.err
    assert "psephos organiser sign charter" in printed.err


@pytest.mark.parametrize("minimum", [0, 1])
def test_real_vote_whose_ballots_could_be_decrypted_alone_is_refused(
    minimum: int, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The sum of one ballot is a ballot; a rehearsal of one voter may be counted."""
    text = (home / "referendum.toml").read_text().replace("minimum_counted = 1", f"minimum_counted = {minimum}")
    registrar = ["--registrar", str(home / "registrar.json")]
    for kind, code in (("rehearsal", 0), ("real", 1)):
        there = home / kind
        there.mkdir()
        (there / "referendum.toml").write_text(text.replace('kind = "rehearsal"', f'kind = "{kind}"'))
        assert run(["organiser", "define", str(there / "referendum.toml"), *registrar, "--home", str(there)]) == code
        assert (there / "charter.json").exists() is not bool(code)
    assert "(at /minimum_counted)" in capfd.readouterr().err


def test_definition_that_does_not_fit_is_refused(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is written; the field is named."""
    text = (home / "referendum.toml").read_text().replace("+01:00", "", 1)
    (home / "again").mkdir()
    (home / "again" / "referendum.toml").write_text(text)
    registrar = ["--registrar", str(home / "registrar.json")]
    arguments = ["organiser", "define", str(home / "again" / "referendum.toml"), *registrar]
    assert run([*arguments, "--home", str(home / "again")]) == 1
    assert "error[malformed]: referendum.toml, [board]" in capfd.readouterr().err
    assert not (home / "again" / "charter.json").exists()


def test_key_is_made_once_and_kept(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Again, it prints the same key; under another name it refuses; the secret is for its owner only."""
    path = home / "organiser-1" / "organiser.key.age"
    before = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert key(home, 1) == 0
    printed = capfd.readouterr().out.strip()
    assert read_verifier_key(printed).name == "organiser1.example/2026"
    assert (home / "organiser-1" / "organiser.vkey").read_text() == f"{printed}\n"
    assert key(home, 1, "other.example/2026") == 1
    assert "is the key of organiser1.example/2026" in capfd.readouterr().err
    assert path.read_bytes() == before


def test_two_of_three_put_the_charter_into_force(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each is shown what she signs; the notes come together; the outcome is what the board takes."""
    charter = home / "charter.json"
    name = fingerprint(charter.read_bytes())
    for number in (3, 1):
        assert sign(home, number, "charter", str(charter), "--fingerprint", name) == 0
        assert "question: A bridge? — Yes | No" in capfd.readouterr().err
    notes = sorted(str(path) for path in home.glob("organiser-*/charter-*.note"))
    assert run(["organiser", "combine", str(charter), notes[0], "--out", str(home)]) == 1
    assert "ask for the note of one of: " in capfd.readouterr().err
    assert not (home / "charter.note").exists()
    assert run(["organiser", "combine", str(charter), *notes, "--out", str(home)]) == 0
    board = read_charter(charter.read_bytes()).board
    assert board is not None
    note = (home / "charter.note").read_bytes()
    assert verify_organisers_note(note, read_terms(board)) == charter.read_bytes() + b"\n"


def test_who_is_not_sure_signs_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Asked without an answer, or told another fingerprint: no note is written."""
    charter = str(home / "charter.json")
    monkeypatch.setattr("click.confirm", lambda *_args, **_options: False)
    assert sign(home, 1, "charter", charter) == 1
    assert "error[refused]: not signed" in capfd.readouterr().err
    assert sign(home, 1, "charter", charter, "--fingerprint", "0" * 64) == 1
    assert "error[mismatch]" in capfd.readouterr().err
    assert not list(home.glob("organiser-1/*.note"))


def test_closing_time_is_signed_with_an_offset_only(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A time without an offset is another time elsewhere; one outside the bounds is no closing time."""
    charter = str(home / "charter.json")
    for at in ("2026-12-01T22:00:00", "tomorrow", "2026-12-01", "1796120000", "2026-12-01T22:00:00.5+01:00"):
        assert sign(home, 1, "closing-time", charter, "--yes", "--at", at) == 1
        assert "error[malformed]" in capfd.readouterr().err
    assert sign(home, 1, "closing-time", charter, "--yes", "--at", "2026-12-05T22:00:00+01:00") == 1
    assert "between 2026-12-01T17:00:00Z and 2026-12-02T19:00:00Z" in capfd.readouterr().err
    assert sign(home, 1, "closing-time", charter, "--yes", "--at", "2026-12-01T22:00:00+01:00") == 0
    assert len(list(home.glob("organiser-1/closing-time-1-*.note"))) == 1


def test_page_is_signed_as_each_organiser_built_it(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Folder and single file; the same bytes on both machines, or the notes do not come together."""
    charter = home / "charter.json"
    page = f'<meta name="psephos-charter" content="{fingerprint(charter.read_bytes())}">'.encode()
    for number, program in (1, b"vote()"), (2, b"vote()"), (3, b"other()"):
        write_new(home / f"built-{number}" / "index.html", page)
        write_new(home / f"built-{number}" / "booth.js", program)
    write_new(home / "psephos-booth.html", page + b"vote()")
    for number in (1, 2, 3):
        pages = [str(home / f"built-{number}"), str(home / "psephos-booth.html")]
        assert sign(home, number, "booth", str(charter), *pages, "--yes") == 0
    assert "psephos-booth.html (" in capfd.readouterr().err
    notes = [next(home.glob(f"organiser-{number}/booth-1-*.note")) for number in (1, 2, 3)]
    combine = ["organiser", "combine", str(charter), "--out", str(home)]
    assert run([*combine, *map(str, notes[1:])]) == 1
    assert "not of one text" in capfd.readouterr().err
    assert run([*combine, *map(str, notes[:2])]) == 0
    assert b"psephos-booth.html" in (home / "booth-1.note").read_bytes()
    assert sign(home, 1, "booth", str(charter), str(home / "built-1"), str(home / "built-2"), "--yes") == 1
    assert "is there twice" in capfd.readouterr().err


def test_time_that_has_not_come_is_not_signed(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The organisers' word on the time is a statement, not a plan."""
    assert sign(home, 1, "time", str(home / "charter.json"), "--yes", "--at", "2126-12-01T22:00:00Z") == 1
    assert "has not come yet" in capfd.readouterr().err


def test_organiser_without_a_key_is_told_how_to_make_one(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """In a directory without one."""
    charter = home / "charter.json"
    name = fingerprint(charter.read_bytes())
    assert sign(home, 4, "charter", str(charter), "--fingerprint", name) == 1
    assert "`psephos organiser key` makes it" in capfd.readouterr().err


def test_real_key_file_is_sealed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With age itself: the seed is not in the file, and the wrong passphrase does not open it."""
    write_new(tmp_path / "passphrase", b"the organiser's own secret\n", secret=True)
    write_new(tmp_path / "wrong", b"somebody else's secret\n", secret=True)
    assert key(tmp_path, 1) == 0
    sealed = (tmp_path / "organiser-1" / "organiser.key.age").read_bytes()
    assert sealed.startswith(b"age-encryption.org/v1")
    home = str(tmp_path / "organiser-1")
    arguments = ["organiser", "key", "--name", "organiser1.example/2026", "--home", home, "--out", home]
    assert run([*arguments, "--passphrase-file", str(tmp_path / "wrong")]) == 1
    assert "the passphrase does not open it" in capfd.readouterr().err


def test_status_speaks_of_the_board(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """No command for referendums by files is proposed; what is signed together is a step."""
    assert run(["status", str(home)]) == 0
    printed = capfd.readouterr()
    assert "→ sign the charter together" in printed.out
    assert "psephos organiser sign charter charter.json; psephos organiser combine" in printed.err
    for name in ("charter.note", "trustees.json", "public-credentials.json", "setup.bel", "setup.note"):
        (home / name).touch()
    assert run(["status", str(home)]) == 0
    printed = capfd.readouterr()
    assert "→ bring the setup to the board" in printed.out
    assert "waiting for: trustee 1 (Trustee 1), trustee 2 (Trustee 2)" in printed.err
    assert "organiser open" not in printed.out + printed.err
    for party in ("trustee-1", "trustee-2", "trustee-3", "registrar-1"):
        (home / f"acceptance-{party}.json").touch()
    assert run(["status", str(home)]) == 0
    assert "psephos organiser post setup charter.json URL setup.bel setup.note" in capfd.readouterr().err


def test_status_of_a_trustee_speaks_of_the_board(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It decrypts from the board, and nobody has to send it a record."""
    trustee = home / "trustee"
    trustee.mkdir()
    (trustee / "charter.json").write_bytes((home / "charter.json").read_bytes())
    made = ("certificate-2", "polynomial-2", "output-2", "acceptance-trustee-2")
    for name in ("trustee-2.key.age", *(f"{one}.json" for one in made)):
        (trustee / name).touch()
    assert run(["status", str(trustee)]) == 0
    assert "next: psephos trustee decrypt charter.json --board URL" in capfd.readouterr().err
