"""Good records, taken apart and put together again with a change; and the judgement on what comes out.

After each change all hashes and the chain of events are made to fit again, so that only the meaning is wrong.
What is left of a record after a change that makes an equally valid one is listed in `EQUALLY_VALID`, with the reason.
"""

import json
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from types import FrameType

from psephos.adapters.files import MemorySource
from psephos.protocol.election import Question
from psephos.protocol.group import Group
from psephos.verify.audit import audit
from psephos.verify.report import Report, Status, Verdict
from tests.support.oracle import credentials
from tests.support.oracle import record as oracle_record
from tests.support.oracle.archive import (
    Record,
    Step,
    data_record,
    event_record,
    header_record,
    read_archive,
    relink,
    steps_of,
    write_archive,
)
from tests.support.oracle.canonical import dump, sha256_hex
from tests.support.oracle.election import Election, parse_election
from tests.support.oracle.errors import RefusedError
from tests.support.oracle.groups import ED25519
from tests.support.records import ELECTIONS, json_of, record_of
from tests.support.world import YES_NO, World, whole_record

SECONDS = 20
"""An audit of these records takes hundredths of a second; one that takes this long does not end."""


# ── records ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Good:
    """A good record and what is needed to change it.

    Attributes:
        steps: Its events and their data.
        timestamp: Its archive's.
        election: As the oracle reads it.
        secrets: Voters' secret exponents by public credential.
        turns: How many ways are made in turn in each place: fewer where an audit is slow.
    """

    steps: tuple[Step, ...]
    timestamp: int
    election: Election
    secrets: dict[str, int]
    turns: int

    @property
    def raw(self) -> bytes:
        """The unchanged archive."""
        return archive(self.steps, self.timestamp)


def good(received: bytes, secrets: dict[str, int], *, turns: int) -> Good:
    """Take a good archive apart."""
    records = read_archive(received)
    steps = tuple(steps_of(records))
    return Good(steps, records[0].timestamp, parse_election(steps[0].bodies[0]), secrets, turns)


def of_world(world: World, votes: Sequence[tuple[int, Sequence[Sequence[int]]]], *, deciding: Sequence[int]) -> bytes:
    """A complete record."""
    return whole_record(world, votes, deciding=deciding).archive


def threshold_record() -> Good:
    """Two of three trustees, two questions, one with blank, ranges, a revote, Ed25519."""
    questions = (
        Question(answers=("A", "B", "C"), blank=True, min=1, max=2, question="One or two?"),
        Question(answers=("Yes", "No"), min=0, max=1, question="At most one?"),
    )
    world = World(Group("Ed25519"), questions, voters=3, trustees=3, threshold=2)
    votes = [(0, [[0, 1, 1, 0], [1, 0]]), (1, [[1, 0, 0, 0], [0, 1]]), (0, [[0, 0, 0, 1], [0, 0]])]
    return good(of_world(world, votes, deciding=(1, 3)), secrets_of(world), turns=3)


def vector_record() -> Good:
    """The record of belenios-tool 3.3: a mandatory trustee and two of three, weights, revotes, blank, ranges."""
    folder = ELECTIONS / "ed25519-threshold-2of3-plus-mandatory"
    received = record_of(folder)
    uuid = str(json_of(folder / "election.json")["uuid"])
    exponents = [
        credentials.derive_modern(ED25519, text, uuid=uuid)
        for text in json_of(folder / "private" / "private_creds.json").values()
    ]
    secrets = {ED25519.encode(ED25519.power(ED25519.g, exponent)): exponent for exponent in exponents}
    return good(received, secrets, turns=1)


def small_record() -> Good:
    """One trustee, two voters with weights, yes or no, BELENIOS-2048."""
    world = World(Group("BELENIOS-2048"), (YES_NO,), voters=2, weights=[1, 3])
    return good(of_world(world, [(0, [[1, 0]]), (1, [[0, 1]])], deciding=()), secrets_of(world), turns=1)


def secrets_of(world: World) -> dict[str, int]:
    """Voters' secret exponents by public credential."""
    exposed = [int(text) for text in world.credential_secrets.expose()]
    return dict(zip(world.public_credentials.texts(), exposed, strict=True))


MAKE: dict[str, Callable[[], Good]] = {"threshold": threshold_record, "vector": vector_record, "small": small_record}


@lru_cache(3)
def record(name: str) -> Good:
    """A good record, made once in each process."""
    return MAKE[name]()


Edit = Callable[[str], bytes]


def chain(steps: Sequence[Step], timestamp: int, *, height: int = -1, edit: Edit | None = None) -> list[Record]:
    """Records with parents, heights, payloads and names that fit; one event may be edited before it is hashed."""
    records, parent = [header_record(timestamp)], None
    for number, step in enumerate(steps):
        records += [data_record(body, timestamp) for body in step.bodies]
        event: dict[str, object] = {} if parent is None else {"parent": parent}
        event |= {"height": number, "type": step.kind}
        event |= {"payload": sha256_hex(step.bodies[-1])} if step.bodies else {}
        body = edit(dump(event)) if edit is not None and number == height else dump(event).encode()
        records.append(event_record(body, timestamp))
        parent = sha256_hex(body)
    return records


def archive(steps: Sequence[Step], timestamp: int) -> bytes:
    """The bytes of an archive."""
    return write_archive(chain(steps, timestamp))


def with_body(one: Good, at: tuple[int, int], body: bytes) -> bytes:
    """The archive with one object changed; whatever names it by its hash is made to fit."""
    height, number = at
    step = one.steps[height]
    changed = replace(step, bodies=(*step.bodies[:number], body, *step.bodies[number + 1 :]))
    if number < len(step.bodies) - 1:
        changed = relink(changed)
    return archive([*one.steps[:height], changed, *one.steps[height + 1 :]], one.timestamp)


# ── the judgement ───────────────────────────────────────────────────────────────────────────────────────────────

BALLOT_CHECKS = {"V9", "V10", "V11", "V12"}
REFUSED_BY = {
    "election": {"V1", "V4", "V6", "V7", "V9"},
    # Items in another order give the trustees other numbers.
    "trustees": {"V1", "V6", "V7", "V15", "V16"},
    "credentials": {"V8", "V10", "V14"},
    "setup": {"V1", "V2"},
    "counted ballot": BALLOT_CHECKS,
    "superseded ballot": BALLOT_CHECKS,
    "signed ballot": BALLOT_CHECKS,
    "encrypted tally": {"V1", "V14"},
    "size": {"V1", "V2", "V14"},
    "partial decryption": {"V1", "V15", "V16"},
    "owner": {"V1", "V2", "V15", "V16"},
    "result": {"V1", "V17"},
    "header": {"V1"},
    "event": {"V1", "V2", "V3"},
    "election of nobody": {"V1", "V4", "V6", "V7", "V8"},
    "certificate": {"V1", "V6", "V7"},
    "coefficients": {"V1", "V6", "V7"},
    "events": {"V1", "V2", "V3", "V9", "V13", "V14", "V15", "V16"},
    "bytes": {"V1", "V2", "V3"},
}
"""The checks of which at least one must fail. V1 also speaks for what is too large to be."""

MAY_BE_UNSUPPORTED = {
    "election": r".*",
    "election of nobody": r".*",
    "events": r"shuffl.*|(End)?Shuffles? put in at \d+",
    "header": r"/version: .*",
    "bytes": r"other name|path|bit \d of byte [0-7]|.* before",
}
"""Another version, another type of question, shuffles, no archive at all: neither verified nor false."""


@dataclass(frozen=True)
class Equal:
    """Changes that leave a record as good as it was.

    Attributes:
        kind: Of the object.
        pattern: Of the change's name.
        reason: Why.
        oracle: Whether the oracle agrees; it does not know the one form that only belenios-tool 2.0 writes.
    """

    kind: str
    pattern: str
    reason: str
    oracle: bool = True


ANOTHER_ELEMENT = "(times g|another element|inverse|generator|other sign)"
FREE_TEXT = (
    "one character more|another digest|one character less|first character|upper case|newline|NUL|DEL|other base64"
    "|padded|URL-safe|zeros|empty text|huge text|quote|backslash|right to left|(group|kind|event) .*"
)
EQUALLY_VALID = (
    Equal("trustees", r".*: named", "a trustee's name is free text that no one signs"),
    Equal("credentials", r"/: item \d+ exchanged", "the list is a set: its order has no meaning"),
    Equal("credentials", r"absent/\d+: " + ANOTHER_ELEMENT, "another voter who did not vote"),
    Equal("credentials", r"absent/\d+: weight \d+", "no ballot has that weight"),
    Equal("credentials", r"absent/: item \d+ dropped", "a voter less, who did not vote"),
    Equal("header", r"/timestamp: unquoted", "belenios-tool 2.0 writes the time as a number", oracle=False),
    Equal("election of nobody", rf"/(description|name|questions/\d/question): ({FREE_TEXT})", "free text"),
    Equal("election of nobody", rf"/questions/\d/answers/\d: ({FREE_TEXT})", "free text"),
    Equal("election of nobody", r"/questions/\d/answers: .*", "another number of answers, or another order"),
    Equal("election of nobody", r"/questions/\d/(min|max): .*", "other bounds that can be met"),
    Equal(
        "election of nobody", r"/questions: item \d (dropped|twice|exchanged|instead of the next)", "other questions"
    ),
    Equal("election of nobody", r"/questions/\d: blank dropped", "blank is not allowed"),
    Equal("election of nobody", r"/questions/\d/blank: other", "blank is not allowed, in so many words"),
    Equal("election of nobody", r"/uuid: (one character more|first character|.*digest)", "another identifier"),
    Equal("certificate", rf"/encryption: {ANOTHER_ELEMENT}", "after the ceremony nothing is sealed with that key"),
    Equal("events", r"Ballot \d+ superseded, dropped", "its voter cast another later; only V19 can tell"),
    Equal("events", r"Ballot \d+ exchanged", "ballots of two voters, and neither supersedes the other"),
    Equal("events", r"PartialDecryption \d+ exchanged", "trustees decrypt in any order"),
    Equal("events", r"Result \d+ dropped", "a record that does not go as far"),
)
"""What may be verified after a change, and nothing else."""

TIMES_ASKED = 2
LONGEST_ASKED = 60_000
ASKED: Counter[Equal] = Counter()
"""How often the oracle, which is slow, was asked whether it agrees: twice in each process, about small records."""


@contextmanager
def ending_within(seconds: int) -> Iterator[None]:
    """Interrupt what does not end."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no end after {seconds} seconds ({number}, {frame})")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def examine(received: bytes) -> Report | str:
    """The audit's report, or how it broke."""
    try:
        with ending_within(SECONDS):
            report = audit(MemorySource(received))
            json.dumps(report.as_dict())
    except Exception as error:  # noqa: BLE001 - whatever comes out is the finding
        return f"{type(error).__name__}: {str(error)[:100]}"
    return report


def failed_checks(report: Report) -> set[str]:
    """Which checks failed; each failure says what and of which kind."""
    failed = {check for check, result in report.results.items() if result.status is Status.FAILED}
    assert all(failure.code and failure.message for check in failed for failure in report.results[check].failures)
    return failed


def judge(kind: str, name: str, received: bytes) -> str:
    """What is wrong with the verdict on a changed record; empty if nothing is."""
    report = examine(received)
    if isinstance(report, str):
        return report
    if report.verdict is Verdict.FALSE:
        failed = failed_checks(report)
        return "" if failed & REFUSED_BY[kind] else f"refused by {sorted(failed)} only"
    if report.verdict is Verdict.UNKNOWN:
        return "" if re.fullmatch(MAY_BE_UNSUPPORTED.get(kind, ""), name) else "could not verify"
    equal = [one for one in EQUALLY_VALID if kind == one.kind and re.fullmatch(one.pattern, name)]
    if not equal:
        return "verified"
    ASKED[equal[0]] += 1
    try:
        if equal[0].oracle and ASKED[equal[0]] <= TIMES_ASKED and len(received) < LONGEST_ASKED:
            oracle_record.verify_record(received)
    except RefusedError as error:
        return f"verified, but the oracle says: {error}"
    return ""


Tell = Callable[[str, int, list[str]], None]


def judge_all(kind: str, cases: Iterable[tuple[str, bytes]]) -> tuple[int, list[str]]:
    """How many changed records there were, and what went wrong; no more are tried after two that do not end."""
    count, wrong = 0, []
    for name, received in cases:
        count += 1
        verdict = judge(kind, name, received)
        if verdict:
            wrong.append(f"{name}: {verdict}")
        if sum("TimeoutError" in one for one in wrong) > 1:
            break
    return count, wrong
