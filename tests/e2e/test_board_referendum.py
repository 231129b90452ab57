"""A whole referendum over a board, by the commands of the parties, each a process of its own."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.parties import Party
from tests.e2e.referendum import Referendum, until


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Referendum]:
    """A referendum whose ballot box is open."""
    with ExitStack() as stack:
        referendum = Referendum(tmp_path_factory.mktemp("referendum"), stack)
        referendum.define()
        referendum.start()
        referendum.hold_ceremony()
        yield referendum


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_referendum_on_a_board_by_the_commands_of_its_parties(held: Referendum, tmp_path: Path) -> None:
    """From the signed charter to the verified result; what comes too early, too late or is wrong is refused."""
    desk, stranger = held.organisers[0], Party(tmp_path, "stranger")
    known = f"--fingerprint {held.charter}"
    early = stranger.run(f"psephos voter encrypt --board {held.url} {known}", code=1)
    assert "the vote is not open yet; waiting for the organisers' setup" in early.stderr

    _set_up(held, desk)
    trackers = held.vote_together({1: 1, 2: 1, 3: 2, 4: 3, 5: 1})
    trackers[3] = held.vote(3, 1)
    _check_voters(held, stranger, trackers)
    held.add('kind = "withdraw"\nname = "Trustee 3"\nreason = "arrested"\n')

    _close(held)
    late = stranger.run(f"psephos voter encrypt --board {held.url} {known}", code=1)
    assert "the vote is over" in late.stderr
    _tally_and_decrypt(held)

    held.verify_with(1, 2, 3)
    until(lambda: held.health()["verified"] == held.health()["size"])
    report = stranger.run(f"psephos verify {held.url} --charter", desk / "charter.json", "--save", "record.bel")
    assert "VERIFIED — everything up to the phase “done”" in report.stdout
    assert "the number of Yes votes: 4; the number of No votes: 0" in report.stdout
    assert "\nThe proposal passes.\n" in report.stdout
    assert "note: Trustee 3 has withdrawn: arrested" in report.stdout
    assert (
        "THIS RESULT: trustee 2 decrypts without the observers' quorum: three observers were silenced" in report.stdout
    )
    assert re.findall(r"^ *(Yes|No|Blank) +([0-9]+) ", report.stdout, re.MULTILINE) == [
        ("Yes", "4"),
        ("No", "0"),
        ("Blank", "1"),
    ]
    by_files = stranger.run("psephos verify record.bel --charter", desk / "charter.json")
    assert "VERIFIED" in by_files.stdout


def _set_up(held: Referendum, desk: Party) -> None:
    note = held.set_up()
    one = next(path for path in desk.home.glob("setup-????????.note"))
    few = desk.run("psephos organiser post setup charter.json", held.url, "setup.bel", one, code=1)
    assert "1 organisers have signed, and 2 must" in few.stderr
    desk.run("psephos organiser post setup charter.json", held.url, "setup.bel", note)
    again = desk.run("psephos organiser post setup charter.json", held.url, "setup.bel", note)
    assert "setup: entry 2 of the log" in again.stderr
    waiting = desk.run(f"psephos voter encrypt --board {held.url} --fingerprint {held.charter}", code=1)
    assert "waiting for registrar 1, registrar 2, trustee 1" in waiting.stderr
    held.accept()


def _done(party: Party, line: str) -> bool:
    """Whether a command succeeds by now."""
    try:
        party.run(line)
    except AssertionError:
        return False
    return True


def _check_voters(held: Referendum, stranger: Party, trackers: dict[int, str]) -> None:
    """Receipts become final; every ballot is found; what is wrong is refused."""
    known = f"--fingerprint {held.charter}"
    for number, tracker in trackers.items():
        voter = held.party(f"voter-{number}")
        receipt = next((voter / "out").glob("*.tlog-proof"))

        until(
            lambda voter=voter, receipt=receipt: _done(
                voter, f"psephos voter receipt check {receipt} {held.url} {known}"
            )
        )
        find = f"psephos voter find {tracker} {held.url} {known}"
        until(lambda find=find: _done(stranger, find))  # the index lags by seconds
        assert stranger.run(find).stdout.startswith("entry ")
    nowhere = stranger.run("psephos voter find", "A" * 43, held.url, *known.split(), code=1)
    assert nowhere.stdout == "not found\n"
    other = stranger.run(f"psephos voter encrypt --board {held.url} --fingerprint {'0' * 64}", code=1)
    assert "error[mismatch]" in other.stderr
    ballot = next((held.party("voter-1") / "out").glob("ballot-*.json"))
    again = stranger.run(f"psephos voter hand-in {ballot} {held.url} {known}")
    assert "the ballot is in the log: entry " in again.stderr
    (stranger / "bad.json").write_bytes(ballot.read_bytes()[:-3] + b'1"}')
    bad = stranger.run(f"psephos voter hand-in bad.json {held.url} {known}", code=1)
    assert "error[" in bad.stderr


def _close(held: Referendum) -> None:
    """Organisers move the closing time to soon; the board ends the vote by itself."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=12)
    note = held.sign("closing-time", "charter.json", "--yes", "--at", at.isoformat())
    desk = held.organisers[0]
    early = desk.run("psephos auditor finish", held.url, "--charter", "charter.json", code=1)
    assert "the vote has not ended" in early.stderr
    desk.run("psephos organiser post closing-time charter.json", held.url, note)
    until(lambda: held.health()["phase"] == "closed")
    assert time.time() >= at.timestamp()


def _tally_and_decrypt(held: Referendum) -> None:
    """One trustee waits for the quorum; one cannot, and says why."""
    auditor, (first, second, _) = held.party("auditor"), held.trustees
    known = f"--fingerprint {held.charter}"
    decrypt = f"psephos trustee decrypt charter.json --board {held.url}"
    options = ("--home", ".", "--out", ".", "--passphrase-file", "passphrase")
    alone = first.run(decrypt, *options, code=3)
    assert "error[quorum-not-met]" in alone.stderr
    assert "missing: 'observer1', 'observer2', 'observer3', 'observer4'" in alone.stderr
    assert not (first / "answered.json").exists()
    stated = second.run(decrypt, "--without-quorum", "three observers were silenced", *options)
    assert "your reason, for ever: entry " in stated.stderr
    held.verify_with(1, 2, 4)
    until(lambda: held.health()["verified"] == held.health()["size"])
    first.run(decrypt, *options)
    auditor.run(f"psephos auditor finish {held.url} {known}")
    again = auditor.run(f"psephos auditor finish {held.url} {known}", code=1)
    assert "waiting for: " in again.stderr
    for trustee in (first, second):
        trustee.run("psephos trustee post charter.json", held.url)
    auditor.run(f"psephos auditor finish {held.url} {known}")
    done = auditor.run(f"psephos auditor finish {held.url} {known}", code=1)
    assert "the result stands in the record already" in done.stderr
