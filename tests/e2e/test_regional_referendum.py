"""A referendum with regions over a board, by the commands of the parties, each a process of its own."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.parties import Party
from tests.e2e.referendum import Referendum, until

REGIONS = """
[regions]
minimum_registered = 2
minimum_counted = 2

[[regions.regions]]
id = "Coast"
registered = 2

[[regions.regions]]
id = "Hills"
registered = 2

[[regions.regions]]
id = "South"
registered = 2
"""
HOMES = ("Coast", "Coast", "Hills", "Hills", "South", "South")


@pytest.mark.slow
def test_regional_referendum_on_a_board_by_the_commands_of_its_parties(tmp_path: Path) -> None:
    """The list is waited for; a region with one ballot is counted with another; trustees decrypt the cells."""
    with ExitStack() as stack:
        held = Referendum(tmp_path, stack, regions=REGIONS, homes=HOMES)
        held.define()
        held.start()
        held.hold_ceremony()
        desk, stranger = held.organisers[0], held.party("stranger")
        _open(held, desk, stranger)
        held.vote_together({1: 1, 2: 2, 3: 1, 5: 1, 6: 1})
        held.vote(5, 3)
        _close(held, desk)
        _decrypt(held)
        held.verify_with(1, 2, 3)
        until(lambda: held.health()["verified"] == held.health()["size"])
        report = json.loads(stranger.run(f"psephos verify {held.url} --json --charter", desk / "charter.json").stdout)
    assert report["verdict"] == "verified"
    assert report["result"] == [[3, 1, 1]]
    checks = {check["id"]: check["status"] for check in report["checks"]}
    assert {checks[number] for number in ("V20", "V21", "V22", "V23")} == {"passed"}
    assert [(cell["regions"], cell["counts"]) for cell in report["regional"]] == [
        (["Coast", "Hills"], [[2, 1, 0]]),
        (["South"], [[1, 0, 1]]),
    ]


def _open(held: Referendum, desk: Party, stranger: Party) -> None:
    """Everybody accepts; the vote waits for the list, which both registrars have signed."""
    desk.run("psephos organiser post setup charter.json", held.url, "setup.bel", held.set_up())
    held.accept()
    waiting = stranger.run(f"psephos voter encrypt --board {held.url} --fingerprint {held.charter}", code=1)
    assert "waiting for the region list" in waiting.stderr
    one, other = (held.party(f"registrar-{number}") / "out" / "regions.bin" for number in (1, 2))
    assert one.read_bytes() == other.read_bytes()
    desk.bring(one)
    post = f"psephos organiser post regions charter.json {held.url} regions.bin"
    alone = desk.run(post, "regions-registrar-1.json", code=1)
    assert "a signature of each registrar is needed" in alone.stderr
    desk.run(post, "regions-registrar-2.json", "regions-registrar-1.json")
    (desk / "other.bin").write_bytes(one.read_bytes()[2:] + one.read_bytes()[:2])
    swapped = desk.run(post.replace("regions.bin", "other.bin"), *desk.home.glob("regions-registrar-*.json"), code=1)
    assert "under another list" in swapped.stderr


def _close(held: Referendum, desk: Party) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=12)
    note = held.sign("closing-time", "charter.json", "--yes", "--at", at.isoformat())
    desk.run("psephos organiser post closing-time charter.json", held.url, note)
    until(lambda: held.health()["phase"] == "closed")
    held.verify_with(1, 2, 3)
    until(lambda: held.health()["verified"] == held.health()["size"])


def _decrypt(held: Referendum) -> None:
    """Trustees say which sums they decrypt; anybody hands in what follows."""
    auditor, (first, second, _) = held.party("auditor"), held.trustees
    options = ("--home", ".", "--out", ".", "--passphrase-file", "passphrase")
    for trustee in (first, second):
        done = trustee.run(f"psephos trustee decrypt charter.json --board {held.url}", *options)
        assert "3 in Coast + Hills" in done.stderr
        assert "2 in South" in done.stderr
    assert (first / "regional-1.json").exists()
    finish = f"psephos auditor finish {held.url} --fingerprint {held.charter}"
    assert "the encrypted tally: entry" in auditor.run(finish).stderr
    assert "the regional tally: entry" in auditor.run(finish).stderr
    for trustee in (first, second):
        assert (
            "your decryption of the regions: entry" in trustee.run("psephos trustee post charter.json", held.url).stderr
        )
    assert "the result: entry" in auditor.run(finish).stderr
    assert "the regional result: entry" in auditor.run(finish).stderr
    done = auditor.run(finish, code=1)
    assert "the result stands in the record already" in done.stderr
