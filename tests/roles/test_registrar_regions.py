"""Registrars and regions: from the roll's column to the signed list, alone and in pairs, and by the commands."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace
from pyrage import x25519

from psephos.adapters.files import MemorySource
from psephos.adapters.sealing import seal_with_passphrase
from psephos.cli.main import run
from psephos.errors import MalformedError, MismatchError
from psephos.ports import UnixSeconds
from psephos.protocol import credentials, proofs
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.protocol.group import Group
from psephos.protocol.trustees import TrusteePublicKey
from psephos.record.acceptance import registrar_party
from psephos.record.charter import read_charter
from psephos.record.region_list import check_statement, join_signatures, sign_list
from psephos.record.regions import RegionMessage, RegionTerms, read_regions
from psephos.record.roll import Roll, RollError, places_in, places_of, read_roll
from psephos.roles import organiser, registrar
from psephos.roles.registrar import Issued, SigningKey
from tests.support.logged import board_terms
from tests.support.referendum import make_charter
from tests.support.world import randomness

GROUP = Group("Ed25519")
TERMS = RegionTerms(
    minimum_registered=2,
    minimum_counted=2,
    regions=(RegionMessage(id="Coast", registered=3), RegionMessage(id="Hills", registered=2)),
    rest=2,
)
HOMES = ("Hills", "Coast", "", "Coast", "Hills", "Coast", "")
LINES = [f"Voter {number},{('post', 'sms')[number % 2]},{home}" for number, home in enumerate(HOMES)]
ROLL = "\n".join(["id,channel,region", *LINES, ""]).encode()


def silent(_rows: int) -> None:
    """Progress that nobody sees."""


def key(number: int) -> SigningKey:
    """The key of registrar 1, 2."""
    return registrar.open_key(registrar.new_key(f"Registrar {number}", GROUP, randomness(number)))


def charter(registrars: int, terms: RegionTerms | None = TERMS) -> bytes:
    """A charter that counts regions."""
    keys = tuple(key(number).public for number in range(1, registrars + 1))
    return make_charter(size=1, threshold=1, registrars=keys, board=board_terms(), regions=terms)


def setup(received: bytes, public: bytes) -> bytes:
    """setup.bel."""
    public_key, pok = proofs.prove_possession(GROUP, GROUP.random_secrets(randomness(9), 1), randomness(9))
    (name,) = read_charter(received).trustees
    single = TrusteePublicKey(pok=pok, public_key=public_key.text, name=name)
    return organiser.set_up(received, write_json([("Single", single)]), public, UnixSeconds(1_700_000_000))


def regions_of(received: bytes, *issued: Issued) -> dict[str, str]:
    """By voter, the region that the public list has at the place of her credential."""
    rows = [
        {
            row["id"]: row["credential"]
            for content in one.deliveries.values()
            for row in map(json.loads, content.splitlines())
        }
        for one in issued
    ]
    listed, uuid = json.loads(issued[0].public), read_charter(received).uuid
    codes = issued[0].regions or b""
    found = {}
    for voter in rows[0]:
        typed = [credentials.read_typed(one[voter]) for one in rows]
        place = listed.index(credentials.derive_secrets(GROUP, uuid, typed).total().public().texts()[0])
        code = int.from_bytes(codes[2 * place : 2 * place + 2], "big")
        found[voter] = ("Coast", "Hills", "")[min(code, 2)]
    return found


DRAFT = """
kind = "rehearsal"
title = ["A bridge"]
trustees = ["Trustee 1"]
threshold = 1
minimum_counted = 2

[[question]]
text = ["A bridge?"]
answers = [["yes"], ["no"]]

[regions]
minimum_registered = 2
minimum_counted = 2
rest = 2

[[regions.regions]]
id = "North"

[[regions.regions]]
id = "Coast"
group = "North"
registered = 3

[[regions.regions]]
id = "Hills"
registered = 2
"""


def test_organisers_define_regions_in_their_file() -> None:
    """The section becomes the charter's; without a board, or with a field that is none, it is refused."""
    draft = tomllib.loads(DRAFT)
    defined = read_charter(organiser.define(draft, [key(1).public], board=board_terms(), rng=randomness(1)))
    assert defined.regions == replace(
        TERMS,
        regions=(
            RegionMessage(id="North"),
            RegionMessage(id="Coast", group="North", registered=3),
            RegionMessage(id="Hills", registered=2),
        ),
    )
    with pytest.raises(MalformedError, match="on a board only"):
        organiser.define(draft, [key(1).public], rng=randomness(1))
    wrong = {**draft, "regions": {**draft["regions"], "minimum": 1}}
    with pytest.raises(MalformedError, match="unknown field"):
        organiser.define(wrong, [key(1).public], board=board_terms(), rng=randomness(1))


EXPECTED = {f"Voter {number}": home for number, home in enumerate(HOMES)}


def test_list_says_of_each_credential_where_its_voter_is_registered() -> None:
    """In the order of the public list, which is not the roll's."""
    received = charter(1)
    issued = registrar.issue(received, read_roll(ROLL), randomness(4), silent)
    assert regions_of(received, issued) == EXPECTED


def test_two_registrars_make_the_same_list() -> None:
    """From halves of credentials of which neither knows the other."""
    received, roll = charter(2), read_roll(ROLL)
    states = []
    for number in (1, 2):
        content = registrar.commit(
            received, roll, key(number), age_key=("AGE", "age1" + "q" * 58), rng=randomness(20 + number), advance=silent
        )
        states.append(registrar.open_halves(content, received=received))
    commitments = [write_json(state.commitment) for state in states]
    reveals = [registrar.answer_commitment(received, states[n], commitments[1 - n])[0] for n in (0, 1)]
    one, two = (
        registrar.combine(
            received, roll, states[n], commitment=commitments[1 - n], reveal=reveals[1 - n], advance=silent
        )
        for n in (0, 1)
    )
    assert one.regions == two.regions
    assert one.public == two.public
    assert regions_of(received, one, two) == EXPECTED


def test_roll_of_another_region_is_another_roll() -> None:
    """Two registrars who put a voter into different regions find it at the commitment."""
    other = read_roll(ROLL.replace(b"Voter 1,sms,Coast", b"Voter 1,sms,Hills"))
    assert other.fingerprint != read_roll(ROLL).fingerprint
    assert Roll(other.rows).fingerprint == Roll(read_roll(ROLL).rows).fingerprint


def test_every_unknown_region_of_the_roll_is_listed() -> None:
    """With its line; nothing is issued."""
    roll = read_roll(ROLL.replace(b"Hills", b"hills"))
    with pytest.raises(RollError) as raised:
        registrar.issue(charter(1), roll, randomness(4), silent)
    assert [(fault.line, fault.value) for fault in raised.value.faults] == [(2, "hills"), (6, "hills")]
    without_rest = read_regions(replace(TERMS, rest=0))
    with pytest.raises(RollError) as raised:
        places_of(read_roll(ROLL), without_rest)
    assert [fault.reason for fault in raised.value.faults] == ["a region is missing"] * 2


@pytest.mark.parametrize(
    ("roll", "terms", "message"),
    [
        (ROLL.replace(b"Voter 1,sms,Coast", b"Voter 1,sms,Hills"), TERMS, "2 voters where the charter has 3"),
        (b"id,channel\nVoter 1,post\n", TERMS, "no column region"),
        (ROLL, None, "the charter counts none"),
    ],
)
def test_roll_that_does_not_fit_the_charter_is_refused(roll: bytes, terms: RegionTerms | None, message: str) -> None:
    """Before any credential is made, by both ways to make them."""
    with pytest.raises((MismatchError, MalformedError), match=message):
        registrar.issue(charter(1, terms), read_roll(roll), randomness(4), silent)
    with pytest.raises((MismatchError, MalformedError), match=message):
        registrar.commit(
            charter(2, terms), read_roll(roll), key(1), age_key=("AGE", "age1"), rng=randomness(5), advance=silent
        )


def test_signatures_of_both_registrars_make_the_statement() -> None:
    """In any order; one that is missing, doubled, of another list or for another setup is refused."""
    received, wire = charter(2), read_charter(charter(2))
    listed = registrar.issue(charter(1), read_roll(ROLL), randomness(4), silent).regions or b""
    other = listed[2:] + listed[:2]

    def signed(number: int, *, regions: bytes = listed, setup: str = "0" * 64) -> bytes:
        party = registrar_party(number)
        return sign_list(key(number).secret, wire, party=party, setup=setup, regions=regions, rng=randomness(number))

    statement = join_signatures([signed(2), signed(1)], wire, regions=listed)
    parties = {registrar_party(number): key(number).secret.public()[0] for number in (1, 2)}
    given = {"setup": "0" * 64, "regions": sha256_hex(listed), "parties": parties, "group": GROUP}
    check_statement(statement, read_charter(received), **given)  # type: ignore[arg-type]
    for wrong, message in (
        ([signed(1)], "a signature of each registrar"),
        ([signed(1), signed(1)], "a signature of each registrar"),
        ([signed(1), signed(2, setup="1" * 64)], "for another setup"),
        ([signed(1), signed(2, regions=other)], "under another list"),
        ([signed(1, regions=other), signed(2, regions=other)], "under another list"),
    ):
        with pytest.raises(MismatchError, match=message):
            join_signatures(wrong, wire, regions=listed)


def test_list_that_is_not_the_charters_is_not_signed() -> None:
    """A registrar signs no list with other numbers than were agreed on."""
    wire = read_charter(charter(1))
    with pytest.raises(MismatchError, match="voters where the charter has"):
        sign_list(key(1).secret, wire, party="", setup="0" * 64, regions=bytes(14), rng=randomness(1))
    plain = read_charter(make_charter(size=1, threshold=1))
    with pytest.raises(MismatchError, match="counts no regions"):
        sign_list(key(1).secret, plain, party="", setup="0" * 64, regions=bytes(14), rng=randomness(1))
    assert places_in(plain, read_roll(b"id,channel\nVoter 1,post\n")) == []


def test_commands_write_the_list_and_its_signature(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`registrar issue` and `registrar accept`; what comes out makes a statement that holds."""
    received, out = charter(1), tmp_path / "out"
    (tmp_path / "charter.json").write_bytes(received)
    (tmp_path / "roll.csv").write_bytes(ROLL)
    (tmp_path / "passphrase").write_text("correct horse battery\n")
    content = registrar.new_key("Registrar 1", GROUP, randomness(1))
    (tmp_path / "registrar.key").write_bytes(seal_with_passphrase(content, "correct horse battery"))
    for name in ("passphrase", "registrar.key"):
        (tmp_path / name).chmod(0o600)
    deliverers = [f"--deliverer={channel}={x25519.Identity.generate().to_public()}" for channel in ("post", "sms")]
    files = [str(tmp_path / "charter.json"), str(tmp_path / "roll.csv")]
    assert run(["registrar", "issue", *files, "--count", "7", *deliverers, "-o", str(out)]) == 0
    public, listed = (out / "public-credentials.json").read_bytes(), (out / "regions.bin").read_bytes()
    (tmp_path / "setup.bel").write_bytes(setup(received, public))
    wire = read_charter(received)
    fingerprint = sha256_hex(organiser.setup_parts(MemorySource(setup(received, public)))[-1])
    accept = ["registrar", "accept", str(tmp_path / "setup.bel"), files[0], str(out / "public-credentials.json")]
    common = ["--fingerprint", fingerprint, "--home", str(tmp_path), "-o", str(out)]
    secret = ["--passphrase-file", str(tmp_path / "passphrase")]
    assert run([*accept, *common, *secret]) == 2
    assert "give --regions" in capsys.readouterr().err
    for _ in range(2):
        assert run([*accept, "--regions", str(out / "regions.bin"), *common, *secret]) == 0
    assert "kept" in capsys.readouterr().err
    statement = join_signatures([(out / "regions-registrar-1.json").read_bytes()], wire, regions=listed)
    parties = {registrar_party(1): key(1).secret.public()[0]}
    check_statement(statement, wire, setup=fingerprint, regions=sha256_hex(listed), parties=parties, group=GROUP)
