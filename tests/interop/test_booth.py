"""The booth, an independent implementation in TypeScript: it verifies our records, and we verify its ballots."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from psephos.protocol.election import Question
from psephos.protocol.group import Group
from psephos.verify.audit import audit
from tests.support.records import ATTACKS, ELECTIONS, BytesSource, record_of
from tests.support.world import YES_NO, YES_NO_BLANK, RecordWriter, Votes, World, whole_record

ROOT = Path(__file__).parents[2]
BOOTH = ROOT / "booth"
DEMO = ROOT / "demo-run" / "public" / "record.bel"
BESIDE = {"V5", "V18", "V19"}
RECORDS = sorted(folder for parent in (ELECTIONS, *ATTACKS.glob("*/")) for folder in parent.glob("*/"))
ONE_OR_TWO = Question(answers=("A", "B", "C"), blank=True, min=1, max=2, question="One or two?")
SOME = Question(answers=("A", "B"), min=0, max=2, question="Any?")


@dataclass(frozen=True)
class Programs:
    """The booth's commands, built from the sources of this tree."""

    node: str
    dist: Path

    def verify(self, record: Path) -> tuple[int, dict[str, Any]]:
        """Exit code and report."""
        done = self.run("verify.mjs", "--json", str(record))
        return done.returncode, json.loads(done.stdout) if done.stdout else {}

    def cast(self, election: bytes, votes: list[dict[str, Any]]) -> list[bytes]:
        """Ballots made by the booth."""
        order = json.dumps({"election": election.decode(), "votes": votes})
        done = self.run("interop-cast.mjs", given=order)
        assert done.returncode == 0, done.stderr
        return [ballot.encode() for ballot in json.loads(done.stdout)]

    def run(self, program: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        command = [self.node, str(self.dist / program), *words]
        return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def booth(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """The booth's commands; `make booth` installs what they are built with."""
    node, npm = shutil.which("node"), shutil.which("npm")
    assert node, "Node.js is missing (20.19 or newer): https://nodejs.org"
    assert npm, "npm is missing: it comes with Node.js"
    assert (BOOTH / "node_modules").is_dir(), "the booth's packages are missing: run make booth"
    dist = tmp_path_factory.mktemp("booth")
    for script, program in ("build", "verify.mjs"), ("build:interop", "interop-cast.mjs"):
        subprocess.run([npm, "run", "--silent", script, "--", f"--outdir={dist}"], cwd=BOOTH, check=True)
        assert (dist / program).exists()
    return Programs(node, dist)


class BoothWorld(World):
    """A world in which the TypeScript makes the ballots."""

    programs: Programs

    def ballots(self, votes: Votes) -> list[bytes]:
        """Encrypted, proven and signed by the booth."""
        order = [{"credential": self.credentials[voter], "plaintexts": list(vote)} for voter, vote in votes]
        return self.programs.cast(self.election_json, order)


def statuses(report: dict[str, Any]) -> dict[str, str]:
    """What became of each check that both programs make; a check that looked at nothing did not pass."""
    return {
        check["id"]: check["status"] if check["examined"] or check["status"] != "passed" else "not run"
        for check in report["checks"]
        if check["id"] not in BESIDE
    }


def exit_code(report: dict[str, Any]) -> int:
    """What a verifier ends with."""
    return {"verified": 0, "verified false": 1, "could not verify": 3}[report["verdict"]]


@pytest.mark.parametrize("folder", RECORDS, ids=lambda folder: folder.name)
def test_both_verifiers_say_the_same_about_every_vector(folder: Path, booth: Programs, tmp_path: Path) -> None:
    """Verdict, election, numbers and the status of every check are equal."""
    record = tmp_path / "record.bel"
    record.write_bytes(record_of(folder))
    ours = json.loads(json.dumps(audit(BytesSource(record.read_bytes())).as_dict()))
    code, theirs = booth.verify(record)
    assert code == exit_code(ours)
    assert statuses(theirs) == statuses(ours)
    same = ("verdict", "election", "questions", "phase", "head", "voters", "ballots")
    assert {name: theirs[name] for name in same} == {name: ours[name] for name in same}
    if code == 0:
        assert (theirs["result"], theirs["counted"]) == (ours["result"], ours["counted"])


WORLDS: dict[str, tuple[World, Votes, tuple[int, ...]]] = {
    "three of five, forty voters": (
        World(Group("Ed25519"), (YES_NO_BLANK,), 40, trustees=5, threshold=3),
        [*((voter, [[int(voter % 3 == place) for place in range(3)]]) for voter in range(40)), (0, [[0, 0, 1]])],
        (1, 4, 5),
    ),
    "weights, a separate blank vote, nothing chosen": (
        World(Group("Ed25519"), (ONE_OR_TWO, SOME), 3, trustees=2, weights=(3, 1, 5)),
        [(0, [[0, 1, 0, 1], [0, 0]]), (1, [[1, 0, 0, 0], [1, 1]]), (2, [[0, 0, 1, 0], [0, 1]])],
        (),
    ),
    "BELENIOS-2048": (World(Group("BELENIOS-2048"), (YES_NO,), 2), [(0, [[1, 0]]), (1, [[0, 1]])], ()),
    "RFC-3526-2048": (World(Group("RFC-3526-2048"), (YES_NO,), 1, trustees=2), [(0, [[1, 0]])], ()),
    "nobody votes": (World(Group("Ed25519"), (YES_NO,), 1), [], ()),
}


@pytest.mark.parametrize("name", WORLDS)
def test_booth_verifies_a_record_that_psephos_made(name: str, booth: Programs, tmp_path: Path) -> None:
    """Every check that needs nothing beside the record passes or has nothing to check; the counts are ours."""
    world, votes, deciding = WORLDS[name]
    made = whole_record(world, votes, deciding=deciding)
    record = tmp_path / "record.bel"
    record.write_bytes(made.archive)
    code, report = booth.verify(record)
    assert code == 0
    assert report["result"] == [list(question) for question in made.counts]
    assert statuses(report) == statuses(json.loads(json.dumps(audit(BytesSource(made.archive)).as_dict())))


CASTS: dict[str, tuple[str, tuple[Question, ...], Votes]] = {
    "Ed25519": ("Ed25519", (YES_NO_BLANK,), [(0, [[1, 0, 0]]), (1, [[0, 1, 0]]), (2, [[0, 0, 1]]), (1, [[0, 0, 1]])]),
    "Ed25519 with a separate blank vote": (
        "Ed25519",
        (ONE_OR_TWO, SOME),
        [(0, [[1, 0, 0, 0], [0, 0]]), (1, [[0, 1, 1, 0], [1, 1]]), (2, [[0, 0, 0, 1], [0, 1]])],
    ),
    "BELENIOS-2048": ("BELENIOS-2048", (YES_NO,), [(0, [[1, 0]]), (1, [[0, 1]]), (0, [[0, 1]])]),
    "RFC-3526-2048": ("RFC-3526-2048", (YES_NO,), [(0, [[1, 0]])]),
}


def booth_record(name: str, booth: Programs) -> tuple[World, bytes, tuple[tuple[int, ...], ...]]:
    """A record whose ballots the booth made."""
    group, questions, votes = CASTS[name]
    world = BoothWorld(Group(group), questions, 3, trustees=2)
    world.programs = booth
    made = whole_record(world, votes)
    return world, made.archive, made.counts


def sums_of(votes: Votes) -> tuple[tuple[int, ...], ...]:
    """What the last vote of each voter adds up to."""
    last = dict(votes)
    return tuple(tuple(map(sum, zip(*answers, strict=True))) for answers in zip(*last.values(), strict=True))


@pytest.mark.parametrize("name", CASTS)
def test_psephos_verifies_ballots_of_the_booth(name: str, booth: Programs, tmp_path: Path) -> None:
    """A record whose ballots the TypeScript made is verified by both, with the sums of what was chosen."""
    _, archive, counts = booth_record(name, booth)
    assert counts == sums_of(CASTS[name][2])
    assert audit(BytesSource(archive)).as_dict()["verdict"] == "verified"
    record = tmp_path / "record.bel"
    record.write_bytes(archive)
    assert booth.verify(record)[0] == 0


def test_belenios_tool_verifies_ballots_of_the_booth(booth: Programs, tmp_path: Path) -> None:
    """Debian's belenios-tool, which neither we nor the booth have a part in, accepts the whole record."""
    tool = shutil.which("belenios-tool")
    assert tool, "belenios-tool is missing: run make setup"
    world, archive, _ = booth_record("BELENIOS-2048", booth)
    (tmp_path / f"{world.election.uuid}.bel").write_bytes(archive)
    done = subprocess.run(
        [tool, "election", "verify", "--dir", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "all checks passed" in done.stderr) == (0, True), done.stderr


def test_booth_never_confuses_false_with_could_not_verify(booth: Programs, tmp_path: Path) -> None:
    """Exit 2 for wrong usage, 3 for what cannot be had or read at all, 1 for a record that is cut off."""
    record = tmp_path / "record.bel"
    assert booth.run("verify.mjs").returncode == 2
    assert booth.run("verify.mjs", "one.bel", "two.bel").returncode == 2
    assert booth.run("verify.mjs", "--wrong", "one.bel").returncode == 2
    assert booth.verify(tmp_path / "absent.bel")[0] == 3
    assert booth.verify(tmp_path)[0] == 3
    for content, code in (b"", 3), (b"PK\x03\x04", 3), (b"BELENIOS", 1), (RecordWriter().bytes(), 1):
        record.write_bytes(content)
        assert booth.verify(record)[0] == code, content[:20]
    record.write_bytes(record_of(ELECTIONS / "ed25519-yesno-single-trustee")[:-1])
    assert booth.verify(record)[0] == 1


@pytest.mark.skipif(not DEMO.exists(), reason="make demo has not been run in this tree")
def test_booth_verifies_the_record_of_the_demo(booth: Programs) -> None:
    """The record of a whole referendum by the commands is verified, with our counts."""
    code, report = booth.verify(DEMO)
    assert code == 0
    assert report["result"] == json.loads(json.dumps(audit(BytesSource(DEMO.read_bytes())).as_dict()))["result"]


def test_demo_is_where_the_test_looks() -> None:
    """The place of the demo's record is the one that `scripts/demo-files` writes."""
    script = (ROOT / "scripts" / "demo-files").read_text()
    assert "run=${1:-demo-run}" in script
    assert "organiser/record.bound.json public" in script
