"""Every attack is refused by the check that should refuse it, and by no other; controls are accepted."""

import pytest

from psephos.verify.audit import audit
from psephos.verify.report import Status, Verdict
from tests.support.records import ATTACKS, BytesSource, json_of, record_of

REFUSED_BY: dict[str, set[str]] = {
    "negative-ed25519-encodings/enc-01-identity-canonical": {"V9"},
    "negative-ed25519-encodings/enc-02-identity-negative-zero": {"V9"},
    "negative-ed25519-encodings/enc-03-identity-y-plus-p": {"V9"},
    "negative-ed25519-encodings/enc-05-0x-prefix": {"V9"},
    "negative-ed25519-event-order/order-01-ballot-after-endballots": {"V3", "V14"},
    "negative-ed25519-event-order/order-03-no-endballots": {"V3"},
    "negative-ed25519-event-order/order-04-two-results": {"V3"},
    "negative-ed25519-threshold/t-02-one-invalid-pd-threshold-not-met": {"V16"},
    "negative-ed25519-threshold/t-03-mandatory-invalid": {"V15", "V16"},
    "negative-ed25519-threshold/t-05-missing-mandatory": {"V16"},
    "negative-ed25519-threshold/t-06-missing-threshold": {"V16"},
    "negative-ed25519-threshold/t-07-verification-key-pok": {"V6"},
    "negative-ed25519-threshold/t-10-certs-signature": {"V6"},
    # Another key is another election: its ballots carry the fingerprint of the first.
    "negative-ed25519-threshold/t-13-election-public-key": {"V7", "V9"},
    "negative-ed25519-yesno/01b-proof-resigned-ballots-only": {"V12"},
    "negative-ed25519-yesno/01c-overall-proof-resigned": {"V12"},
    "negative-ed25519-yesno/02c-signature-missing": {"V9"},
    "negative-ed25519-yesno/03-ballot-dropped-chain-fixed": {"V14"},
    "negative-ed25519-yesno/03b-ballot-dropped-naive": {"V2", "V14"},
    "negative-ed25519-yesno/04-partial-decryption-factor": {"V15", "V16"},
    "negative-ed25519-yesno/04b-partial-decryption-proof": {"V15", "V16"},
    "negative-ed25519-yesno/05-wrong-result": {"V17"},
    "negative-ed25519-yesno/05b-result-out-of-range": {"V17"},
    "negative-ed25519-yesno/06-duplicated-credential": {"V8"},
    "negative-ed25519-yesno/07-unlisted-credential": {"V10"},
    "negative-ed25519-yesno/08b-alpha-order2-proofs-valid": {"V9"},
    "negative-ed25519-yesno/08d-alpha-order2-naive": {"V9"},
    "negative-ed25519-yesno/09-duplicate-ballot-bytes": {"V13"},
    "negative-ed25519-yesno/10b-noncanonical-uppercase-hex-credential": {"V9"},
    "negative-ed25519-yesno/10c-scalar-leading-zero-resigned": {"V9"},
    "negative-ed25519-yesno/10d-uppercase-alpha-resigned": {"V9"},
    "negative-ed25519-yesno/10f-scalar-not-reduced-resigned": {"V9"},
    "negative-ed25519-yesno/12-bitflip-in-file": {"V1"},
    "negative-ed25519-yesno/14b-num-tallied": {"V14"},
    "negative-ed25519-yesno/14c-total-weight": {"V14"},
}
CASES = {case["path"]: case["expected"] for case in json_of(ATTACKS / "manifest.json")}
SHUFFLES = sorted(path for path in CASES if "shuffle" in path)
CONTROLS = sorted(path for path, expected in CASES.items() if expected == "accept" and path not in SHUFFLES)


def test_every_attack_has_its_check() -> None:
    """The mapping covers the manifest: no case is left out, none is invented."""
    assert set(REFUSED_BY) == set(CASES) - set(SHUFFLES) - set(CONTROLS)


@pytest.mark.parametrize("path", sorted(REFUSED_BY))
def test_attack_is_refused_by_its_check(path: str) -> None:
    """Exactly the checks that the mapping names fail."""
    report = audit(BytesSource(record_of(ATTACKS / path)))
    failed = {check for check, result in report.results.items() if result.status is Status.FAILED}
    assert report.verdict is Verdict.FALSE
    assert failed == REFUSED_BY[path]
    assert all(failure.code and failure.message for check in failed for failure in report.results[check].failures)


@pytest.mark.parametrize("path", CONTROLS)
def test_control_is_accepted(path: str) -> None:
    """A record with nothing wrong is verified."""
    assert audit(BytesSource(record_of(ATTACKS / path))).verdict is Verdict.VERIFIED


@pytest.mark.parametrize("path", SHUFFLES)
def test_shuffle_is_never_passed(path: str) -> None:
    """Good or bad, a shuffled record could not be verified."""
    assert audit(BytesSource(record_of(ATTACKS / path))).verdict is Verdict.UNKNOWN


def test_invalid_share_beside_enough_valid_ones_is_named() -> None:
    """A threshold that valid shares meet is met; the trustee whose proof fails is a finding."""
    path = "negative-ed25519-threshold/t-01-one-invalid-pd-threshold-met"
    findings = audit(BytesSource(record_of(ATTACKS / path))).results["V15"].findings
    assert [finding.culprit for finding in findings] == ["trustee 2"]
