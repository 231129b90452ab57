"""The booth, an independent implementation in TypeScript: it verifies our records, and we verify its ballots."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psephos.adapters.files import MemorySource
from psephos.protocol.election import Question
from psephos.protocol.encoding import sha256_hex
from psephos.protocol.group import Group
from psephos.record.archive import Archive
from psephos.record.entries import read_entries
from psephos.record.phases import EventKind
from psephos.verify.audit import audit
from tests.support.oracle.election import Question as OracleQuestion
from tests.support.oracle.groups import group_named as oracle_group
from tests.support.oracle.simulation import Plan, archive_of, simulate
from tests.support.records import ATTACKS, ELECTIONS, record_of
from tests.support.world import YES_NO, YES_NO_BLANK, RecordWriter, Votes, World, whole_record

ROOT = Path(__file__).parents[2]
BOOTH = ROOT / "booth"
DEMO = ROOT / "demo-run" / "auditor" / "record.bel"
BESIDE = {"V5", "V18", "V19", "V20", "V21", "V22", "V23", "V24", "V25", "V26", "V27", "V28"}
RECORDS = sorted(folder for parent in (ELECTIONS, *ATTACKS.glob("*/")) for folder in parent.glob("*/"))
ONE_OR_TWO = Question(answers=("A", "B", "C"), blank=True, min=1, max=2, question="One or two?")
SOME = Question(answers=("A", "B"), min=0, max=2, question="Any?")


@dataclass(frozen=True)
class Programs:
    """The booth's commands, built from the sources of this tree."""

    node: str
    dist: Path
    auditor: subprocess.Popen[str]

    def report(self, record: bytes) -> dict[str, Any]:
        """The booth's report on a record."""
        path = self.dist / "record.bel"
        path.write_bytes(record)
        assert self.auditor.stdin is not None
        assert self.auditor.stdout is not None
        self.auditor.stdin.write(f"{path}\n")
        self.auditor.stdin.flush()
        return dict(json.loads(self.auditor.stdout.readline()))

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
def booth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """The booth's commands; `make booth` installs what they are built with."""
    node, npm = shutil.which("node"), shutil.which("npm")
    assert node, "Node.js is missing (20.19 or newer): https://nodejs.org"
    assert npm, "npm is missing: it comes with Node.js"
    assert (BOOTH / "node_modules").is_dir(), "the booth's packages are missing: run make booth"
    dist = tmp_path_factory.mktemp("booth")
    for script, program in ("build", "verify.mjs"), ("build:interop", "interop-cast.mjs"):
        subprocess.run([npm, "run", "--silent", script, "--", f"--outdir={dist}"], cwd=BOOTH, check=True)
        assert (dist / program).exists()
    with subprocess.Popen(
        [node, str(dist / "interop-audit.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as auditor:
        yield Programs(node, dist, auditor)


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


def agree(record: bytes, booth: Programs) -> str:
    """Both programs say the same about a record; returns the verdict."""
    ours, theirs = json.loads(json.dumps(audit(MemorySource(record)).as_dict())), booth.report(record)
    assert statuses(theirs) == statuses(ours)
    same = ("verdict", "election", "questions", "phase", "head", "voters", "ballots")
    assert {name: theirs[name] for name in same} == {name: ours[name] for name in same}
    if ours["verdict"] == "verified":
        assert (theirs["result"], theirs["counted"]) == (ours["result"], ours["counted"])
    return str(ours["verdict"])


@pytest.mark.parametrize("folder", RECORDS, ids=lambda folder: folder.name)
def test_both_verifiers_say_the_same_about_every_vector(folder: Path, booth: Programs) -> None:
    """Verdict, election, numbers and the status of every check are equal."""
    agree(record_of(folder), booth)


@cache
def small_record() -> list[tuple[EventKind, list[Any]]]:
    """A record with threshold trustees, a revote and two kinds of questions: events with their data as JSON."""
    world = World(Group("Ed25519"), (ONE_OR_TWO, YES_NO), 2, trustees=3, threshold=2)
    votes = [(0, [[0, 1, 0, 1], [1, 0]]), (1, [[1, 0, 0, 0], [0, 1]]), (0, [[0, 0, 1, 0], [0, 1]])]
    archive = whole_record(world, votes, deciding=(1, 3)).archive
    return [
        (entry.event.type, [json.loads(record.content or b"") for record in entry.data])
        for entry in read_entries(Archive(MemorySource(archive)))
    ]


def written(entries: list[tuple[EventKind, list[Any]]]) -> bytes:
    """The record with these data: all hashes between them are computed again, so that only the change is wrong."""
    writer = RecordWriter()
    for kind, values in entries:
        data = [json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() for value in values]
        payload = values[-1] if values else None
        names = {
            EventKind.SETUP: ("election", "trustees", "credentials"),
            EventKind.ENCRYPTED_TALLY: ("encrypted_tally",),
        }
        for name, part in zip(names.get(kind, ("payload",)), data[:-1], strict=False):
            if isinstance(payload, dict) and name in payload:
                payload = {**payload, name: sha256_hex(part)}
        if len(data) > 1:
            data[-1] = json.dumps(payload, separators=(",", ":")).encode()
        writer.add(kind, data)
    return writer.bytes()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a JSON value, the value itself included."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


def changed(value: Any, way: int) -> Any:
    """Another value in place of this one."""
    if isinstance(value, str):
        last = "1" if value[-1:] != "1" else "2"
        return [value[:-1] + last, "0" + value, value.upper() + " ", value[1:], value + value, 5][way]
    if isinstance(value, bool) or value is None:
        return [not value, 0, 1, "", [], {}][way]
    if isinstance(value, int):
        return [value + 1, value - 1, str(value), value + 0.5, value + 5, None][way]
    if isinstance(value, list):
        return [value[:-1], [*value, *value[-1:]], value[::-1], [], [value], None][way]
    items = list(value.items())
    return [dict(items[:-1]), dict(items[::-1]), {**value, "more": 1}, {}, [value], None][way]


Place = tuple[int, int, tuple[Any, ...]]
"""Event, part of it, and the way to something in that part."""


@cache
def all_places() -> list[Place]:
    """Everything in the small record."""
    return [
        (number, part, path)
        for number, (_, values) in enumerate(small_record())
        for part, value in enumerate(values)
        for path in places(value)
    ]


def test_small_record_is_verified_by_both(booth: Programs) -> None:
    """Unchanged and written again, the record that is broken below is right."""
    assert agree(written(small_record()), booth) == "verified"
    assert len(all_places()) > 400


@settings(max_examples=100)
@given(st.deferred(lambda: st.sampled_from(all_places())), st.integers(0, 5))
@example((0, 0, ()), 2)
def test_both_verifiers_say_the_same_about_a_record_with_one_change(booth: Programs, place: Place, way: int) -> None:
    """Anything in any message replaced by something else, and all hashes computed again: same verdict, same checks."""
    number, part, path = place
    entries = copy.deepcopy(small_record())
    values = entries[number][1]
    parent: Any = values
    steps = (part, *path)
    for step in steps[:-1]:
        parent = parent[step]
    parent[steps[-1]] = changed(parent[steps[-1]], way)
    agree(written(entries), booth)


WORLDS: dict[str, tuple[Callable[[], World], Votes, tuple[int, ...]]] = {
    "three of five, forty voters": (
        lambda: World(Group("Ed25519"), (YES_NO_BLANK,), 40, trustees=5, threshold=3),
        [*((voter, [[int(voter % 3 == place) for place in range(3)]]) for voter in range(40)), (0, [[0, 0, 1]])],
        (1, 4, 5),
    ),
    "weights, a separate blank vote, nothing chosen": (
        lambda: World(Group("Ed25519"), (ONE_OR_TWO, SOME), 3, trustees=2, weights=(3, 1, 5)),
        [(0, [[0, 1, 0, 1], [0, 0]]), (1, [[1, 0, 0, 0], [1, 1]]), (2, [[0, 0, 1, 0], [0, 1]])],
        (),
    ),
    "BELENIOS-2048": (lambda: World(Group("BELENIOS-2048"), (YES_NO,), 2), [(0, [[1, 0]]), (1, [[0, 1]])], ()),
    "RFC-3526-2048": (lambda: World(Group("RFC-3526-2048"), (YES_NO,), 1, trustees=2), [(0, [[1, 0]])], ()),
    "nobody votes": (lambda: World(Group("Ed25519"), (YES_NO,), 1), [], ()),
}


@pytest.mark.parametrize("name", WORLDS)
def test_booth_verifies_a_record_that_psephos_made(name: str, booth: Programs, tmp_path: Path) -> None:
    """Every check that needs nothing beside the record passes or has nothing to check; the counts are ours."""
    world, votes, deciding = WORLDS[name]
    made = whole_record(world(), votes, deciding=deciding)
    record = tmp_path / "record.bel"
    record.write_bytes(made.archive)
    code, report = booth.verify(record)
    assert code == 0
    assert report["result"] == [list(question) for question in made.counts]
    assert statuses(report) == statuses(json.loads(json.dumps(audit(MemorySource(made.archive)).as_dict())))


@pytest.mark.parametrize(
    ("group", "verdict"), [("BELENIOS-2048", "verified"), ("RFC-3526-2048", "verified"), ("Ed25519", "verified false")]
)
def test_threshold_trustees_of_before_2_5_1_are_taken_where_they_existed(
    group: str, verdict: str, booth: Programs
) -> None:
    """Without contexts and signatures: in the two mod-p groups, with a finding; never in Ed25519."""
    plan = Plan(
        oracle_group(group),
        (OracleQuestion(question="Any?", answers=("A",), minimum=0, maximum=1),),
        ((0, ((1,),)),),
        weights=(None,),
        threshold=(1, 2),
        modern=False,
    )
    record = archive_of(simulate(plan).steps)
    assert agree(record, booth) == verdict
    (check,) = [one for one in booth.report(record)["checks"] if one["id"] == "V6"]
    assert [finding["message"][:18] for finding in check["findings"]] == ["threshold trustees"] * (
        verdict == "verified"
    )


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
    assert audit(MemorySource(archive)).as_dict()["verdict"] == "verified"
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
    assert report["result"] == json.loads(json.dumps(audit(MemorySource(DEMO.read_bytes())).as_dict()))["result"]


@pytest.mark.parametrize(("name", "line"), [("demo", "auditor/record.bel"), ("demo-files", "cp public/* auditor/")])
def test_demo_is_where_the_test_looks(name: str, line: str) -> None:
    """The place of a demo's record is the one to which its script writes."""
    script = (ROOT / "scripts" / name).read_text()
    assert "run=${1:-demo-run}" in script
    assert line in script
