"""Trustees: messages of the key ceremony that are lost, repeated, swapped or changed; and who is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from psephos.errors import InvalidProofError, MismatchError, OutOfTurnError, PsephosError
from psephos.protocol import ceremony
from psephos.protocol.encoding import read_json, write_json
from psephos.protocol.group import Group
from psephos.protocol.proofs import SignedMessage
from psephos.record.charter import Charter
from psephos.record.keyfile import read_key_file
from psephos.roles import organiser_ceremony, trustee_ceremony
from tests.support.referendum import (
    hold,
    leaves,
    named,
    tampered,
)
from tests.support.world import randomness


def test_certificates_with_one_missing_names_who_is_waited_for() -> None:
    """The organiser is told whose certificate is missing."""
    held = hold()
    with pytest.raises(OutOfTurnError, match=r"waiting for trustee 3 \(Trustee Cedar\)") as raised:
        organiser_ceremony.collect_certificates(held.charter, named(held.certificates[:2] + held.certificates[3:]))
    assert raised.value.at == "certificate-3.json"
    assert raised.value.hint


def test_inputs_and_assembly_with_one_missing_name_who_is_waited_for() -> None:
    """In later rounds as well."""
    held = hold()
    with pytest.raises(OutOfTurnError, match="waiting for trustee 5"):
        organiser_ceremony.route_inputs(held.charter, named([held.all_certificates, *held.polynomials[:4]]))
    with pytest.raises(OutOfTurnError, match="waiting for trustee 1"):
        organiser_ceremony.assemble_trustees(
            held.charter, named([held.all_certificates, *held.polynomials, *held.outputs[1:]])
        )


def test_certificates_of_two_ceremonies_by_one_trustee_are_refused() -> None:
    """A trustee that joined twice made two keys; the organiser never picks one."""
    held = hold()
    second = trustee_ceremony.join(held.charter, index=2, kept=None, sent=None, rng=randomness(4)).sends
    with pytest.raises(MismatchError, match=r"two different messages .* trustee 2; at most one is") as raised:
        organiser_ceremony.collect_certificates(held.charter, named([*held.certificates, second]))
    assert raised.value.culprit == ""


def test_certificate_for_a_rehearsal_is_refused() -> None:
    """A message made for another charter names its maker."""
    held, rehearsal = hold(), hold(kind="rehearsal")
    messages = [rehearsal.certificates[0], *held.certificates[1:]]
    with pytest.raises(MismatchError, match="another referendum") as raised:
        organiser_ceremony.collect_certificates(held.charter, named(messages))
    assert raised.value.culprit == "trustee 1"


def test_certificate_of_another_trustee_under_ones_own_number_is_refused() -> None:
    """Swapped numbers break the envelope's signature."""
    held = hold()
    message = json.loads(held.certificates[1])
    message["index"] = 1
    swapped = [write_json(message), *held.certificates[1:]]
    with pytest.raises(InvalidProofError) as raised:
        organiser_ceremony.collect_certificates(held.charter, named(swapped))
    assert raised.value.culprit == "trustee 1"


def refuses(culprit: str, path: tuple[Any, ...], act: Callable[..., object], *args: Any, **named: Any) -> None:
    """Acting is refused with the maker's name (not so where the envelope's number or round is what was changed)."""
    with pytest.raises(PsephosError) as raised:
        act(*args, **named)
    assert raised.value.hint
    assert path[0] in {"index", "round"} or raised.value.culprit == culprit, (path, str(raised.value))


def test_every_leaf_of_a_certificate_is_protected() -> None:
    """Whatever is changed in a certificate, the organiser refuses it and names its maker."""
    held = hold()
    for path in leaves(json.loads(held.certificates[2])):
        messages = [*held.certificates]
        messages[2] = tampered(held.certificates[2], path)
        refuses("trustee 3", path, organiser_ceremony.collect_certificates, held.charter, named(messages))


def test_every_leaf_of_all_certificates_is_protected_from_the_organiser() -> None:
    """A trustee refuses certificates that were changed by the organiser, and names whose it is."""
    held = hold()
    for path in leaves(json.loads(held.all_certificates)[1]):
        whole = json.loads(held.all_certificates)
        whole[1] = json.loads(tampered(write_json(whole[1]), path))
        refuses(
            "trustee 2",
            path,
            trustee_ceremony.share,
            held.charter,
            write_json(whole),
            kept=held.seeds[0],
            sent=None,
            rng=randomness(5),
        )


def test_every_leaf_of_a_polynomial_is_protected() -> None:
    """The organiser finds any change in a polynomial, even in what is sealed to others."""
    held = hold()
    for path in leaves(json.loads(held.polynomials[3])):
        messages = [*held.polynomials]
        messages[3] = tampered(held.polynomials[3], path)
        files = named([held.all_certificates, *messages])
        refuses("trustee 4", path, organiser_ceremony.route_inputs, held.charter, files)


def test_every_leaf_of_an_input_is_protected() -> None:
    """A trustee finds any change that the organiser makes to its input."""
    held = hold()
    for path in leaves(json.loads(held.inputs[0])):
        changed = tampered(held.inputs[0], path)
        with pytest.raises(PsephosError) as raised:
            trustee_ceremony.receive(
                held.charter,
                held.all_certificates,
                changed,
                seed=held.seeds[0],
                kept=None,
                sent=None,
                rng=randomness(6),
            )
        assert raised.value.hint or path[0] != "input"
        if path[1:2] in {("coefexps",), ("signatures",), ("secrets",)}:
            assert raised.value.culprit == f"trustee {path[2] + 1}", path


def test_every_leaf_of_an_output_is_protected() -> None:
    """The organiser finds any change in an output."""
    held = hold()
    for path in leaves(json.loads(held.outputs[0])):
        messages = [tampered(held.outputs[0], path), *held.outputs[1:]]
        files = named([held.all_certificates, *held.polynomials, *messages])
        refuses("trustee 1", path, organiser_ceremony.assemble_trustees, held.charter, files)


def test_every_leaf_of_a_mandatory_trustees_key_is_protected() -> None:
    """The same for single keys."""
    held = hold(3, 3)
    for path in leaves(json.loads(held.certificates[1])):
        messages = [held.certificates[0], tampered(held.certificates[1], path), held.certificates[2]]
        refuses("trustee 2", path, organiser_ceremony.assemble_trustees, held.charter, named(messages))


def test_receive_with_another_trustees_input_is_refused() -> None:
    """The input of trustee 2 is of no use to trustee 1, even with the number exchanged."""
    held = hold()

    def receive(given: bytes) -> None:
        trustee_ceremony.receive(
            held.charter, held.all_certificates, given, seed=held.seeds[0], kept=None, sent=None, rng=randomness(6)
        )

    with pytest.raises(MismatchError, match="for trustee 2") as raised:
        receive(held.inputs[1])
    assert "input-1.json" in raised.value.hint
    renumbered = json.loads(held.inputs[1])
    renumbered["index"] = 1
    with pytest.raises(InvalidProofError):
        receive(write_json(renumbered))


def test_sealed_value_of_a_cheating_trustee_is_found_and_named() -> None:
    """A trustee that seals a value which is not on its polynomial is named by the one who opens it."""
    held = hold()
    charter = read_json(held.charter, Charter, what="charter")
    group = Group(charter.group)
    cheat = ceremony.identity_from(read_key_file(held.seeds[1]).seed or "", group)
    certs = [read_json(write_json(json.loads(one)["content"]), SignedMessage, what="c") for one in held.certificates]
    given = json.loads(held.inputs[0])
    wrong = write_json({"secret": "12345"}).decode()
    given["input"]["secrets"][1] = ceremony.seal(cheat, ceremony.encryption_key(certs[0], group), wrong, randomness(8))
    with pytest.raises(InvalidProofError, match="does not fit the coefficients") as raised:
        trustee_ceremony.receive(
            held.charter,
            held.all_certificates,
            write_json(given),
            seed=held.seeds[0],
            kept=None,
            sent=None,
            rng=randomness(6),
        )
    assert raised.value.culprit == "trustee 2"


def test_share_with_ones_own_certificate_exchanged_is_refused() -> None:
    """An organiser that puts another key in a trustee's place is found by that trustee."""
    held = hold()
    imposter = trustee_ceremony.join(held.charter, index=1, kept=None, sent=None, rng=randomness(66)).sends
    certificates = organiser_ceremony.collect_certificates(held.charter, named([imposter, *held.certificates[1:]]))
    with pytest.raises(MismatchError, match="not among these"):
        trustee_ceremony.share(held.charter, certificates, kept=held.seeds[0], sent=None, rng=randomness(5))


@pytest.mark.parametrize("index", [0, 6, -1])
def test_join_with_a_number_that_the_charter_has_not_is_refused(index: int) -> None:
    """Trustees are numbered from 1."""
    with pytest.raises(MismatchError, match="trustees 1 to 5"):
        trustee_ceremony.join(hold().charter, index=index, kept=None, sent=None, rng=randomness(1))


def test_rounds_of_a_mandatory_trustee_are_refused() -> None:
    """Where all are mandatory there is no second round, for nobody."""
    held = hold(3, 3)
    with pytest.raises(OutOfTurnError, match="mandatory"):
        trustee_ceremony.share(held.charter, b"[]", kept=held.keys[0], sent=None, rng=randomness(1))
    with pytest.raises(OutOfTurnError, match="no threshold ceremony"):
        organiser_ceremony.collect_certificates(held.charter, named(held.certificates))


def test_the_same_message_twice_is_one_message() -> None:
    """The organiser may name a file twice, alone and within certificates.json."""
    held = hold()
    files = named([held.all_certificates, *held.certificates, *held.polynomials, *held.polynomials])
    assert organiser_ceremony.route_inputs(held.charter, files) == held.inputs
