"""The organiser's commands on files: order, refusals, and what a kill leaves behind."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from psephos.adapters.files import FileSource
from psephos.cli.main import run
from psephos.protocol.encoding import write_json
from psephos.protocol.group import Group
from psephos.record.charter import Charter, RegistrarKey
from psephos.record.phases import EventKind, Phase
from psephos.roles import ballot_box
from psephos.roles.ballot_box import Admitted, BallotBox
from psephos.verify.audit import audit
from psephos.verify.report import Verdict
from tests.support.world import YES_NO, RecordWriter, World, randomness

BALLOTS = 300
KILLS = 10


@pytest.fixture(scope="module")
def world() -> World:
    """An election with many voters."""
    return World(Group("Ed25519"), (YES_NO,), voters=BALLOTS)


@pytest.fixture(scope="module")
def ballots(world: World) -> list[bytes]:
    """One ballot per voter."""
    return world.ballots([(voter, [[1, 0]]) for voter in range(BALLOTS)])


@pytest.fixture
def home(world: World, ballots: list[bytes], tmp_path: Path) -> Path:
    """The organiser's directory with an open ballot box, and ballots that were handed in."""
    writer = RecordWriter()
    writer.add(EventKind.SETUP, world.setup())
    (tmp_path / "record.bel").write_bytes(writer.bytes())
    (tmp_path / "in").mkdir()
    for number, ballot in enumerate(ballots):
        (tmp_path / "in" / f"ballot-{number:016x}.json").write_bytes(ballot)
    return tmp_path


def charter_with_minimum(minimum: int) -> bytes:
    """A charter, of which only the minimum matters here."""
    key = randomness(3)
    registrar = Group("Ed25519").random_secrets(key, 1).public()[0].text
    return write_json(
        Charter(
            format="psephos/charter/1",
            kind="rehearsal",
            uuid="11111111111111",
            group="Ed25519",
            title="A test",
            text="",
            questions=(YES_NO,),
            trustees=("Trustee 1",),
            threshold=1,
            registrars=(RegistrarKey(name="Registrar 1", key=registrar),),
            minimum_counted=minimum,
        )
    )


def test_accept_killed_at_any_moment_leaves_all_or_nothing(home: Path) -> None:
    """After a kill the record verifies and holds all the new ballots or none; the next run takes the rest."""
    command = [sys.executable, "-m", "psephos.cli.main", "organiser", "accept", str(home / "in"), "--home", str(home)]
    started = time.monotonic()
    subprocess.run([*command[:-3], str(home / "in" / "ballot-0000000000000000.json"), *command[-2:]], check=True)
    whole = time.monotonic() - started
    moments = random.Random(17)
    seen = set()
    for _ in range(KILLS):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.5, 1.2) * whole)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        report = audit(FileSource(home / "record.bel"))
        assert report.verdict is Verdict.VERIFIED
        seen.add(report.ballots)
    assert seen <= {1, BALLOTS}
    subprocess.run(command, check=True)
    report = audit(FileSource(home / "record.bel"))
    assert (report.verdict, report.ballots) == (Verdict.VERIFIED, BALLOTS)


@pytest.mark.parametrize(
    "second",
    [
        ["accept", "in/ballot-0000000000000001.json"],
        ["close", "--without-result"],
        ["tally"],
        ["publish", "decryption"],
    ],
    ids=lambda second: second[0],
)
def test_second_command_on_a_record_is_refused_while_the_first_is_at_work(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], second: list[str]
) -> None:
    """Both would continue the same event, and the record would be no chain any more."""
    monkeypatch.chdir(home)
    (home / "decryption").touch()
    real, codes = ballot_box.admit, []

    def slow(box: BallotBox, ballots: Sequence[bytes]) -> Admitted:
        if not codes:
            codes.append(-1)
            codes[0] = run(["organiser", *second])
        return real(box, ballots)

    monkeypatch.setattr(ballot_box, "admit", slow)
    assert run(["organiser", "accept", "in/ballot-0000000000000000.json"]) == 0
    assert codes == [1]
    said = capfd.readouterr().err
    assert "error[refused]: another command is at work" in said
    assert "run this one again" in said
    report = audit(FileSource(home / "record.bel"))
    assert (report.verdict, report.phase, report.ballots) == (Verdict.VERIFIED, Phase.OPEN, 1)
    assert run(["organiser", "accept", "in"]) == 0
    assert audit(FileSource(home / "record.bel")).ballots == BALLOTS


def test_accept_twice_counts_once(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same ballot handed in again is known, not taken again."""
    assert run(["organiser", "accept", str(home / "in"), "--home", str(home)]) == 0
    before = (home / "record.bel").read_bytes()
    assert run(["organiser", "accept", str(home / "in"), "--home", str(home)]) == 0
    assert (home / "record.bel").read_bytes() == before
    assert f"ballots: 0 taken, {BALLOTS} known already, 0 refused" in capfd.readouterr().err


def test_accept_bad_ballot_names_it_and_takes_the_others(
    home: Path, ballots: list[bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    """A ballot that does not hold is refused by name with its reason; the others are taken."""
    bad = home / "in" / "ballot-0000000000000003.json"
    bad.write_bytes(ballots[3].replace(b'"response":"', b'"response":"1', 1))
    assert run(["organiser", "accept", str(home / "in"), "--home", str(home)]) == 1
    told = capfd.readouterr().err
    assert f"refused {bad}: [" in told
    assert f"ballots: {BALLOTS - 1} taken, 0 known already, 1 refused" in told


def test_ballot_of_a_stranger_is_refused(home: Path, world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """A credential that is not listed casts nothing."""
    stranger = World(Group("Ed25519"), (YES_NO,), voters=1, seed=9)
    world_of_both = World(Group("Ed25519"), (YES_NO,), voters=BALLOTS)
    assert world_of_both.election.fingerprint == world.election.fingerprint
    world_of_both.public_credentials = stranger.public_credentials
    world_of_both.credential_secrets = stranger.credential_secrets
    path = home / "ballot-ffffffffffffffff.json"
    path.write_bytes(world_of_both.ballots([(0, [[0, 1]])])[0])
    assert run(["organiser", "accept", str(path), "--home", str(home)]) == 1
    assert "its credential is not listed" in capfd.readouterr().err


def test_steps_out_of_order_are_refused_and_change_nothing(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Tallying an open box, accepting after the close and closing twice are refused with what is allowed."""
    (home / "charter.json").write_bytes(charter_with_minimum(1))
    before = (home / "record.bel").read_bytes()
    assert run(["organiser", "tally", "--home", str(home)]) == 1
    assert (home / "record.bel").read_bytes() == before
    assert run(["organiser", "close", "--home", str(home)]) == 1
    assert "0 voters have cast a ballot" in capfd.readouterr().err
    assert run(["organiser", "accept", str(home / "in"), "--home", str(home)]) == 0
    assert run(["organiser", "close", "--home", str(home)]) == 0
    closed = (home / "record.bel").read_bytes()
    assert run(["organiser", "close", "--home", str(home)]) == 1
    assert run(["organiser", "accept", str(home / "in"), "--home", str(home)]) == 1
    assert (home / "record.bel").read_bytes() == closed
    assert "error[out-of-turn]" in capfd.readouterr().err
    assert audit(FileSource(home / "record.bel")).phase is Phase.CLOSED


def test_accept_without_a_record_says_what_comes_before(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Before the ballot box is opened there is nothing to accept into."""
    (tmp_path / "ballot-00.json").write_bytes(b"{}")
    assert run(["organiser", "accept", str(tmp_path / "ballot-00.json"), "--home", str(tmp_path)]) == 1
    assert "psephos organiser open" in capfd.readouterr().err
