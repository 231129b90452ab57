"""What people type: credentials, mistyped ones, trackers; the booth reads the same file."""

from typing import Any

import pytest

from psephos.errors import MalformedError
from psephos.result.letters import in_groups
from psephos.protocol.credentials import check_characters, read_typed
from psephos.roles.voter import tracker
from tests.support.records import VECTORS, json_of

TYPED: dict[str, Any] = json_of(VECTORS / "protocol" / "typed.json")
SAID = {
    "group": "look at group {group}",
    "character": "character {place} cannot occur",
    "length": "these are {have}",
    "swapped": "two characters are swapped",
    "several": "the check characters are wrong",
}


def test_check_characters_are_the_printed_ones() -> None:
    """The two characters beside each credential."""
    assert [check_characters(one["credential"]) for one in TYPED["credentials"]] == [
        one["check"] for one in TYPED["credentials"]
    ]


@pytest.mark.parametrize("case", TYPED["read"], ids=lambda case: repr(case["typed"]))
def test_typed_credential_is_read(case: dict[str, str]) -> None:
    """With or without dashes, blanks and check characters."""
    assert read_typed(case["typed"]) == case["credential"]


@pytest.mark.parametrize("case", TYPED["refused"], ids=lambda case: repr(case["typed"]))
def test_mistyped_credential_is_refused_with_its_problem(case: dict[str, Any]) -> None:
    """The message says what is wrong, as far as the check characters tell."""
    with pytest.raises(MalformedError) as caught:
        read_typed(case["typed"])
    problem = case["problem"]
    assert SAID[problem["kind"]].format(**problem) in caught.value.message


@pytest.mark.parametrize("case", TYPED["trackers"], ids=lambda case: repr(case["ballot"]))
def test_tracker_has_three_forms(case: dict[str, str]) -> None:
    """Hexadecimal, base64, base-32 in groups of four."""
    found = tracker(case["ballot"].encode())
    assert (found.fingerprint, found.base64, found.base32) == (case["fingerprint"], case["base64"], case["base32"])


@pytest.mark.parametrize("case", TYPED["fingerprints"], ids=lambda case: case["fingerprint"][:8])
def test_fingerprint_is_shown_in_groups(case: dict[str, str]) -> None:
    """A letter prints what the booth shows."""
    assert in_groups(case["fingerprint"]) == case["shown"]
