"""The organisers' commands about a definition: new, define, sign, combine, post, addendum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from psephos.adapters.files import write_new
from psephos.adapters.package_data import read_text
from psephos.cli import organiser_define
from psephos.cli.main import run
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.board_entries import EntryKind, read_board_entry
from psephos.record.charter import RegistrarKey, read_charter
from psephos.record.definition_entry import addendum_text, definition_in, definition_text
from psephos.record.terms import read_terms, verify_organisers_note
from psephos.referendum.definition import read_definition, read_draft
from tests.cli.test_organiser_board_commands import key, quick, sign
from tests.roles.test_organiser_board import observers
from tests.support.boards import StaticBoard
from tests.support.definitions import template
from tests.support.logged import LOG, WITNESSES, MemoryLog, policy
from tests.support.referendum import make_charter
from tests.support.taking import TakingBoard, taking

__all__ = ["quick"]
_TITLE = ["--title", "A bridge", "--question", "A bridge?"]


def board_file(count: int = 4) -> str:
    """board.toml."""
    text = f'log = "{LOG.key}"\n'
    for one in observers(count):
        lists = {name: "[" + ", ".join(f'"{text}"' for text in one[name]) + "]" for name in ("witness", "verifying")}
        text += f'\n[[observer]]\nname = "{one["name"]}"\nurl = "{one["url"]}"\n'
        text += "".join(f"{name} = {value}\n" for name, value in lists.items())
    return text


def define(root: Path, *more: str, file: str = "referendum.toml") -> int:
    """`psephos organiser define`."""
    registrar = ["--registrar", str(root / "registrar.json"), "--home", str(root)]
    return run(["organiser", "define", str(root / file), *registrar, *more])


@pytest.fixture
def home(tmp_path: Path, quick: None, capfd: pytest.CaptureFixture[str]) -> Path:
    """Two organisers with their keys, a definition that names them, and who observes."""
    del quick
    write_new(tmp_path / "passphrase", b"the organiser's own secret\n", secret=True)
    keys: list[str] = []
    for number in (1, 2):
        assert key(tmp_path, number) == 0
        keys += ["--organiser", capfd.readouterr().out.strip()]
    assert run(["organiser", "new", str(tmp_path / "referendum.toml"), *_TITLE, *keys]) == 0
    public = read_charter(make_charter()).registrars[0].key
    (tmp_path / "registrar.json").write_bytes(write_json(RegistrarKey(name="Registrar 1", key=public)))
    (tmp_path / "board.toml").write_text(board_file())
    capfd.readouterr()
    return tmp_path


@pytest.fixture
def defined(home: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """And the charter that names the definition."""
    assert define(home, "--board", str(home / "board.toml")) == 0
    capfd.readouterr()
    return home


# ── new ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_new_is_a_rehearsal_that_the_linter_lets_pass(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever says nothing holds no vote that counts; and it never overwrites."""
    file = tmp_path / "referendum.toml"
    assert run(["organiser", "new", str(file)]) == 0
    draft = read_draft(file.read_bytes())
    assert (draft.kind, draft.parties.threshold, len(draft.parties.trustees)) == ("rehearsal", 2, 3)
    assert run(["auditor", "lint", str(file)]) == 0
    assert (tmp_path / "board.toml").read_text() == read_text("board.toml")
    assert run(["organiser", "new", str(file), "--title", "Another"]) == 1
    assert "error[refused]" in capfd.readouterr().err


def test_new_asks_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A few things, with a proposal for each; what was given is not asked for, and a script that names it nothing."""
    asked: list[str] = []

    def answer(what: str, *, default: str, err: bool) -> str:
        assert default
        assert err
        asked.append(what)
        return f'{what} of "ours"' if what == "Title" else default

    monkeypatch.setattr("click.prompt", answer)
    monkeypatch.setattr(organiser_define.sys, "stdin", _Terminal())
    assert run(["organiser", "new", str(tmp_path / "other.toml"), "--title", "A script", "--kind", "rehearsal"]) == 0
    assert asked == []
    (tmp_path / "board.toml").unlink()
    assert run(["organiser", "new", str(tmp_path / "referendum.toml"), "--question", "A bridge?"]) == 0
    draft = read_draft((tmp_path / "referendum.toml").read_bytes())
    assert asked == ["Title", "Closes at", "How many voters"]
    assert draft.title == {"en": 'Title of "ours"'}
    assert draft.questions[0].text == {"en": "A bridge?"}
    del capfd


class _Terminal:
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("kind", ["statutory", "urgent"])
def test_new_for_a_vote_that_counts_has_every_part(tmp_path: Path, kind: str) -> None:
    """The whole template, of that kind."""
    assert run(["organiser", "new", str(tmp_path / "referendum.toml"), "--kind", kind]) == 0
    draft = read_draft((tmp_path / "referendum.toml").read_bytes())
    assert draft.kind == kind
    assert draft.legal.basis


def test_new_refuses_what_cannot_be(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A time without offset, a closing before the opening, a title that turns the line around."""
    file = str(tmp_path / "referendum.toml")
    for arguments in (
        ["--opens-at", "2026-12-01T08:00:00"],
        ["--opens-at", "2026-12-01T08:00:00Z", "--closes-at", "2026-12-01T08:00:00Z"],
        ["--title", "A \u202ebridge"],
        ["--title", ""],
        ["--region", "North=11"],
    ):
        assert run(["organiser", "new", file, *arguments]) == 1
        assert "error[malformed]" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


# ── define ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_charter_names_the_definition_and_takes_its_times_and_keys(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What is published is canonical; the charter's text ends with its fingerprint."""
    assert define(home, "--board", str(home / "board.toml")) == 0
    published, received = (home / "definition.json").read_bytes(), (home / "charter.json").read_bytes()
    definition, charter = read_definition(published), read_charter(received)
    assert definition_in(charter.text) == sha256_hex(published)
    assert capfd.readouterr().out.strip() == sha256_hex(received)
    assert charter.board is not None
    assert list(charter.board.organisers) == [one.key for one in definition.parties.organisers]
    assert charter.board.earliest_close == charter.board.opens_at + 1
    assert (charter.kind, charter.board.organisers_needed) == ("rehearsal", 2)


def test_definition_without_a_board_makes_a_charter_without_one(home: Path) -> None:
    """A referendum by files can have a definition, too."""
    assert define(home) == 0
    assert read_charter((home / "charter.json").read_bytes()).board is None


def test_vote_that_counts_closes_at_its_time_or_later_and_has_its_regions(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The bounds are those of the extension clause; regions and smallest sums are the definition's."""
    keys = [party.key for party in read_draft((home / "referendum.toml").read_bytes()).parties.organisers]
    text = template()
    for number, one in enumerate(keys, start=1):
        name = f'{{ name = "Organiser {number}",'
        assert name in text
        text = text.replace(name, f'{name} key = "{one}",')
    second = ["--registrar", str(home / "registrar-2.json"), "--board", str(home / "board.toml")]
    (home / "referendum.toml").write_text(text)
    registrar = (home / "registrar.json").read_bytes()
    (home / "registrar-2.json").write_bytes(registrar.replace(b"Registrar 1", b"Registrar 2"))
    assert define(home, *second) == 1
    assert "the charter counts on observers whom the definition does not name: observer1, " in capfd.readouterr().err
    assert not (home / "charter.json").exists()
    assert not (home / "definition.json").exists()
    (home / "referendum.toml").write_text(re.sub(r"witness-(\d)\.example", r"observer\1", text))
    assert define(home, *second) == 1
    assert "whom the definition does not name: observer4" in capfd.readouterr().err
    (home / "board.toml").write_text(board_file(count=3))
    assert define(home, *second) == 0, capfd.readouterr().err
    charter = read_charter((home / "charter.json").read_bytes())
    assert charter.board is not None
    assert charter.regions is not None
    assert charter.kind == "real"
    assert charter.board.earliest_close == charter.board.closes_at < charter.board.latest_close
    assert [(one.id, one.registered) for one in charter.regions.regions] == [("North", 3000), ("South", 2000)]
    assert (charter.regions.minimum_counted, charter.minimum_counted) == (20, 20)


def test_definition_that_the_linter_refuses_makes_no_charter(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each finding is shown with what to do; nothing is written."""
    text = (home / "referendum.toml").read_text()
    for old, new, rule in (
        ('kind = "rehearsal"', 'kind = "statutory"', "Q12"),
        ("threshold = 2 ", "threshold = 3 ", "K01"),
    ):
        (home / "referendum.toml").write_text(text.replace(old, new))
        assert define(home, "--board", str(home / "board.toml")) == 1
        printed = capfd.readouterr().err
        assert "error[refused]" in printed
        assert rule in printed
        assert not (home / "charter.json").exists()
        assert not (home / "definition.json").exists()


def test_times_and_keys_stand_in_the_definition_only(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Said twice, they could differ; and an organiser without a key signs on no board."""
    (home / "board.toml").write_text("organisers_needed = 1\n" + board_file())
    assert define(home, "--board", str(home / "board.toml")) == 1
    assert "organisers_needed is what the definition says" in capfd.readouterr().err
    (home / "board.toml").write_text(board_file())
    text = (home / "referendum.toml").read_text()
    begin = text.index('key = "') + len('key = "')
    (home / "referendum.toml").write_text(text[:begin] + text[text.index('"', begin) :])
    assert define(home, "--board", str(home / "board.toml")) == 1
    assert "the key of Organiser 1 is missing" in capfd.readouterr().err


def test_other_registrar_than_the_definition_names_is_refused(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Who makes credentials is part of what was signed."""
    public = read_charter(make_charter()).registrars[0].key
    (home / "registrar.json").write_bytes(write_json(RegistrarKey(name="Registrar 2", key=public)))
    assert define(home) == 1
    assert "(at /registrars)" in capfd.readouterr().err
    assert not (home / "charter.json").exists()


def test_policies_of_the_definition_are_those_of_the_charter(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Where it gives them, others are refused."""
    text = (home / "referendum.toml").read_text()
    other = policy(WITNESSES).replace("\n", "\\n")
    (home / "referendum.toml").write_text(text + f'\n[observation]\nreceipts = "{other}"\n')
    assert define(home, "--board", str(home / "board.toml")) == 1
    assert "(at /board/receipts)" in capfd.readouterr().err


# ── sign, combine, post ─────────────────────────────────────────────────────────────────────────────────────────


def combined(home: Path, what: str) -> Path:
    """The note that both organisers have signed."""
    notes = sorted(str(path) for path in home.glob(f"organiser-*/{what}-*.note"))
    assert len(notes) == 2
    assert run(["organiser", "combine", str(home / "charter.json"), *notes, "--out", str(home)]) == 0
    return home / f"{what}.note"


def test_definition_is_shown_in_words_and_signed_by_both(defined: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Question, rule and fingerprint; the outcome is what the board takes."""
    files = [str(defined / name) for name in ("definition.json", "charter.json")]
    for number in (1, 2):
        assert sign(defined, number, "definition", *files, "--yes") == 0
        shown = capfd.readouterr().err
        assert "question: A bridge? — Yes | No | Blank" in shown
        assert "rule: The proposal passes if the number of Yes votes is more than the number of No votes." in shown
    terms = read_charter((defined / "charter.json").read_bytes()).board
    assert terms is not None
    named = sha256_hex((defined / "definition.json").read_bytes())
    note = combined(defined, "definition").read_bytes()
    assert verify_organisers_note(note, read_terms(terms)) == definition_text(named)


def test_definition_of_another_charter_is_not_signed(defined: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nobody signs a definition under a charter that names another one."""
    other = (defined / "definition.json").read_bytes().replace(b"A bridge", b"A tunnel")
    (defined / "other.json").write_bytes(other)
    files = [str(defined / "other.json"), str(defined / "charter.json")]
    assert sign(defined, 1, "definition", *files, "--yes") == 1
    assert "error[mismatch]" in capfd.readouterr().err
    assert not list(defined.glob("organiser-1/*.note"))


@pytest.fixture
def open_board(defined: Path, tmp_path: Path) -> Iterator[TakingBoard]:
    """A board with the charter in entry 0."""
    log, terms = MemoryLog(), read_charter((defined / "charter.json").read_bytes()).board
    assert terms is not None
    log.add(EntryKind.CHARTER, [b"a charter"])
    static = StaticBoard(tmp_path / "public", log)
    static.publish(witnesses=0, verifiers=0)
    with taking(static.root, static) as found:
        yield found


def test_definition_and_addendum_are_posted_as_they_were_signed(
    defined: Path, open_board: TakingBoard, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each as an entry of its kind, with its note; what too few have signed is not posted."""
    charter, definition = str(defined / "charter.json"), str(defined / "definition.json")
    change = defined / "change.toml"
    change.write_text('kind = "withdraw"\nname = "Trustee 3"\nreason = "arrested"\n')
    assert run(["organiser", "addendum", definition, str(change), "--out", str(defined)]) == 0
    addendum = str(defined / "addendum-1.json")
    for number in (1, 2):
        assert sign(defined, number, "definition", definition, charter, "--yes") == 0
        assert sign(defined, number, "addendum", charter, definition, addendum, "--yes") == 0
    assert '"kind":"withdraw"' in capfd.readouterr().err
    (alone,) = defined.glob("organiser-1/definition-*.note")
    assert run(["organiser", "post", "definition", charter, open_board.url, definition, str(alone)]) == 1
    assert "1 organisers have signed, and 2 must" in capfd.readouterr().err
    for what, file in (("definition", definition), ("addendum", addendum)):
        note = combined(defined, "addendum-1" if what == "addendum" else what)
        assert run(["organiser", "post", what, charter, open_board.url, file, str(note)]) == 0
        assert f"{what}: entry" in capfd.readouterr().err
    taken = [read_board_entry(entry) for entry in open_board.taken]
    assert [entry.kind for entry in taken] == [EntryKind.DEFINITION, EntryKind.ADDENDUM]
    assert [entry.parts[0].content for entry in taken] == [Path(definition).read_bytes(), Path(addendum).read_bytes()]


# ── addenda ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_addendum_that_the_definition_does_not_allow_is_not_written(
    defined: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A question is never changed; nobody but the body that decides annuls."""
    change = defined / "change.toml"
    for text, message in (
        ('kind = "question"\n', "error[malformed]"),
        ('kind = "annul"\nbody = "the ministry"\nreasons = "because"\n', "does not decide appeals"),
        ('kind = "withdraw"\nname = "Trustee 9"\nreason = "unknown"\n', "nobody is called 'Trustee 9'"),
    ):
        change.write_text(text)
        assert run(["organiser", "addendum", str(defined / "definition.json"), str(change), "--out", str(defined)]) == 1
        assert message in capfd.readouterr().err
    assert not list(defined.glob("addendum-*"))


def test_extension_says_how_the_board_closes_later(defined: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The addendum has the reason, another statement moves the time; numbers go on."""
    definition = read_definition((defined / "definition.json").read_bytes())
    extension, charter = definition.calendar.extension, str(defined / "charter.json")
    assert extension is not None
    change = defined / "change.toml"
    change.write_text(f'kind = "extend"\ncloses_at = {extension.latest_close}\nreason = "the network was cut"\n')
    arguments = ["organiser", "addendum", str(defined / "definition.json"), str(change)]
    assert run([*arguments, "--out", str(defined)]) == 0
    assert f"sign closing-time charter.json --at {extension.latest_close}" in capfd.readouterr().err
    assert sign(defined, 1, "closing-time", charter, "--yes", "--at", extension.latest_close) == 0
    first = defined / "addendum-1.json"
    change.write_text('kind = "withdraw"\nname = "Trustee 3"\nreason = "arrested"\n')
    assert run([*arguments, str(first), "--out", str(defined)]) == 0
    second = defined / "addendum-2.json"
    files = [charter, str(defined / "definition.json")]
    assert sign(defined, 1, "addendum", *files, str(second), "--yes") == 1
    assert sign(defined, 1, "addendum", *files, str(first), str(second), "--yes") == 0
    (note,) = defined.glob("organiser-1/addendum-2-*.note")
    named = sha256_hex((defined / "charter.json").read_bytes())
    text = addendum_text(charter=named, number=2, addendum=sha256_hex(second.read_bytes()))
    assert note.read_bytes().startswith(text)
