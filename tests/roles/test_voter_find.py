"""A voter looks for her ballot in a copy of the record."""

import pytest

from psephos.adapters.files import MemorySource
from psephos.errors import MalformedError, MismatchError, OutOfTurnError
from psephos.protocol.group import Group
from psephos.record.phases import EventKind
from psephos.roles.voter import find, read_tracker, tracker
from tests.support.world import YES_NO, RecordWriter, World

WORLD = World(Group("Ed25519"), (YES_NO,), voters=3)
BALLOTS = WORLD.ballots([(0, [[1, 0]]), (1, [[0, 1]]), (0, [[0, 1]]), (2, [[1, 0]])])


def written(ballots: list[bytes]) -> RecordWriter:
    """A record with these ballots, to be continued."""
    writer = RecordWriter()
    writer.add(EventKind.SETUP, WORLD.setup())
    for ballot in ballots:
        writer.add(EventKind.BALLOT, [ballot])
    return writer


def record(ballots: list[bytes]) -> MemorySource:
    """A record with these ballots."""
    return MemorySource(written(ballots).bytes())


def test_ballot_is_found_by_each_form_of_its_tracker() -> None:
    """Hexadecimal, base64 and base-32 in groups, in either case and with blanks, are one tracker."""
    names = tracker(BALLOTS[1])
    for typed in (
        names.fingerprint,
        names.fingerprint.upper(),
        names.base64,
        names.base32,
        names.base32.lower().replace("-", " "),
    ):
        found = find(record(BALLOTS), typed)
        assert found is not None
        assert (found.number, found.ballots, found.superseded) == (2, 4, False)


def test_superseded_ballot_is_found_and_said_to_be() -> None:
    """An earlier ballot of a credential is in the record, and a later one counts; the later one is not superseded."""
    first, last = (find(record(BALLOTS), tracker(BALLOTS[place]).base64) for place in (0, 2))
    assert first is not None
    assert last is not None
    assert (first.superseded, last.superseded) == (True, False)


def test_missing_ballot_is_not_found() -> None:
    """A ballot that is not in the record is not found, and no other is taken for it."""
    assert find(record(BALLOTS[:3]), tracker(BALLOTS[3]).base64) is None


def test_ballot_whose_content_was_exchanged_under_its_name_is_not_said_to_be_there() -> None:
    """A name is not a ballot: the content has to hash to it."""
    whole = written(BALLOTS).bytes()
    exchanged = whole.replace(BALLOTS[1], BALLOTS[1].replace(b'"proof"', b'"pr00f"', 1))
    assert len(exchanged) == len(whole)
    assert exchanged != whole
    with pytest.raises(MalformedError, match="hash is not the record's name"):
        find(MemorySource(exchanged), tracker(BALLOTS[1]).base64)


def test_ballot_after_the_end_of_the_vote_is_not_said_to_be_there() -> None:
    """No count has it."""
    writer = written(BALLOTS[:1])
    writer.add(EventKind.END_BALLOTS, [])
    writer.add(EventKind.BALLOT, [BALLOTS[1]])
    with pytest.raises(OutOfTurnError, match="Ballot while the election is closed"):
        find(MemorySource(writer.bytes()), tracker(BALLOTS[1]).base64)


def test_ballot_in_a_record_from_which_another_was_taken_is_not_said_to_be_there() -> None:
    """The chain has to hold: this is no copy of any record."""
    writer = written(BALLOTS)
    del writer.pieces[2]
    with pytest.raises(MismatchError, match="does not continue"):
        find(MemorySource(writer.bytes()), tracker(BALLOTS[1]).base64)


def test_ballot_that_stands_in_the_record_twice_is_not_said_to_count() -> None:
    """Put there again after a later one of the same credential, it would seem to be the one that counts."""
    with pytest.raises(MismatchError, match="twice"):
        find(record([BALLOTS[0], BALLOTS[2], BALLOTS[0]]), tracker(BALLOTS[0]).base64)


@pytest.mark.parametrize("typed", ["", "abc", "0" * 63, "A" * 44, "ö" * 43, "A" * 51 + "1"])
def test_something_else_is_no_tracker(typed: str) -> None:
    """Anything but the three forms is refused with what is expected."""
    with pytest.raises(MalformedError) as refused:
        read_tracker(typed)
    assert refused.value.hint
