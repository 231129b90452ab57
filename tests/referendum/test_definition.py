"""The definition: one encoding, one fingerprint, signed by organisers, the same as the charter's."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from psephos.adapters.package_data import read_text
from psephos.errors import InvalidProofError, MalformedError, MismatchError
from psephos.protocol.encoding import write_json
from psephos.record.charter import Charter, RegistrarKey, election_description, read_charter
from psephos.record.definition_entry import definition_text, fingerprint_in, text_with_fingerprint
from psephos.record.terms import read_terms
from psephos.referendum.definition import (
    charter_draft,
    check_against_charter,
    fingerprint,
    read_definition,
    read_draft,
    rule_of,
    verify_definition,
    write_definition,
)
from psephos.referendum.schema import definition_schema
from psephos.roles.organiser import define
from tests.support.definitions import changed, data, draft, template
from tests.support.logged import ORGANISERS, STRANGER, board_terms, note_by
from tests.support.referendum import make_charter
from tests.support.world import randomness

TERMS = read_terms(board_terms())


def published(changes: dict[str, Any] | None = None) -> bytes:
    """A definition's canonical JSON."""
    return write_definition(draft(changes))


# ── one encoding ────────────────────────────────────────────────────────────────────────────────────────────────


def test_definition_has_one_encoding() -> None:
    """Reading what is published and writing it again gives the same bytes."""
    received = published()
    assert write_definition(read_definition(received)) == received
    assert b'"ready"' not in received


def test_definition_from_toml_and_from_json_in_another_order_is_the_same() -> None:
    """The order in which a person wrote the fields says nothing."""
    whole = data()
    turned = dict(reversed(whole.items()))
    turned["title"] = dict(reversed(whole["title"].items()))
    assert write_definition(read_draft(write_json(turned))) == write_definition(read_draft(template().encode()))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b'"kind"', b' "kind"'),
        lambda text: text + b"\n",
        lambda text: text.replace(b'{"en":"Referendum on the harbour","fa"', b'{"fa":"x","en":"y","zz"'),
        lambda text: text.replace(b'"passes":{"gt":["yes","no"]}', b'"ready":{"rule":"simple-majority"}'),
        lambda text: text.replace(b'"kind":"statutory"', b'"kind":"statutory","surplus":1'),
        lambda text: text.replace(b'"threshold":3', b'"threshold":3.0'),
        lambda text: text.replace(b"Referendum", b"\\u0052eferendum"),
        lambda text: text[:-1],
    ],
)
def test_definition_in_another_encoding_is_refused(change: Any) -> None:
    """Two texts of one definition would be two fingerprints."""
    received = published()
    other = change(received)
    assert other != received
    with pytest.raises(MalformedError):
        read_definition(other)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_else_is_refused_as_malformed(received: bytes) -> None:
    """No input leads to another error."""
    for read in (read_definition, read_draft):
        with pytest.raises(MalformedError):
            read(received)


@given(st.integers(0, 10**4), st.integers(0, 255))
def test_definition_with_one_byte_changed_is_refused_or_another(place: int, byte: int) -> None:
    """No change of a byte leaves the fingerprint."""
    received = bytearray(published())
    place %= len(received)
    if received[place] == byte:
        return
    received[place] = byte
    try:
        read_definition(bytes(received))
    except MalformedError:
        return
    assert fingerprint(bytes(received)) != fingerprint(published())


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"calendar.opens_at": "2026-05-01T08:00:00"}, "/calendar/opens_at"),
        ({"calendar.opens_at": "2026-13-01T08:00:00+03:30"}, "/calendar/opens_at"),
        ({"calendar.opens_at": "1 May"}, "/calendar/opens_at"),
        ({"retention.public_record_until": "2036-02-30"}, "/retention/public_record_until"),
        ({"kind": "real"}, "/kind"),
        ({"languages": []}, "/languages"),
        ({"title.English": "x"}, "/title"),
        ({"questions.0.answers.0.meaning": "maybe"}, "/questions/0/answers/0/meaning"),
        ({"legal.text.sha256": "abc"}, "/legal/text/sha256"),
        ({"calender": {}}, ""),
        ({"parties.threshold": 0}, "/parties/threshold"),
    ],
)
def test_draft_in_another_form_is_refused_with_its_place(changes: dict[str, Any], at: str) -> None:
    """A misspelt field, a time without offset, a day that is in no calendar."""
    with pytest.raises(MalformedError) as caught:
        draft(changes)
    assert caught.value.at.startswith(at)


def test_toml_time_without_offset_is_refused() -> None:
    """TOML has times that mean another moment in every country; a definition has none."""
    with pytest.raises(MalformedError) as caught:
        read_draft(
            template().replace("\nopens_at = 2026-05-01T08:00:00+03:30", "\nopens_at = 2026-05-01T08:00:00").encode()
        )
    assert caught.value.at == "/calendar/opens_at"


def test_rule_has_the_definition_s_regions() -> None:
    """Regions are given once."""
    found = rule_of(draft({"rule.ready": {"rule": "double-majority"}}))
    assert [region.id for region in found.regions] == ["North", "South"]
    for changes in ({"rule.regions": [{"id": "North"}]}, {"rule.weights_add_up_to": "2"}):
        with pytest.raises(MalformedError, match="given once"):
            rule_of(draft(changes))
    with pytest.raises(MalformedError, match="no outcome rule"):
        write_definition(draft({"rule": None}))


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"parties.organisers_needed": 3}, "/parties/organisers_needed"),
        ({"parties.threshold": 6}, "/parties/threshold"),
        ({"parties.trustees.1.name": "Trustee 1"}, "/parties"),
        ({"parties.registrars.0.name": "Organiser 1"}, "/parties"),
    ],
)
def test_parties_that_no_charter_could_hold_are_not_published(changes: dict[str, Any], at: str) -> None:
    """More signatures than organisers, more keys than trustees, one name for two."""
    with pytest.raises(MalformedError) as caught:
        write_definition(draft(changes))
    assert caught.value.at == at


def test_template_follows_the_schema() -> None:
    """The template, and what is published, follow the published schema; a misspelt field does not."""
    schema = definition_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert list(validator.iter_errors(data())) == []
    assert list(validator.iter_errors(msgspec.json.decode(published()))) == []
    for changes in ({"calender": {}}, {"rule.passes": {"eq": ["yes", "no"]}}, {"kind": "real"}):
        assert not validator.is_valid(changed(changes))


def test_template_says_what_is_missing() -> None:
    """Digests of files that are still missing are zeros, and the file is read all the same."""
    assert read_draft(read_text("template.toml").encode()).legal.text is not None


# ── fingerprint and signatures ──────────────────────────────────────────────────────────────────────────────────


def test_definition_signed_by_enough_organisers_holds() -> None:
    """Two of three."""
    received = published()
    text = definition_text(fingerprint(received))
    assert verify_definition(received, note_by(text, *ORGANISERS[:2]), TERMS) == read_definition(received)


def test_definition_signed_by_too_few_or_by_others_is_refused() -> None:
    """One of three is not enough, and a stranger is no organiser."""
    received = published()
    text = definition_text(fingerprint(received))
    with pytest.raises(InvalidProofError):
        verify_definition(received, note_by(text, ORGANISERS[0]), TERMS)
    with pytest.raises(MalformedError):
        verify_definition(received, note_by(text, ORGANISERS[0], STRANGER), TERMS)


def test_signature_on_another_definition_is_refused() -> None:
    """A signature is good for one definition, and for nothing else that organisers sign."""
    received, other = published(), published({"title.en": "Another referendum"})
    for text in (definition_text(fingerprint(other)), f"{fingerprint(received)}\n".encode()):
        with pytest.raises(MismatchError):
            verify_definition(received, note_by(text, *ORGANISERS[:2]), TERMS)


def test_fingerprint_stands_on_a_line_of_its_own_before_the_charter_s() -> None:
    """Found where it stands, and nowhere else."""
    digest = fingerprint(published())
    for text in ("", "Shown with the question.\nIn two lines."):
        received = make_charter(text=text_with_fingerprint(text, digest))
        description = election_description(read_charter(received), received)
        assert description.splitlines()[-2] == f"Psephos definition {digest}"
        assert fingerprint_in(description) == digest
    received = make_charter(text=f"Psephos definition {digest} and more")
    assert fingerprint_in(election_description(read_charter(received), received)) is None
    assert fingerprint_in(f"Psephos definition {digest}") is None


# ── the charter ─────────────────────────────────────────────────────────────────────────────────────────────────


def charter_of(received: bytes) -> bytes:
    """The charter that the organiser's command makes from a definition."""
    key = read_charter(make_charter()).registrars[0].key
    registrars = [RegistrarKey(name=name, key=key) for name in ("Registrar 1", "Registrar 2")]
    return define(charter_draft(received), registrars, rng=randomness())


def test_charter_made_from_a_definition_agrees_with_it() -> None:
    """What stands in both is the same, and the description carries the definition's fingerprint."""
    received = published()
    charter = charter_of(received)
    assert check_against_charter(received, read_charter(charter), charter) == read_definition(received)


def test_charter_of_a_rehearsal_is_marked() -> None:
    """Statutory and urgent votes are real; a rehearsal never is."""
    for kind, expected in (("statutory", "real"), ("urgent", "real"), ("rehearsal", "rehearsal")):
        assert read_charter(charter_of(published({"kind": kind}))).kind == expected


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("kind", "rehearsal"),
        ("title", "Another title"),
        ("trustees", ("Trustee 1", "Trustee 2", "Trustee 3", "Trustee 5", "Trustee 4")),
        ("threshold", 4),
        ("minimum_counted", 2),
        ("text", "Shown with the question."),
    ],
)
def test_charter_that_says_something_else_is_refused(part: str, value: Any) -> None:
    """Two documents that differ would let each side choose."""
    received = published()
    charter = read_charter(charter_of(received))
    other = write_json(msgspec.structs.replace(charter, **{part: value}))
    with pytest.raises(MismatchError) as caught:
        check_against_charter(received, read_charter(other), other)
    assert caught.value.at == ("/description" if part == "text" else f"/{part}")


def test_charter_with_another_question_or_registrar_is_refused() -> None:
    """The question that voters see is the one that was defined."""
    received = published()
    charter = read_charter(charter_of(received))
    question = msgspec.structs.replace(charter.questions[0], answers=("No / نه", "Yes / آری", "Blank / سفید"))
    registrar = msgspec.structs.replace(charter.registrars[0], name="Registrar 3")
    for part, other in (
        ("questions", msgspec.structs.replace(charter, questions=(question,))),
        ("registrars", msgspec.structs.replace(charter, registrars=(registrar, charter.registrars[1]))),
    ):
        assert isinstance(other, Charter)
        with pytest.raises(MismatchError) as caught:
            check_against_charter(received, other, write_json(other))
        assert caught.value.at == f"/{part}"
