"""Debian's belenios-tool 2.0 and Psephos verify each other's records."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from psephos.adapters.files import MemorySource
from psephos.protocol.election import Question
from psephos.protocol.group import Group
from psephos.record.phases import EventKind
from psephos.verify.audit import Beside, audit
from tests.support.belenios_tool import (
    BLANK,
    GROUPS,
    NO,
    PASSED,
    WEIGHTS,
    YES,
    choices_in,
    made_by_the_tool,
    output,
    relinked,
    run,
    verdict_of_the_tool,
    verified,
    weighted_counts,
)
from tests.support.oracle.archive import read_archive, steps_of
from tests.support.world import YES_NO, YES_NO_BLANK, RecordWriter, Votes, World, whole_record

pytestmark = pytest.mark.slow


def test_belenios_tool_is_version_2() -> None:
    """The version that Debian has, on which these comparisons rest."""
    with TemporaryDirectory() as folder:
        assert output("--version", folder=Path(folder)).strip().startswith("2.")


RANGE = Question(answers=("A", "B", "C"), min=0, max=3, question="As many as you like?")
EXACT = Question(answers=("A", "B", "C", "D"), min=2, max=2, question="Exactly two?")
UNICODE = Question(answers=("بله", "خیر", "é\u200f"), min=1, max=1, question='آیا "موافق"‌اید؟\n\t\\ \u0001')


@dataclass(frozen=True)
class Held:
    """An election of ours: what to make, and what must come out."""

    questions: tuple[Question, ...]
    votes: Votes
    counts: tuple[tuple[int, ...], ...]
    voters: int = 3
    trustees: int = 1
    weights: tuple[int, ...] = ()


ELECTIONS = {
    "yes or no": Held((YES_NO,), [(0, [YES]), (1, [NO]), (2, [YES])], ((2, 1),)),
    "blank as an answer, two trustees": Held(
        (YES_NO_BLANK,), [(0, [[0, 0, 1]]), (1, [[1, 0, 0]])], ((1, 0, 1),), trustees=2
    ),
    "revotes and weights": Held(
        (YES_NO,), [(0, [YES]), (1, [YES]), (0, [NO]), (1, [NO]), (0, [YES])], ((3, 500),), weights=(3, 500, 7)
    ),
    "blank, ranges, several questions": Held(
        (BLANK, RANGE, EXACT),
        [
            (0, [[0, 1, 1, 0], [0, 0, 0], [1, 1, 0, 0]]),
            (1, [[1, 0, 0, 0], [1, 1, 1], [0, 1, 1, 0]]),
            (2, [[0, 0, 0, 1], [0, 1, 0], [0, 0, 1, 1]]),
            (0, [[0, 1, 0, 0], [1, 0, 0], [1, 0, 0, 1]]),
        ],
        ((1, 1, 0, 1), (2, 2, 1), (1, 1, 2, 2)),
        trustees=2,
    ),
    "other scripts and escapes": Held((UNICODE,), [(0, [[0, 1, 0]])], ((0, 1, 0),), voters=1),
}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("name", ELECTIONS)
def test_record_of_ours_is_verified_by_belenios_tool(group: str, name: str) -> None:
    """Single trustees, several questions, blank, ranges, revotes, weights: it verifies what we made, and so do we."""
    held = ELECTIONS[name]
    world = World(Group(group), held.questions, held.voters, held.trustees, weights=held.weights)
    whole = whole_record(world, held.votes)
    assert whole.counts == held.counts
    assert verdict_of_the_tool(whole.archive) == (0, PASSED)
    assert verified(whole.archive).result == held.counts


@pytest.mark.parametrize("group", GROUPS)
def test_record_of_ours_is_verified_by_belenios_tool_at_every_stage(group: str) -> None:
    """After the setup, each ballot, the close, the tally, the decryption and the result."""
    world = World(Group(group), (YES_NO,), 2)
    steps = steps_of(read_archive(whole_record(world, [(0, [YES]), (1, [NO]), (0, [NO])]).archive))
    for length in range(1, len(steps) + 1):
        received = relinked(steps[:length])
        assert verdict_of_the_tool(received) == (0, PASSED), steps[length - 1].kind
        verified(received)


def test_record_without_a_ballot_is_verified_by_belenios_tool() -> None:
    """Nobody voted: sums and factors are the identity, and the counts are zero."""
    whole = whole_record(World(Group("BELENIOS-2048"), (YES_NO,), 2), [])
    assert whole.counts == ((0, 0),)
    assert verdict_of_the_tool(whole.archive) == (0, PASSED)
    verified(whole.archive)


def test_extension_of_a_record_is_judged_alike() -> None:
    """A later copy extends an earlier one; one with another ballot does not. V19 and `verify-diff` say the same."""
    world = World(Group("BELENIOS-2048"), (YES_NO,), 2)
    ballots = world.ballots([(0, [YES]), (0, [NO]), (1, [YES])])

    def box(rows: Sequence[int]) -> bytes:
        writer = RecordWriter()
        writer.add(EventKind.SETUP, world.setup())
        for row in rows:
            writer.add(EventKind.BALLOT, [ballots[row]])
        return writer.bytes()

    for earlier, later in (([0], [0, 1]), ([0], [0, 1, 2]), ([0], [0]), ([1], [0, 1]), ([0, 1], [0]), ([0, 1], [0, 2])):
        extends = later[: len(earlier)] == earlier
        assert extended_by_the_tool(box(earlier), box(later), world.election.uuid) == extends
        report = audit(MemorySource(box(later)), Beside(older=MemorySource(box(earlier))))
        assert report.ok("V19") == extends


def extended_by_the_tool(earlier: bytes, later: bytes, uuid: str) -> bool:
    """What `verify-diff` says."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for part, received in (("one", earlier), ("two", later)):
            (folder / part).mkdir()
            (folder / part / f"{uuid}.bel").write_bytes(received)
        return run("election", "verify-diff", "--dir1=one", "--dir2=two", folder=folder).returncode == 0


@pytest.mark.parametrize(
    ("kind", "group", "weights"),
    [
        ("single", "BELENIOS-2048", WEIGHTS),
        ("single", "RFC-3526-2048", ()),
        ("threshold", "BELENIOS-2048", WEIGHTS),
    ],
)
def test_record_of_belenios_tool_is_verified(kind: str, group: str, weights: tuple[int, ...]) -> None:
    """Made in this run: two mandatory trustees, or one and two of three; blank, ranges, revotes, weights or none."""
    received = made_by_the_tool(kind, group, weights)
    assert verdict_of_the_tool(received) == (0, PASSED)
    report = verified(received)
    choices = choices_in(group)
    assert report.result == weighted_counts(choices, weights or (1, 1, 1, 1))
    assert (report.ballots, report.counted, report.voters) == (len(choices), len(dict(choices)), 4)
    said = [finding.message for finding in report.results["V6"].findings]
    assert ["before Belenios 2.5.1" in message for message in said] == ([True] if kind == "threshold" else [])
