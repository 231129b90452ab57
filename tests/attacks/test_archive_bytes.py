"""Bytes of an archive flipped, cut off, added; headers that other archivers would read alike."""

import json
from collections.abc import Iterator

import pytest

from psephos.verify.report import Report, Verdict
from tests.support.changed_records import Good, Tell, archive, chain, examine, failed_checks, judge_all, record
from tests.support.oracle.archive import (
    Record,
    Step,
    data_record,
    header_block,
    write_archive,
)
from tests.support.oracle.canonical import dump, parse, sha256_hex


def boundaries(one: Good) -> dict[int, str]:
    """Offsets at which an event ends, and its kind."""
    found, at = {}, 0
    for item in chain(one.steps, one.timestamp):
        at += len(write_archive([item]))
        if item.is_event:
            found[at] = str(json.loads(item.body)["type"])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_bytes_of_the_archive_flipped_are_refused(part: int, tell: Tell) -> None:
    """One bit anywhere: in a header, a content, the filling, the first record."""
    received = record("threshold").raw
    offsets = [*range(0, 1024, 5), *range(1024, len(received), 53)][part::4]
    cases = (
        (f"bit {at % 8} of byte {at}", received[:at] + bytes([received[at] ^ 1 << at % 8]) + received[at + 1 :])
        for at in offsets
    )
    tell(f"bits ({part + 1} of 4)", *judge_all("bytes", cases))


def test_archive_cut_off_is_refused_but_where_an_event_ends(tell: Tell) -> None:
    """A prefix that ends with an event is an earlier state of the record; no other is; nor is one without events."""
    one = record("threshold")
    received, ends = one.raw, boundaries(one)
    lengths = sorted({*range(0, len(received), 512), *range(3, len(received), 701), *(end - 1 for end in ends)})
    wrong = []
    for length in lengths:
        report = examine(received[:length])
        verified = not isinstance(report, str) and report.verdict is Verdict.VERIFIED
        if isinstance(report, str) or verified != (length in ends):
            wrong.append(f"{length} bytes: {report if isinstance(report, str) else report.verdict}")
    tell("prefixes", len(lengths), wrong)


def test_archive_with_something_after_or_before_is_refused(tell: Tell) -> None:
    """No end marks, no second archive, no data that no event refers to."""
    one = record("threshold")
    received, timestamp = one.raw, one.timestamp
    last = chain(one.steps, timestamp)[-1]
    after = {
        "NUL": b"\0",
        "a block of NUL": bytes(512),
        "tar's end": bytes(1024),
        "text": b"x" * 512,
        "the last event": write_archive([last]),
        "data": write_archive([data_record(b"{}", timestamp)]),
        "empty data": write_archive([data_record(b"", timestamp)]),
        "itself": received,
        "its header": received[:1024],
    }
    cases = [(f"{what} after", received + more) for what, more in after.items()]
    cases += [(f"{what} before", more + received) for what, more in after.items()]
    tell("additions", *judge_all("bytes", cases))


def with_header(header: bytes, item: Record, one: Good, number: int) -> bytes:
    """The archive with another header for one record, and its content as it was."""
    records = chain(one.steps, one.timestamp)
    before, after = write_archive(records[:number]), write_archive(records[number + 1 :])
    return before + header + item.body + bytes(-len(item.body) % 512) + after


def edits_of_header(item: Record) -> Iterator[tuple[str, bytes]]:
    """Headers that other archivers would read alike, with checksums that fit."""
    block = header_block(item)
    size = len(item.body)
    columns: list[tuple[str, int, bytes]] = [
        ("mode", 100, b"0000755"),
        ("mode without zeros", 100, b"644 \0\0\0"),
        ("owner", 108, b"0000001"),
        ("group", 116, b"0000001"),
        ("one more", 124, b"%011o" % (size + 1)),
        ("one less", 124, b"%011o" % (size - 1)),
        ("a block more", 124, b"%011o" % (size + 512)),
        ("no content", 124, b"%011o" % 0),
        ("blanks in size", 124, b"%11o" % size),
        ("underscore in size", 124, b"0000_" + b"%06o" % size),
        ("plus in size", 124, b"+%010o" % size),
        ("binary size", 124, b"\x80" + size.to_bytes(10, "big")),
        ("size minus one", 124, b"-0000000001"),
        ("size minus a block", 124, b"-0000001000"),
        ("size minus two blocks", 124, b"-0000002000"),
        ("size minus much", 124, b"-0000100000"),
        ("largest size", 124, b"77777777777"),
        ("later", 136, b"%011o" % (item.timestamp + 1)),
        ("time minus one", 136, b"-0000000001"),
        ("size ends in blank", 135, b" "),
        ("directory", 156, b"5"),
        ("long name", 156, b"L"),
        ("old type", 156, b"\0"),
        ("link", 157, b"x"),
        ("ustar", 257, b"ustar\x0000"),
        ("device", 329, b"0000000"),
        ("prefix", 345, b"a"),
        ("last byte", 511, b"\x01"),
        ("after the name", 99, b"x"),
        ("upper case", 0, item.name.upper().encode()),
        ("other name", 0, b"f" * 64),
        ("data for event", 65, b"event.json" if ".data" in item.name else b"data.json\0"),
        ("path", 0, b"./" + item.name.encode()),
    ]
    for what, at, column in columns:
        changed = bytearray(block)
        changed[at : at + len(column)] = column
        changed[148:156] = b" " * 8
        checked = bytes(changed[:148]) + b"%06o\0 " % sum(changed) + bytes(changed[156:])
        if checked != block:
            yield what, checked
    total = int(block[148:154], 8)
    for what, column in (
        ("checksum spelt otherwise", b"%07o\0" % total),
        ("checksum with blanks", b"%6o\0 " % total),
        ("checksum plus one", b"%06o\0 " % (total + 1)),
        ("no checksum", b" " * 8),
    ):
        yield what, block[:148] + column + block[156:]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("number", [0, 1, 4, 5, 6])
def test_header_of_a_record_with_any_field_changed_is_refused(number: int, tell: Tell) -> None:
    """First record, election, setup data, its event, a ballot: with a checksum that fits, V1 says no."""
    one = record("threshold")
    item = chain(one.steps, one.timestamp)[number]
    cases = ((what, with_header(header, item, one, number)) for what, header in edits_of_header(item))
    tell(f"header of record {number}", *judge_all("bytes", cases))


def test_record_of_no_size_and_negative_size_at_the_end_is_refused(tell: Tell) -> None:
    """A header that promises less than nothing is no record, and reading ends."""
    one = record("threshold")
    empty = header_block(data_record(b"", one.timestamp))
    cases = []
    for size in (b"-0000000001", b"-0000000777", b"-0000001000", b"-0000001001", b"-0000010000"):
        changed = empty[:124] + size + empty[135:148] + b" " * 8 + empty[156:]
        cases.append((size.decode(), one.raw + changed[:148] + b"%06o\0 " % sum(changed) + changed[156:]))
    tell("negative sizes", *judge_all("bytes", cases))


def test_negative_time_is_refused() -> None:
    """An archive begun before 1970 has no one form: octal numbers have no sign."""
    report = examine(archive(record("threshold").steps, -5))
    assert isinstance(report, Report)
    assert report.verdict is Verdict.FALSE
    assert failed_checks(report) == {"V1"}


def test_large_data_that_does_not_hash_to_its_name_is_refused() -> None:
    """Data too large to be held, which no check reads, is hashed all the same."""
    one = record("threshold")
    setup = parse(one.steps[0].bodies[3])
    assert isinstance(setup, dict)
    certificate = b"x" * 1_500_000
    payload = dump({**setup, "credentials_certificate": sha256_hex(certificate)}).encode()
    step = Step("Setup", (*one.steps[0].bodies[:3], certificate, payload))
    received = archive([step, *one.steps[1:]], one.timestamp)
    report = examine(received)
    assert isinstance(report, Report)
    assert report.verdict is Verdict.VERIFIED
    assert any("certificate" in finding.message for finding in report.results["V8"].findings)
    report = examine(received.replace(b"x" * 100, b"y" * 100, 1))
    assert isinstance(report, Report)
    assert report.verdict is Verdict.FALSE
    assert failed_checks(report) == {"V1"}
