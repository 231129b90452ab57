"""Rolls: taken as a whole, or refused with every error at once."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import MismatchError
from psephos.record.roll import Roll, RollError, RollRow, RowFault, check_count, is_channel, read_roll

CHANNELS = ("post", "sms")


def refused(text: str | bytes, channels: tuple[str, ...] | None = CHANNELS) -> tuple[RowFault, ...]:
    """The faults of a roll."""
    with pytest.raises(RollError) as caught:
        read_roll(text if isinstance(text, bytes) else text.encode(), channels=channels)
    assert caught.value.code == "malformed"
    return caught.value.faults


def outcome(received: bytes) -> Roll | tuple[RowFault, ...]:
    """What becomes of any bytes: a roll, or its faults; any other error fails the test."""
    try:
        return read_roll(received, channels=CHANNELS)
    except RollError as error:
        return error.faults


def test_roll_without_addresses_is_read_in_order() -> None:
    """Rows come in the file's order, with empty addresses."""
    roll = read_roll(b"id,channel\nVoter 17,post\nVoter 3,sms\n", channels=CHANNELS)
    assert roll.rows == (RollRow("Voter 17", "post", ""), RollRow("Voter 3", "sms", ""))
    assert roll.channels == ["post", "sms"]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_roll_from_other_programs_is_the_same_roll(ending: str, last: bool, mark: str) -> None:
    """Line ends, a missing last one and a byte order mark change nothing."""
    text = mark + ending.join(["id,channel,address", 'Voter 17,post,"1, High Street"', "رأی‌دهنده ۳,sms,+98 21 555"])
    roll = read_roll((text + ending * last).encode(), channels=CHANNELS)
    assert roll.rows == (
        RollRow("Voter 17", "post", "1, High Street"),
        RollRow("رأی‌دهنده ۳", "sms", "+98 21 555"),
    )


def test_roll_with_many_errors_lists_all_of_them() -> None:
    """One reading finds every error, with line, value and reason."""
    text = "id,channel\nVoter 1,post\n,post\nVoter 1,sms\nVoter 2,pigeon\nVoter 3\n\nVoter\t4,post\nvoter １,post\n"
    assert [(fault.line, fault.value, fault.reason) for fault in refused(text)] == [
        (3, "", "the id is empty"),
        (4, "Voter 1", "the id is the same as in line 2"),
        (5, "pigeon", "unknown channel; channels with a deliverer: post, sms"),
        (6, "Voter 3", "1 fields instead of 2"),
        (7, "", "the line is empty"),
        (8, "Voter\\t4", "the id contains a control character"),
        (9, "voter １", "the id is the same as in line 2"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"Voter 1,post,x", "3 fields instead of 2"),
        (b'"Voter 1,post', "not a line of CSV"),
        (b'"Voter" 1,post', "not a line of CSV"),
        (b"Voter \xff,post", "not UTF-8"),
        (b" Voter 1,post", "the id begins or ends with a blank"),
        ("Voter \u202e1,post".encode(), "the id contains a control character"),
        (b"Voter \x001,post", "the id contains a control character"),
        (b"Voter 1, post", "unknown channel"),
        (b"Voter 1,", "unknown channel"),
        (b"V" * 201 + b",post", "the id is longer than 200"),
    ],
)
def test_roll_with_a_bad_line_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    """A bad line is named by its number."""
    (fault,) = refused(b"id,channel\nVoter 0,post\n" + line + b"\n")
    assert fault.line == 3
    assert fault.reason.startswith(reason)


@pytest.mark.parametrize("header", ["", "channel,id", "id;channel", "id\tchannel", "Id,channel", "id,channel,name"])
def test_roll_with_another_header_is_refused(header: str) -> None:
    """Columns are never guessed."""
    (fault,) = refused(header + "\nVoter 1,post\n")
    assert fault.line == 1


def test_roll_without_voters_is_refused() -> None:
    """A header alone is not a roll."""
    assert refused("id,channel\n")[0].reason == "no voter follows the header"


def test_roll_without_known_channels_takes_any_name_of_a_channel() -> None:
    """Before deliverers are known, a channel needs only to be a name."""
    assert read_roll(b"id,channel\nVoter 1,pigeon\n").channels == ["pigeon"]
    assert refused("id,channel\nVoter 1,../post\n", None)[0].value == "../post"


def test_count_that_differs_is_refused() -> None:
    """The registrar's own number must be the roll's."""
    roll = read_roll(b"id,channel\nVoter 1,post\nVoter 2,post\n", channels=CHANNELS)
    check_count(roll, 2)
    with pytest.raises(MismatchError, match="2 voters, and the number typed is 3"):
        check_count(roll, 3)


def test_fingerprint_is_of_ids_in_order_only() -> None:
    """Two registrars have the same voters, and may hand out by different channels."""
    one, two = RollRow("Voter 1", "post", "a"), RollRow("Voter 2", "post", "b")
    elsewhere = Roll((RollRow("Voter 1", "sms", ""), RollRow("Voter 2", "sms", "")))
    assert Roll((one, two)).fingerprint == elsewhere.fingerprint
    assert Roll((one, two)).fingerprint != Roll((two, one)).fingerprint
    assert Roll((one,)).fingerprint != Roll((one, two)).fingerprint


words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=20)
rows = st.lists(st.tuples(words, st.sampled_from(CHANNELS), words), min_size=1, max_size=20)


@given(rows)
def test_roll_that_was_written_is_read_back_or_refused_for_duplicates(written: list[tuple[str, str, str]]) -> None:
    """What a CSV writer wrote is what is read; only ids that look alike are refused."""
    stream = io.StringIO()
    csv.writer(stream).writerows([("id", "channel", "address"), *written])
    found = outcome(stream.getvalue().encode())
    if isinstance(found, Roll):
        assert [(row.id, row.channel, row.address) for row in found.rows] == written
    else:
        assert all("the same as in line" in fault.reason for fault in found)
        folded = {voter.casefold() for voter, _, _ in written}
        assert len(folded) < len(written) or not all(voter.isascii() for voter in folded)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_roll_of_any_bytes_is_read_or_refused(received: bytes) -> None:
    """No input makes the reader fail in another way; with a good header, every error has its line."""
    for text in (received, b"id,channel\n" + received, b"id,channel,address\nVoter 1,post,\n" + received):
        found, lines = outcome(text), text.count(b"\n") + 1
        if isinstance(found, Roll):
            assert len({row.id for row in found.rows}) == len(found.rows) <= lines
            assert all(row.channel in CHANNELS for row in found.rows)
        else:
            assert all(1 <= fault.line <= lines for fault in found)


@given(st.text(max_size=50))
def test_channel_is_a_safe_part_of_a_file_name(name: str) -> None:
    """No channel's name leaves its directory or needs quoting."""
    if is_channel(name):
        assert name.isascii()
        assert not set(name) & set("/\\. \n'\"")
