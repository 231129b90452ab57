"""The section [board] of referendum.toml, and the charter's terms that follow from it."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.adapters.package_data import read_text
from psephos.board.cosignature import Ed25519Cosigner, MlDsa44Cosigner
from psephos.board.note import Ed25519Signer
from psephos.board.policy import count_quorum, read_policy
from psephos.errors import MalformedError, PsephosError
from psephos.protocol.encoding import sha256_hex
from psephos.record.board_terms import BoardTerms
from psephos.record.terms import read_terms
from psephos.roles.organiser_board import make_terms
from psephos.verify.board_audit import ruleset
from tests.support.logged import LOG, ORGANISERS, STANDBY

OPENS = datetime(2026, 12, 1, 8, tzinfo=timezone(timedelta(hours=1)))
HOURS = {"opens_at": 0, "earliest_close": 10, "closes_at": 12, "latest_close": 36}


def observers(count: int) -> list[dict[str, Any]]:
    """So many observers, each with a witness of two keys and one verifying key."""
    listed = []
    for number in range(1, count + 1):
        seed = bytes(29) + bytes([9, number])
        witness = f"observer{number}.example/w1"
        listed.append(
            {
                "name": f"observer{number}",
                "witness": [
                    str(Ed25519Cosigner(witness, seed + b"\x01").key),
                    str(MlDsa44Cosigner(witness, seed + b"\x02").key),
                ],
                "verifying": [str(Ed25519Cosigner(f"observer{number}.example/v1", seed + b"\x03").key)],
                "url": f"https://observer{number}.example/w1",
            }
        )
    return listed


def draft(count: int = 5, **changes: Any) -> dict[str, Any]:
    """The section as a reader of TOML gives it."""
    times = {name: OPENS + timedelta(hours=hours) for name, hours in HOURS.items()}
    keys = {"log": str(LOG.key), "organisers": [str(one.key) for one in ORGANISERS], "organisers_needed": 2}
    return {**keys, **times, "observer": observers(count), **changes}


def changed_observer(**changes: Any) -> dict[str, Any]:
    """The section with another first observer."""
    first, *others = observers(4)
    return draft(observer=[first | changes, *others])


@pytest.mark.parametrize(("count", "needed"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (6, 5), (7, 5), (10, 7)])
def test_two_thirds_and_one_more_make_a_quorum(count: int, needed: int) -> None:
    """Of both policies, whatever number of keys an observer has; each counts once."""
    terms, _ = make_terms(draft(count))
    for text in (terms.receipts, terms.tally):
        found = count_quorum((), read_policy(text.encode()))
        assert (found.need, found.of) == (needed, count)


def test_observer_counts_once_with_any_of_its_keys() -> None:
    """Two keys of one observer are not two observers; either of them is its word."""
    policy = read_policy(make_terms(draft(4))[0].receipts.encode())
    both = ["observer1.1", "observer1.2"]
    assert count_quorum(both, policy).have == 1
    assert count_quorum(both[1:], policy).have == 1
    assert count_quorum(["observer1.1", "observer2.2", "observer3.1"], policy).have == 3
    assert count_quorum(["observer1.1"], policy).missing == ("observer2", "observer3", "observer4")


def test_witnesses_have_their_addresses_and_verifying_keys_have_none() -> None:
    """The log asks witnesses where the policy for receipts says; nobody is asked to verify."""
    terms, _ = make_terms(draft(4))
    receipts, tally = (read_policy(text.encode()) for text in (terms.receipts, terms.tally))
    assert {one.url for one in receipts.witnesses} == {f"https://observer{number}.example/w1" for number in range(1, 5)}
    assert {one.url for one in tally.witnesses} == {""}
    assert [one.name for one in tally.witnesses] == ["observer1", "observer2", "observer3", "observer4"]


def test_times_mean_the_same_in_every_offset() -> None:
    """What stands in the charter is seconds since 1970."""
    terms, _ = make_terms(draft())
    assert (terms.opens_at, terms.closes_at - terms.opens_at) == (1_796_108_400, 12 * 3600)
    elsewhere = {name: (OPENS + timedelta(hours=hours)).astimezone(UTC) for name, hours in HOURS.items()}
    assert make_terms(draft(**elsewhere))[0] == terms


def test_terms_name_the_rules_of_this_program_and_the_standby_logs() -> None:
    """The ruleset is the one that this program checks; both policies list every log."""
    terms, warnings = make_terms(draft(standby=[str(STANDBY.key)]))
    assert terms.ruleset == sha256_hex(ruleset())
    assert (terms.largest_ballot, terms.ballots_per_hour, warnings) == (10_000, 20, [])
    assert [log.key for log in read_policy(terms.tally.encode()).logs] == [LOG.key, STANDBY.key]
    assert read_terms(terms).origin == LOG.key.name


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (draft(3), ["3 observers"]),
        (draft(1), ["1 observers"]),
        (draft(5, needed=3), ["3 of 5"]),
        (draft(3, needed=1), ["3 observers", "1 of 3"]),
        (draft(5, needed=5), []),
    ],
)
def test_few_observers_and_low_quorums_are_warned_of(section: dict[str, Any], said: list[str]) -> None:
    """Fewer than four observers, and a quorum below the usual one; nothing else."""
    _, warnings = make_terms(section)
    assert len(warnings) == len(said)
    for warning, beginning in zip(warnings, said, strict=True):
        assert warning.startswith(beginning)


def without(name: str) -> dict[str, Any]:
    """The section without a field."""
    return {field: value for field, value in draft().items() if field != name}


BAD: dict[str, Any] = {
    "no table": ["log"],
    "nothing": {},
    "unknown field": draft(observers=[]),
    "no log": without("log"),
    "no observers": draft(observer=[]),
    "log of another type": draft(log=observers(1)[0]["witness"][0]),
    "log that is no key": draft(log="board.example/2026"),
    "log with another ID": draft(log=str(LOG.key).replace("+", "+0", 1)),
    "time without offset": draft(opens_at=OPENS.replace(tzinfo=None)),
    "time that is a date": draft(opens_at=OPENS.date()),
    "time between seconds": draft(opens_at=OPENS.replace(microsecond=1)),
    "time as a number": draft(opens_at=1_796_108_400),
    "closing before opening": draft(closes_at=OPENS - timedelta(hours=1)),
    "earliest after planned": draft(earliest_close=OPENS + timedelta(hours=13)),
    "no organisers": draft(organisers=[]),
    "more organisers needed than there are": draft(organisers_needed=4),
    "an organiser twice": draft(organisers=[str(ORGANISERS[0].key)] * 3),
    "organiser is the log": draft(organisers=[str(LOG.key)], organisers_needed=1),
    "nobody needed": draft(needed=0),
    "more needed than there are": draft(5, needed=6),
    "ballot too large": draft(largest_ballot=60_001),
    "no ballots": draft(ballots_per_hour=0),
    "observer without a name": changed_observer(name=""),
    "observer with blanks in its name": changed_observer(name="observer 1"),
    "observer with a newline in its name": changed_observer(name="observer1\n"),
    "observer named like the quorum": changed_observer(name="observers"),
    "observer named none": changed_observer(name="none"),
    "observer twice": draft(observer=observers(4) + observers(1)),
    "observer without keys": changed_observer(witness=[]),
    "observer without verifying key": changed_observer(verifying=[]),
    "observer with one key for both": changed_observer(verifying=observers(1)[0]["witness"][:1]),
    "observer with a log's key": changed_observer(witness=[str(Ed25519Signer("w.example", bytes(32)).key)]),
    "observer with an address that is none": changed_observer(url="observer1.example"),
    "observer with an address of two lines": changed_observer(url="https://a.example\nlog x"),
    "observer with a blank in its address": changed_observer(url="https://a.example /w"),
    "observer with more": changed_observer(weight=2),
}


@pytest.mark.parametrize("name", BAD)
def test_section_that_does_not_fit_is_refused(name: str) -> None:
    """With an error that says what."""
    with pytest.raises(PsephosError) as refused:
        make_terms(BAD[name])
    assert refused.value.code in {"malformed", "unsupported"}
    assert refused.value.message


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(draft())), st.one_of(st.integers(), st.text(), st.lists(st.text()))))
def test_section_is_read_or_refused(changes: dict[str, Any]) -> None:
    """Whatever stands in a field, there are terms that can be read, or our own error."""
    try:
        terms, _ = make_terms(draft(**changes))
    except PsephosError:
        return
    assert isinstance(terms, BoardTerms)
    read_terms(terms)


def test_template_has_every_field_and_works_when_uncommented() -> None:
    """What `psephos organiser new --kind plain` writes: without the section as it is, with it once keys stand in it."""
    template = read_text("plain.toml")
    assert "board" not in tomllib.loads(template)
    head, section = template.split("# [board]", 1)
    section, _ = section.split("# Where the result is counted by region", 1)
    lines = [line.removeprefix("# ") for line in ("# [board]" + section).split("\n")]
    written = tomllib.loads(head + "\n".join(lines))["board"]
    fields = {*BoardTerms.__struct_fields__} - {"receipts", "tally", "ruleset"}
    assert fields | {"observer"} == set(written)
    assert set(written["observer"][0]) == {"name", "witness", "url", "verifying"}
    assert "# needed = 4" in "\n".join(lines)
    keys = {name: draft(4)[name] for name in ("log", "organisers", "observer")}
    terms, warnings = make_terms(written | keys)
    assert (terms.organisers_needed, terms.opens_at, warnings) == (2, 1_796_108_400, [])


def test_template_of_a_board_beside_a_definition_has_every_field_that_the_definition_lacks() -> None:
    """What `psephos organiser new` writes beside a definition works with keys and the definition's fields in it."""
    text = read_text("board.toml")
    written = tomllib.loads(text)
    fields = {*BoardTerms.__struct_fields__} - {"receipts", "tally", "ruleset"}
    fixed = {name for name in fields if name.startswith(("organisers", "opens", "closes", "earliest", "latest"))}
    assert set(written) == (fields - fixed) | {"observer"}
    assert set(written["observer"][0]) == {"name", "witness", "url", "verifying"}
    assert "# needed = 4" in text
    whole = draft(4)
    terms, warnings = make_terms(written | {name: whole[name] for name in (*fixed, "log", "observer")})
    assert (terms.organisers_needed, warnings) == (2, [])


def test_error_does_not_depend_on_how_a_policy_is_written() -> None:
    """A quorum that cannot be is named as the field that organisers wrote."""
    with pytest.raises(MalformedError, match="6 of 5 observers"):
        make_terms(draft(5, needed=6))
