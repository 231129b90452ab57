"""The page and the voter's commands open the same boards, and refuse the same ones."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psephos.adapters.http import DirectoryFetcher
from psephos.adapters.known_board import open_board
from psephos.board.checkpoint import Checkpoint, SignedCheckpoint, write_checkpoint
from psephos.board.note import Ed25519Signer, Note
from psephos.errors import PsephosError
from psephos.record.admission import ballot_entry
from psephos.record.board_entries import EntryKind, read_board_entry
from psephos.record.charter import fingerprint
from psephos.record.reading import KnownCharter
from psephos.roles.voter_board import read_vote
from tests.interop.test_booth import BOOTH
from tests.support.bad_entries import BALLOTS
from tests.support.bad_openings import OPENINGS
from tests.support.bad_regional import swapped
from tests.support.boards import StaticBoard, head_at
from tests.support.defined import defined_vote, definition_entry, published
from tests.support.logged import (
    CLOSES,
    LOG,
    STANDBY,
    WITNESSES,
    MemoryLog,
    hold_vote,
    log_of,
    succession_note,
)
from tests.support.regional import LIST, hold_regional

WITH = BALLOTS + 1
"""Place of the first ballot in a log with a definition."""


def show(
    root: Path, log: MemoryLog, *, witnesses: int = 4, signer: Ed25519Signer = LOG, places: str | None = None
) -> Path:
    """A board's files: the log under a checkpoint with so many cosignatures."""
    board = StaticBoard(root, log)
    board.publish()
    checkpoint = Checkpoint(signer.key.name, head_at(log, log.size()))
    text = write_checkpoint(checkpoint)
    lines = (signer.sign(text), *(one.cosign(text, now=CLOSES) for one in WITNESSES[:witnesses]))
    for name in ("checkpoint", "checkpoint.latest"):
        board.write(name, bytes(SignedCheckpoint(Note(text, lines), checkpoint)))
    (root / "checkpoint.verified").unlink(missing_ok=True)
    if places is not None:
        board.write("succession", places.encode())
    return root


def defined(*entries: bytes, at: int = 1) -> MemoryLog:
    """The log of a vote with a definition as far as its opening, with these Definition entries at a place."""
    return log_of(defined_vote()).with_entries((at, entry) for entry in reversed(entries)).first(BALLOTS + len(entries))


def definition_by(signers: int = 2, *, kind: str = "rehearsal") -> bytes:
    """A Definition entry."""
    return definition_entry(defined_vote(), published(kind), signers=signers)


def succeeded(*, observers: int = 3, log: MemoryLog | None = None) -> MemoryLog:
    """The standby's log: it begins as the log was at the opening, and the observers have decided."""
    begun = log_of(hold_vote()).first(BALLOTS)
    note = succession_note(log or begun, observers=observers)
    begun.add(EntryKind.SUCCESSION, [note])
    return begun


def plain() -> MemoryLog:
    """A vote without a definition, as far as its opening."""
    return log_of(hold_vote()).first(BALLOTS)


def regional(*, size: int | None = None, early: bool = False, **lists: bytes) -> MemoryLog:
    """A vote with regions, as far as its opening, or a size; with a ballot before the region list, if it is early."""
    vote = hold_regional()
    log = vote.opened(**lists)
    log = log.with_entries([(LIST, ballot_entry(vote.ballots[0]))] if early else [])
    return log.first(size or log.size())


def unsigned() -> bytes:
    """The registrars' statement with another number in its last signature."""
    statement = hold_regional().statement
    return statement[:-5] + (b"1" if statement[-5:-4] != b"1" else b"2") + statement[-4:]


Make = Callable[[Path], Path]
CASES: dict[str, tuple[str, Make]] = {
    "a vote": ("", lambda root: show(root, plain())),
    "a vote that nobody has accepted": ("acceptance", lambda root: show(root, plain().first(3))),
    "a vote without a setup": ("setup", lambda root: show(root, plain().first(1))),
    "too few observers": ("quorum", lambda root: show(root, plain(), witnesses=2)),
    "a definition": ("", lambda root: show(root, defined(definition_by()))),
    "a definition that was withheld": ("definition", lambda root: show(root, defined())),
    "a definition that one organiser signed": ("definition", lambda root: show(root, defined(definition_by(1)))),
    "another definition": ("definition", lambda root: show(root, defined(definition_by(kind="statutory")))),
    "a definition after the setup": ("setup", lambda root: show(root, defined(definition_by(), at=2))),
    "the right definition after wrong ones": (
        "",
        lambda root: show(root, defined(definition_by(1), definition_by(kind="statutory"), definition_by())),
    ),
    "regions": ("", lambda root: show(root, regional())),
    "regions without their list": ("acceptance", lambda root: show(root, regional(size=LIST))),
    "regions with a ballot instead of their list": (
        "acceptance",
        lambda root: show(root, regional(early=True, size=LIST + 1)),
    ),
    "regions with a ballot before their list": ("", lambda root: show(root, regional(early=True))),
    "regions with another list than was signed": (
        "acceptance",
        lambda root: show(root, regional(codes=swapped(hold_regional()))),
    ),
    "regions with a list that nobody signed": ("acceptance", lambda root: show(root, regional(statement=unsigned()))),
    "a standby log that goes on": (
        "",
        lambda root: show(root, succeeded(), signer=STANDBY, places=f"{BALLOTS}\n"),
    ),
    "a standby log without a decision": ("standby", lambda root: show(root, plain(), signer=STANDBY)),
    "a standby log that hides the decision": ("standby", lambda root: show(root, succeeded(), signer=STANDBY)),
    "a standby log whose decision is elsewhere": (
        "standby",
        lambda root: show(root, succeeded(), signer=STANDBY, places="2\n"),
    ),
    "a standby log for which two have decided": (
        "standby",
        lambda root: show(root, succeeded(observers=2), signer=STANDBY, places=f"{BALLOTS}\n"),
    ),
    "a decision about other entries": (
        "standby",
        lambda root: show(
            root, succeeded(log=log_of(hold_vote()).first(BALLOTS - 1)), signer=STANDBY, places=f"{BALLOTS}\n"
        ),
    ),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, Any]]:
    """What the page says about a board's folder."""
    node, npm = shutil.which("node"), shutil.which("npm")
    assert node, "Node.js is missing (20.19 or newer): https://nodejs.org"
    assert npm, "npm is missing: it comes with Node.js"
    dist = tmp_path_factory.mktemp("page")
    subprocess.run([npm, "run", "--silent", "build:interop", "--", f"--outdir={dist}"], cwd=BOOTH, check=True)

    def read(folder: Path) -> dict[str, Any]:
        command = [node, str(dist / "interop-read.mjs")]
        done = subprocess.run(command, input=f"{folder}\n", capture_output=True, text=True, check=True)
        return dict(json.loads(done.stdout))

    return read


def opened(folder: Path, charter: bytes) -> bool:
    """Whether the voter's commands open it."""
    try:
        board = open_board(DirectoryFetcher(folder), KnownCharter(charter))
        board.check_quorum()
        read_vote(board)
    except PsephosError:
        return False
    return True


def charter_in(name: str) -> bytes:
    """Of which vote a case is."""
    if "regions" in name:
        return hold_regional().charter
    return (defined_vote() if "definition" in name else hold_vote()).charter


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_page_and_commands_open_the_same_boards(
    name: str, page: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    """The page says why not; where it opens, charter, election, log and definition are the record's."""
    reason, make = CASES[name]
    folder = make(tmp_path / "board")
    charter = charter_in(name)
    said = page(folder)
    assert said["reason"] == reason, said
    assert opened(folder, charter) is (reason == "")
    if not reason:
        standby = "standby" in name
        assert said["charter"] == fingerprint(charter)
        assert said["log"] == (STANDBY if standby else LOG).key.name
        assert said["ended"] == (LOG.key.name if standby else "")
        assert bool(said["definition"]) is ("definition" in name)
        assert not said["closed"]


@pytest.mark.slow
@pytest.mark.parametrize("name", OPENINGS)
def test_opening_that_does_not_hold_is_refused(
    name: str, page: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    """Whatever organisers and observers have signed, the page refuses it for that reason, and so do the commands."""
    reason, message, make = OPENINGS[name]
    folder = show(tmp_path / "board", make())
    said = page(folder)
    assert (said["reason"], message in said["message"]) == (reason, True), said
    assert not opened(folder, hold_vote().charter)


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 2, 4])
def test_page_says_that_a_vote_is_over(after: int, page: Callable[[Path], dict[str, Any]], tmp_path: Path) -> None:
    """It opens and says so, where the voter's commands say so and go no further; a ballot before changes nothing."""
    vote = hold_vote()
    log = log_of(vote)
    kinds = [read_board_entry(entry).kind for entry in log.received]
    end = kinds.index(EntryKind.END_BALLOTS)
    ended, before = show(tmp_path / "ended", log.first(end + after)), show(tmp_path / "before", log.first(end))
    assert page(ended)["closed"] is True
    assert page(before)["closed"] is False
    assert (opened(ended, vote.charter), opened(before, vote.charter)) == (False, True)


@pytest.mark.slow
def test_page_opens_without_a_list_that_does_not_come(page: Callable[[Path], dict[str, Any]], tmp_path: Path) -> None:
    """Whether a credential is listed the ballot box says, too: a slow network keeps nobody from voting."""
    voters = 1000
    folder = show(tmp_path / "board", log_of(hold_vote(voters=voters)).first(BALLOTS))
    (listed,) = (folder / "blob").iterdir()
    whole = page(folder)
    assert (whole["reason"], whole["listed"]) == ("", voters)
    received = listed.read_bytes()
    listed.unlink()
    assert page(folder) == whole | {"listed": None}
    listed.write_bytes(received.replace(b'"', b"'", 1))
    assert page(folder)["reason"] == "setup"
