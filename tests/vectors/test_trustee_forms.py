"""Two sets of threshold trustees: of one form, or of both."""

import pytest

from psephos.verify.audit import audit
from psephos.verify.report import Verdict
from tests.support.oracle import record as oracle_record
from tests.support.oracle.errors import RefusedError
from tests.support.records import record_of
from psephos.adapters.files import MemorySource
from tests.vectors.trustee_forms import FOLDER, FORMS, make


@pytest.mark.parametrize("name", FORMS)
def test_vector_is_what_the_oracle_makes(name: str) -> None:
    """From its seed, byte for byte."""
    assert make(FORMS[name]) == record_of(FOLDER / name)


def test_sets_of_two_forms_are_refused_by_us_and_by_the_oracle() -> None:
    """Whoever leaves the signatures out of one set would have the others vouch for it; reference 1.8."""
    mixed = record_of(FOLDER / "f-02-both-forms")
    report = audit(MemorySource(mixed))
    assert report.verdict is Verdict.FALSE
    (failure,) = report.results["V6"].failures
    assert (failure.code, failure.at) == ("malformed", "trustees/1")
    assert "in two forms" in failure.message
    with pytest.raises(RefusedError, match="some have the form of 2.0"):
        oracle_record.verify_record(mixed)


def test_sets_of_the_old_form_are_a_finding() -> None:
    """Two of them, and nothing else is wrong."""
    findings = audit(MemorySource(record_of(FOLDER / "f-00-control-before-2.5.1"))).results["V6"].findings
    assert ["before Belenios 2.5.1" in finding.message for finding in findings] == [True]
