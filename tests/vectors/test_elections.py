"""Records made by belenios-tool are accepted, with the result that it announced."""

import pytest

from psephos.record.archive import Archive, write_first, write_record
from psephos.verify.audit import audit
from psephos.verify.report import Status, Verdict
from tests.support.records import ELECTIONS, json_of, record_of
from psephos.adapters.files import MemorySource

HOMOMORPHIC = [
    "belenios2048-yesno-single-trustee-2.0",
    "belenios2048-yesno-single-trustee-3.3",
    "ed25519-threshold-2of3-plus-mandatory",
    "ed25519-yesno-single-trustee",
]
NOT_WITHOUT_FILES_BESIDE = {"V5", "V18", "V19", "V20", "V21", "V22", "V23", "V24", "V25", "V26", "V27", "V28"}


@pytest.mark.parametrize("name", HOMOMORPHIC)
def test_record_of_belenios_tool_verifies_with_its_result(name: str) -> None:
    """Every check that needs nothing beside the archive passes, and the counts are the expected ones."""
    report = audit(MemorySource(record_of(ELECTIONS / name)))
    assert report.verdict is Verdict.VERIFIED
    passed = {check for check, result in report.results.items() if result.status is Status.PASSED}
    assert passed == set(report.results) - NOT_WITHOUT_FILES_BESIDE
    expected = json_of(ELECTIONS / name / "expected_result.json")["result"]
    assert report.result is not None
    assert [list(question) for question in report.result] == expected
    assert report.counted == len({voter for voter, _ in json_of(ELECTIONS / name / "votes.json")})


def test_shuffled_record_ends_as_not_supported() -> None:
    """A record with a question that is not homomorphic is neither verified nor false; the question is named."""
    report = audit(MemorySource(record_of(ELECTIONS / "ed25519-nh-2shuffles")))
    assert report.verdict is Verdict.UNKNOWN
    (finding,) = report.results["V4"].findings
    assert finding.code == "unsupported"
    assert "question 1 ('Rank the candidates')" in finding.message


@pytest.mark.parametrize("name", [*HOMOMORPHIC, "ed25519-nh-2shuffles"])
def test_archive_is_written_again_byte_for_byte(name: str) -> None:
    """Reading an archive and writing its records again gives the same bytes."""
    received = record_of(ELECTIONS / name)
    archive = Archive(MemorySource(received))
    start = archive.end
    records = list(archive.records())
    assert all(record.content is not None and record.intact for record in records)
    written = b"".join(write_record(record.kind, record.content or b"", archive.timestamp) for record in records)
    assert received[start:] == written
    if not name.endswith("2.0"):
        assert received[:start] == write_first(archive.timestamp)
