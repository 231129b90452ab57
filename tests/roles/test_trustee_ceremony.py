"""Trustees: the key ceremony, with the organiser's side of it."""

from __future__ import annotations

import gzip
import itertools
import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from psephos.errors import InvalidProofError, MalformedError, MismatchError, RefusedError
from psephos.protocol import ceremony
from psephos.protocol.encoding import read_json, write_json
from psephos.protocol.group import Group
from psephos.protocol.proofs import SignedMessage
from psephos.protocol.result import combine_factors
from psephos.protocol.trustees import TrusteePublicKey
from psephos.record.keyfile import KeyFile, read_key_file
from psephos.record.rounds import Round, file_name
from psephos.roles import organiser_ceremony, trustee, trustee_ceremony
from tests.support.records import ELECTIONS
from tests.support.referendum import (
    NAMES,
    accept,
    answer,
    hold,
    named,
    publish,
    run,
)
from tests.support.world import randomness

BELENIOS = ELECTIONS / "ed25519-threshold-2of3-plus-mandatory"


@pytest.mark.parametrize("owners", list(itertools.combinations(range(1, 6), 3)))
def test_ceremony_of_3_of_5_any_three_trustees_decrypt(owners: tuple[int, ...]) -> None:
    """Any three of five trustees decrypt, and the record that results verifies with both proofs."""
    assert publish(run(), owners) == [2, 1, 1]


def test_ceremony_of_3_of_5_two_trustees_do_not_decrypt() -> None:
    """Two of five are not enough; the error names those who are missing."""
    with pytest.raises(InvalidProofError, match="2 valid partial decryptions of 3") as raised:
        publish(run(), (1, 4))
    assert "Trustee Birch" in raised.value.culprit


def test_ceremony_two_shares_do_not_interpolate_to_the_key() -> None:
    """Two shares combined as if they were enough do not give the key: the threshold is the polynomial's."""
    held, setup = hold(), run().setup
    group = setup.election.group
    public = {owner: setup.trustees.members[owner - 1].verification_key for owner in (1, 2, 3)}
    as_factors = {owner: group.column([key]) for owner, key in public.items()}
    assert combine_factors(setup.trustees, as_factors, group) == [setup.election.public_key]
    item = replace(setup.trustees.items[0], threshold=2)
    fewer = replace(setup.trustees, items=(item,))
    two = {owner: as_factors[owner] for owner in (1, 2)}
    assert combine_factors(fewer, two, group) != [setup.election.public_key]
    assert held.trustees == setup.trustees.received


def test_ceremony_where_all_are_mandatory_all_decrypt() -> None:
    """With threshold = number of trustees, each makes a single key, and all are needed."""
    referendum = run(hold(3, 3))
    assert [kind for kind, _ in json.loads(referendum.held.trustees)] == ["Single"] * 3
    assert publish(referendum, (1, 2, 3)) == [2, 1, 1]
    with pytest.raises(InvalidProofError, match="needed"):
        publish(referendum, (1, 2))


def test_ceremony_of_one_trustee_is_a_single_key() -> None:
    """One trustee of one is mandatory."""
    assert publish(run(hold(1, 1)), (1,)) == [2, 1, 1]


@pytest.mark.parametrize("group", ["BELENIOS-2048", "RFC-3526-2048"])
def test_ceremony_in_other_groups_gives_a_structure_that_verifies(group: str) -> None:
    """The ceremony is the same in every group."""
    assert json.loads(hold(2, 1, group).trustees)[0][0] == "Pedersen"


def test_trustees_of_a_ceremony_carry_the_names_of_the_charter() -> None:
    """Names come from the charter, not from trustees."""
    assert [member.name for member in run().setup.trustees.members] == list(NAMES)


def test_keys_and_messages_never_show_a_secret() -> None:
    """Neither the seed nor the share is in anything that is sent, nor in what is printed of a key."""
    held = hold()
    for place, kept in enumerate(held.keys):
        key = read_key_file(kept)
        assert key.seed is not None
        assert key.secret is not None
        sent = [*held.certificates, *held.polynomials, *held.inputs, *held.outputs, held.trustees]
        assert not any(secret.encode() in message for message in sent for secret in (key.seed, key.secret))
        assert key.seed not in repr(key) + str(trustee_ceremony.Step(held.keys[place], b""))


# ── taken again ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_round_taken_again_gives_the_same_secret_and_message() -> None:
    """After a kill between keeping and sending, and after everything, a round repeats itself."""
    held = hold()
    seed, sent = held.seeds[0], held.certificates[0]
    again = trustee_ceremony.join(held.charter, index=1, kept=seed, sent=sent, rng=randomness(1))
    assert (again.keeps, again.sends) == (seed, sent)
    lost = trustee_ceremony.join(held.charter, index=1, kept=seed, sent=None, rng=randomness(2))
    assert lost.keeps == seed
    assert json.loads(lost.sends)["content"]["message"] == json.loads(sent)["content"]["message"]
    certificates, polynomial = held.all_certificates, held.polynomials[0]
    assert (
        trustee_ceremony.share(held.charter, certificates, kept=seed, sent=polynomial, rng=randomness(3)) == polynomial
    )
    step = trustee_ceremony.receive(
        held.charter,
        certificates,
        held.inputs[0],
        seed=seed,
        kept=held.keys[0],
        sent=held.outputs[0],
        rng=randomness(4),
    )
    assert (step.keeps, step.sends) == (held.keys[0], held.outputs[0])


def test_share_for_other_certificates_is_refused_for_ever() -> None:
    """A trustee makes one polynomial; for other certificates it does not make a second one."""
    held = hold()
    second = trustee_ceremony.join(held.charter, index=4, kept=None, sent=None, rng=randomness(12)).sends
    others = [*held.certificates[:3], second, held.certificates[4]]
    certificates = organiser_ceremony.collect_certificates(held.charter, named(others))
    with pytest.raises(RefusedError, match="other certificates") as raised:
        trustee_ceremony.share(
            held.charter, certificates, kept=held.seeds[0], sent=held.polynomials[0], rng=randomness(3)
        )
    assert "new charter" in raised.value.hint


def test_receive_with_another_share_kept_is_refused() -> None:
    """A key file never gets a second share."""
    held = hold()
    key = msgspec.structs.replace(read_key_file(held.keys[0]), secret="1")
    with pytest.raises(RefusedError, match="another share"):
        trustee_ceremony.receive(
            held.charter,
            held.all_certificates,
            held.inputs[0],
            seed=held.seeds[0],
            kept=write_json(key),
            sent=None,
            rng=randomness(4),
        )


def test_receive_with_the_output_of_another_share_sent_is_refused() -> None:
    """What was sent belongs to what is kept."""
    held = hold()
    other = json.loads(held.outputs[1])["content"]
    key = read_key_file(held.seeds[0])
    content = read_json(write_json(other), TrusteePublicKey, what="output")
    sent = trustee_ceremony._message(key, Round.OUTPUT, content, randomness(3))
    with pytest.raises(RefusedError, match="output of another share"):
        trustee_ceremony.receive(
            held.charter,
            held.all_certificates,
            held.inputs[0],
            seed=held.seeds[0],
            kept=None,
            sent=sent,
            rng=randomness(4),
        )


def test_share_with_a_key_of_another_number_is_refused() -> None:
    """The key file's number is the certificate's."""
    held = hold()
    renumbered = write_json(msgspec.structs.replace(read_key_file(held.seeds[0]), index=2))
    with pytest.raises(MismatchError, match="another trustee's number"):
        trustee_ceremony.share(held.charter, held.all_certificates, kept=renumbered, sent=None, rng=randomness(5))


def test_key_of_another_charter_is_refused_everywhere() -> None:
    """A rehearsal's key never works for a real referendum."""
    held, rehearsal = hold(), hold(kind="rehearsal")
    with pytest.raises(MismatchError, match="another referendum"):
        trustee_ceremony.join(held.charter, index=1, kept=rehearsal.seeds[0], sent=None, rng=randomness(1))
    with pytest.raises(MismatchError, match="another referendum"):
        trustee_ceremony.share(
            held.charter, held.all_certificates, kept=rehearsal.seeds[0], sent=None, rng=randomness(1)
        )
    with pytest.raises(MismatchError, match="another referendum"):
        accept(run(), 1, kept=rehearsal.keys[0])
    with pytest.raises(MismatchError, match="another referendum"):
        answer(run(), 1, kept=rehearsal.keys[0])
    with pytest.raises(MismatchError, match="another referendum"):
        trustee.prove_backup(run().setup, kept=rehearsal.keys[0], rng=randomness(1))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"AGE-SECRET-KEY-1",
        write_json({"format": "psephos/trustee-key/1", "kind": "real", "charter": "0" * 64, "index": 1, "group": "x"}),
        write_json(
            {
                "format": "psephos/trustee-key/1",
                "kind": "real",
                "charter": "0" * 64,
                "index": 1,
                "group": "Ed25519",
                "seed": "short",
            }
        ),
    ],
)
def test_key_file_that_is_none_is_refused_without_showing_it(content: bytes) -> None:
    """Errors about key files never quote them."""
    with pytest.raises(MalformedError) as raised:
        read_key_file(content)
    assert "AGE-SECRET" not in str(raised.value)


# ── against Belenios' own ceremony ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", [0, 1, 2])
def test_belenios_inputs_open_with_belenios_seeds(place: int) -> None:
    """Messages sealed by Belenios open here, give the same share, and our round 3 gives Belenios' verification key."""
    folder = BELENIOS
    group = Group("Ed25519")
    order = json.loads((folder / "private" / "threshold_trustee_order.json").read_bytes())
    lines = (folder / "keygen" / "certs.jsons").read_bytes().split()
    certs = [read_json(line, SignedMessage, what="certificate") for line in lines]
    name = order[place]
    identity = ceremony.identity_from((folder / "private" / f"{name}.key").read_text().strip(), group)
    assert ceremony.own_index(identity, certs) == place + 1
    given = gzip.decompress((folder / "keygen" / f"{name}.vinput.gz").read_bytes()).strip()
    theirs = json.loads(gzip.decompress((folder / "keygen" / f"{name}.voutput.gz").read_bytes()))
    vinput = read_json(given, ceremony.TrusteeInput, what="vinput")
    share, output = ceremony.receive(identity, certs, vinput, threshold=2, rng=randomness(1))
    assert output.public_key.public_key == theirs["public_key"]["public_key"]
    opened = ceremony.open_sealed(identity, theirs["private_key"], identity.verification, culprit="")
    assert json.loads(opened) == {"decryption_key": share.expose()[0]}


def test_belenios_polynomials_route_to_belenios_inputs() -> None:
    """Routing Belenios' polynomials gives its inputs byte for byte, and its outputs assemble to its parameters."""
    folder = BELENIOS
    group = Group("Ed25519")
    order = json.loads((folder / "private" / "threshold_trustee_order.json").read_bytes())

    def keygen(name: str, kind: type[Any]) -> list[Any]:
        return [read_json(line, kind, what=name) for line in (folder / "keygen" / name).read_bytes().split()]

    certs, polynomials = keygen("certs.jsons", SignedMessage), keygen("polynomials.jsons", ceremony.PolynomialMessage)
    routed = ceremony.route(certs, polynomials, group, threshold=2)
    read = [gzip.decompress((folder / "keygen" / f"{name}.vinput.gz").read_bytes()).strip() for name in order]
    assert [write_json(one) for one in routed] == read
    outputs = [
        read_json(
            gzip.decompress((folder / "keygen" / f"{name}.voutput.gz").read_bytes()).strip(),
            ceremony.TrusteeOutput,
            what="voutput",
        )
        for name in order
    ]
    assembled = ceremony.assemble(certs, polynomials, [output.public_key for output in outputs], group, threshold=2)
    assert write_json(assembled) == (folder / "keygen" / "threshold.json").read_bytes().strip()


def test_key_file_is_written_in_one_encoding() -> None:
    """A key file that is read and written is the same."""
    for kept in (*hold().keys, *hold().seeds, *hold(3, 3).keys):
        assert write_json(read_key_file(kept)) == kept
    assert isinstance(read_key_file(hold().keys[0]), KeyFile)


def test_file_names_are_those_of_the_guide() -> None:
    """docs/how-to/trustee.md names these files."""
    assert [file_name(round_, 3) for round_ in Round] == [
        "certificate-3.json",
        "polynomial-3.json",
        "output-3.json",
        "public-key-3.json",
    ]
