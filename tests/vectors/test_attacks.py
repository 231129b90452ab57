"""Every attack is refused by the check that should refuse it, and by no other; controls are accepted."""

import pytest

from psephos.verify.audit import audit
from psephos.verify.report import Status, Verdict
from tests.support.records import ATTACKS, json_of, record_of
from psephos.adapters.files import MemorySource

REFUSED_BY: dict[str, set[str]] = {path: set(checks) for path, checks in json_of(ATTACKS / "refused-by.json").items()}
CASES = {case["path"]: case["expected"] for case in json_of(ATTACKS / "manifest.json")}
SHUFFLES = sorted(path for path in CASES if "shuffle" in path)
CONTROLS = sorted(path for path, expected in CASES.items() if expected == "accept" and path not in SHUFFLES)


def test_every_attack_has_its_check() -> None:
    """The mapping covers the manifest: no case is left out, none is invented."""
    assert set(REFUSED_BY) == set(CASES) - set(SHUFFLES) - set(CONTROLS)


@pytest.mark.parametrize("path", sorted(REFUSED_BY))
def test_attack_is_refused_by_its_check(path: str) -> None:
    """Exactly the checks that the mapping names fail."""
    report = audit(MemorySource(record_of(ATTACKS / path)))
    failed = {check for check, result in report.results.items() if result.status is Status.FAILED}
    assert report.verdict is Verdict.FALSE
    assert failed == REFUSED_BY[path]
    assert all(failure.code and failure.message for check in failed for failure in report.results[check].failures)


@pytest.mark.parametrize("path", CONTROLS)
def test_control_is_accepted(path: str) -> None:
    """A record with nothing wrong is verified."""
    assert audit(MemorySource(record_of(ATTACKS / path))).verdict is Verdict.VERIFIED


@pytest.mark.parametrize("path", SHUFFLES)
def test_shuffle_is_never_passed(path: str) -> None:
    """Good or bad, a shuffled record could not be verified."""
    assert audit(MemorySource(record_of(ATTACKS / path))).verdict is Verdict.UNKNOWN


def test_invalid_share_beside_enough_valid_ones_is_named() -> None:
    """A threshold that valid shares meet is met; the trustee whose proof fails is a finding."""
    path = "negative-ed25519-threshold/t-01-one-invalid-pd-threshold-met"
    findings = audit(MemorySource(record_of(ATTACKS / path))).results["V15"].findings
    assert [finding.culprit for finding in findings] == ["trustee 2"]
