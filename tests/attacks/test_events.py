"""Events changed, dropped, doubled, exchanged or put in, and the archive's header."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from psephos.verify.report import Report, Verdict
from tests.support.changed_records import Good, Tell, archive, chain, examine, judge_all, record
from tests.support.json_changes import mutations
from tests.support.oracle.archive import (
    Step,
    write_archive,
)
from tests.support.oracle.canonical import dump, parse, sha256_hex
from tests.support.oracle.groups import ED25519

KINDS = ("Setup", "Ballot", "EndBallots", "EncryptedTally", "PartialDecryption", "Result")


@pytest.mark.parametrize("kind", KINDS)
def test_event_with_any_part_changed_is_refused(kind: str, tell: Tell) -> None:
    """Events after it follow the changed one, so that nothing but itself is wrong."""
    one = record("threshold")
    height = next(number for number, step in enumerate(one.steps) if step.kind == kind)
    text = chain(one.steps[: height + 1], one.timestamp)[-1].body

    def cases() -> Iterator[tuple[str, bytes]]:
        for mutation in mutations(ED25519, text, turns=10):
            edited = chain(one.steps, one.timestamp, height=height, edit=lambda _, body=mutation.body: body)  # type: ignore[misc]
            yield mutation.name, write_archive(edited)

    tell(f"event {kind}", *judge_all("event", cases()))


def test_archive_header_with_any_part_changed_is_refused(tell: Tell) -> None:
    """The first record has no name to hash to; its content has one form, and the time of all headers."""
    one = record("threshold")
    first, *others = chain(one.steps, one.timestamp)
    changed = mutations(ED25519, first.body, turns=40)
    cases = (
        (mutation.name, write_archive([replace(first, body=mutation.body), *others]))
        for mutation in changed
        if mutation.name != "bytes: large"
    )
    tell("archive header", *judge_all("header", cases))


@pytest.mark.parametrize("timestamp", [0, 1, 8**11 - 1])
def test_timestamp_changed_everywhere_makes_an_equally_valid_record(timestamp: int) -> None:
    """No event hashes the time: it is the archive's, not the election's. It says so in every header."""
    report = examine(archive(record("threshold").steps, timestamp))
    assert isinstance(report, Report)
    assert report.verdict is Verdict.VERIFIED


def edits_of_order(one: Good) -> Iterator[tuple[str, list[Step]]]:
    """Each event dropped, doubled, exchanged with the next; others put in between."""
    steps = list(one.steps)
    voters = [parse(step.bodies[0])["credential"] if step.kind == "Ballot" else "" for step in steps]  # type: ignore[index]
    for at, step in enumerate(steps):
        superseded = bool(voters[at]) and voters[at] in voters[at + 1 :]
        if step.kind != "Ballot" or not superseded:
            name = f"{step.kind} {at} dropped" + (", counted" if step.kind == "Ballot" else "")
            yield name, [*steps[:at], *steps[at + 1 :]]
        else:
            yield f"Ballot {at} superseded, dropped", [*steps[:at], *steps[at + 1 :]]
        yield f"{step.kind} {at} twice", [*steps[: at + 1], *steps[at:]]
        yield f"{step.kind} {at} again at the end", [*steps, step]
        if at + 1 < len(steps):
            alike = step.kind == steps[at + 1].kind and (not voters[at] or voters[at] != voters[at + 1])
            name = f"{step.kind} {at} exchanged" + ("" if alike else " with another kind")
            yield name, [*steps[:at], steps[at + 1], step, *steps[at + 2 :]]
    owned = dump({"owner": 9, "payload": sha256_hex(b"{}")}).encode()
    strangers = [Step(kind, (b"{}",)) for kind in ("Setup", "Ballot", "EncryptedTally", "Shuffle", "Result")]
    strangers += [Step("PartialDecryption", (b"{}", owned)), Step("Shuffle", (b"{}", owned))]
    strangers += [Step("EndBallots"), Step("EndShuffles"), Step("EndBallots", (b"{}",)), Step("Unheard", (b"{}",))]
    for at in range(0, len(steps) + 1, 1 if len(steps) < 10 else 4):
        for stranger in strangers:
            yield f"{stranger.kind} put in at {at}", [*steps[:at], stranger, *steps[at:]]
    tallied = next(at for at, step in enumerate(steps) if step.kind == "EncryptedTally") + 1
    shuffled = [Step("Shuffle", (b"{}", owned)), Step("EndShuffles")]
    yield "shuffled", [*steps[:tallied], *shuffled, *steps[tallied:]]
    yield "shuffled only", [*steps[:tallied], *shuffled]
    yield "shuffling", [*steps[:tallied], shuffled[0]]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["threshold", "vector"])
def test_events_dropped_doubled_exchanged_or_put_in_are_refused(name: str, tell: Tell) -> None:
    """Of all orders of events only an election's passes; a shuffle, which no check examines, is never verified."""
    one = record(name)
    cases = ((name, archive(steps, one.timestamp)) for name, steps in edits_of_order(one))
    tell(f"{name}, order of events", *judge_all("events", cases))
