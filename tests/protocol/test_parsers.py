"""Every parser of the protocol: whatever comes in, a good value comes out or a PsephosError, and nothing else."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psephos.errors import PsephosError, UnsupportedError
from psephos.protocol.ballot import BallotForm
from psephos.protocol.decryption import BoundDecryption, Owned, read_partial_decryption
from psephos.protocol.election import MOST_VALUES, Question, read_election, write_election
from psephos.protocol.encoding import (
    read_json,
    sha256_hex,
    write_json,
)
from psephos.protocol.group import Group
from psephos.protocol.result import read_result, write_result
from psephos.protocol.tally import (
    RunningTally,
    SizedEncryptedTally,
    read_encrypted_tally,
    write_encrypted_tally,
    write_sized,
)
from psephos.protocol.trustees import read_trustees
from psephos.record.charter import Charter, RegistrarKey, read_charter
from tests.support.changed_records import ending_within
from tests.support.json_changes import mutations
from tests.support.oracle import canonical
from tests.support.oracle.archive import read_archive, steps_of
from tests.support.oracle.election import parse_election
from tests.support.oracle.groups import GROUPS
from tests.support.world import YES_NO, World, whole_record

QUESTIONS = (
    Question(answers=("A", "B", "C"), blank=True, min=1, max=2, question="One or two, é \u200f؟"),
    Question(answers=("Yes", "No"), min=0, max=1, question="At most\none?"),
)
VOTES = [(0, [[0, 1, 1, 0], [1, 0]]), (1, [[1, 0, 0, 0], [0, 1]]), (0, [[0, 0, 0, 1], [0, 0]])]


@dataclass(frozen=True)
class Parser:
    """A parser, a good input, and how what it returns is written again.

    Attributes:
        parse: Returns what was read; raises PsephosError.
        good: One that is read.
        write: The bytes of what was read; None where nothing writes it.
    """

    parse: Callable[[bytes], object]
    good: bytes
    write: Callable[[object], bytes] | None = None


@lru_cache(1)
def worlds() -> tuple[World, World]:
    """A threshold election on the curve with weights, and a single trustee's in integers."""
    weights = [3, 2**31, 1]
    curve = World(Group("Ed25519"), QUESTIONS, voters=3, trustees=3, threshold=2, weights=weights)
    return curve, World(Group("BELENIOS-2048"), (YES_NO,), voters=2)


def read_ballot(form: BallotForm, received: bytes) -> object:
    """One ballot, read and written again."""
    chunk, faults = form.read([received])
    for error in faults.values():
        raise error
    digest = received[received.index(b'"signature":{"hash":"') + 21 :][:43]
    return form._signed.write(chunk.elements, chunk.scalars, [[digest]])[0]


def exactly(kind: type, what: str) -> Parser:
    """A message that is read and written as it is; the good input is filled in later."""
    return Parser(lambda received: read_json(received, kind, what=what), b"", write_json)


def charter(world: World) -> bytes:
    """A good charter of a world's election."""
    return write_json(
        Charter(
            format="psephos/charter/1",
            kind="rehearsal",
            uuid=world.election.uuid,
            group=world.group.name,
            title="Title",
            text="Text",
            questions=world.questions,
            trustees=("Anna", "Ben", "Cleo"),
            threshold=2,
            registrars=(RegistrarKey(name="Registry", key=world.public_credentials[0].text),),
            minimum_counted=1,
        )
    )


@lru_cache(1)
def parsers() -> dict[str, Parser]:
    """All parsers, each with a good input."""
    world, other = worlds()
    whole = whole_record(world, VOTES, deciding=(1, 3))
    steps = steps_of(read_archive(whole.archive))
    bodies = {step.kind: step.bodies for step in steps}
    ballots = world.form.read([step.bodies[0] for step in steps if step.kind == "Ballot"])[0]
    running = RunningTally(world.election)
    running.add(ballots, [1, 2], [2**31, 3])
    sums = running.total().sums
    return {
        "election": Parser(read_election, world.election_json),
        "election in integers": Parser(read_election, other.election_json),
        "trustees": Parser(lambda received: read_trustees(received, world.group), world.trustees_json),
        "trustees in integers": Parser(lambda received: read_trustees(received, other.group), other.trustees_json),
        "ballot": Parser(lambda received: read_ballot(world.form, received), bodies["Ballot"][0], bytes),  # type: ignore[arg-type]
        "ballot in integers": Parser(
            lambda received: read_ballot(other.form, received),
            other.ballots([(0, [[1, 0]])])[0],
            bytes,  # type: ignore[arg-type]
        ),
        "encrypted tally": Parser(
            lambda received: read_encrypted_tally(received, world.election),
            bodies["EncryptedTally"][0],
            write_encrypted_tally,  # type: ignore[arg-type]
        ),
        "partial decryption": Parser(
            lambda received: read_partial_decryption(received, sums, world.group), bodies["PartialDecryption"][0]
        ),
        "result": Parser(
            lambda received: read_result(received, world.election),
            bodies["Result"][0],
            write_result,  # type: ignore[arg-type]
        ),
        "charter": Parser(read_charter, charter(world), write_json),
        "size of the tally": Parser(
            exactly(SizedEncryptedTally, "size").parse, write_sized(running.total(), sha256_hex(b"")), write_json
        ),
        "owner": Parser(exactly(Owned, "owner").parse, bodies["PartialDecryption"][1], write_json),
        "second proof": Parser(exactly(BoundDecryption, "bound").parse, write_json(whole.bound[0]), write_json),
    }


NAMES = (
    "election",
    "election in integers",
    "trustees",
    "trustees in integers",
    "ballot",
    "ballot in integers",
    "encrypted tally",
    "partial decryption",
    "result",
    "charter",
    "size of the tally",
    "owner",
    "second proof",
)
every_parser = pytest.mark.parametrize("name", NAMES)


def refusal(parser: Parser, received: bytes) -> PsephosError | None:
    """How a parser refuses bytes; None if it reads them, and then it writes the same bytes."""
    try:
        value = parser.parse(received)
    except PsephosError as error:
        return error
    if parser.write is not None:
        assert parser.write(value) == received
    return None


CODES = {"malformed", "unsupported", "invalid-proof", "mismatch"}


def check(parser: Parser, received: bytes) -> bool:
    """Whether a parser reads the bytes; if not, its error says what is wrong and of which kind."""
    error = refusal(parser, received)
    if error is None:
        return True
    assert error.code in CODES
    assert error.message
    return False


def test_every_parser_is_here() -> None:
    """The list of names, which pytest needs before anything is made, is that of the parsers."""
    assert set(NAMES) == set(parsers())


@every_parser
def test_good_input_is_read_and_written_again(name: str) -> None:
    """The same bytes come out where something writes them."""
    assert check(parsers()[name], parsers()[name].good)


@every_parser
@settings(max_examples=60)
@given(received=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
@example(received=b"")
@example(received=b"[" * 100_000)
@example(received=b'{"a":' * 100_000)
@example(received=b"9" * 5000)
@example(received=b"-0")
@example(received=b"1e400")
@example(received=b'"\\ud800"')
@example(received=b'"\xff"')
@example(received=b"\xef\xbb\xbf{}")
@example(received=b"null")
@example(received=b'{"version":1}')
@example(received=b'{"version":' + b"9" * 5000 + b"}")
@example(received=b'{"version":[]}')
@example(received=b'[["Single",{}]]')
@example(received=b'[["Pedersen",[]]]')
@example(received=b"[[],[]]")
def test_arbitrary_bytes_are_refused_with_an_error_of_ours(name: str, received: bytes) -> None:
    """No other exception leaves a parser."""
    assert not check(parsers()[name], received)


@every_parser
@settings(max_examples=80)
@given(data=st.data())
def test_edited_bytes_are_refused_or_read_to_the_same_bytes(name: str, data: st.DataObject) -> None:
    """Bytes removed, put in, exchanged or repeated anywhere in a good input."""
    parser = parsers()[name]
    good = parser.good
    start, length = data.draw(st.integers(0, len(good))), data.draw(st.integers(0, 40))
    piece = data.draw(
        st.one_of(
            st.binary(max_size=4),
            st.sampled_from([b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"0", b"\0", b"\\u0041", b"e9"]),
            st.integers(0, len(good)).map(lambda at: good[at : at + length]),
        )
    )
    check(parser, good[:start] + piece + good[start + data.draw(st.integers(0, 40)) :])


@every_parser
def test_changed_parts_are_refused_or_read_to_the_same_bytes(name: str) -> None:
    """Each part of a good input in some of the ways of the mutations: an error of ours, or the same bytes."""
    parser = parsers()[name]
    group = GROUPS["BELENIOS-2048" if name.endswith("in integers") else "Ed25519"]
    count = accepted = 0
    with ending_within(60):
        for mutation in mutations(group, parser.good, turns=2):
            count += 1
            accepted += check(parser, mutation.body)
    assert count > 50
    assert accepted < count / 2


@pytest.mark.parametrize("largest", [3, 100, 9977, 9978, 2**31, 2**53, 2**63, 2**64, 10**30])
def test_question_with_any_maximum_is_refused_or_has_a_form(largest: int) -> None:
    """An election that is read can be voted in: its form is made at once, or it was refused."""
    world = worlds()[0]
    received = world.election_json.replace(b'"max":2', b'"max":%d' % largest)
    values = 2 * largest + 46
    with ending_within(5):
        if values > MOST_VALUES:
            with pytest.raises(UnsupportedError, match=f"would have {values} elements") as caught:
                read_election(received)
            assert caught.value.at == "/questions"
        else:
            election = read_election(received)
            assert BallotForm(election).election is election


@settings(max_examples=40)
@given(
    texts=st.tuples(*[st.text(max_size=20)] * 3),
    answers=st.lists(st.text(max_size=8), min_size=1, max_size=4),
    blank=st.sampled_from([None, True]),
    data=st.data(),
)
def test_election_with_any_texts_is_what_the_oracle_reads(
    texts: tuple[str, str, str], answers: list[str], blank: bool | None, data: st.DataObject
) -> None:
    """Any Unicode: the bytes are Belenios' one encoding, and both read the same from them."""
    world, (description, title, question) = worlds()[0], texts
    largest = data.draw(st.integers(1, len(answers)))
    asked = Question(
        answers=tuple(answers),
        blank=blank,
        min=data.draw(st.integers(0, largest)),
        max=largest,
        question=question,
    )
    try:
        received = write_election(
            description=description,
            name=title,
            group=world.group,
            public_key=world.election.public_key,
            questions=(asked,),
            uuid=world.election.uuid,
        )
    except UnicodeEncodeError:
        assert re.search("[\ud800-\udfff]", description + title + question + "".join(answers))
        return
    election, theirs = read_election(received), parse_election(received)
    assert canonical.dump(canonical.parse(received)).encode() == received
    assert election.fingerprint == theirs.fingerprint
    assert (election.questions[0].question, election.questions[0].answers) == (question, tuple(answers))
    assert (theirs.questions[0].question, theirs.questions[0].answers) == (question, tuple(answers))
    assert theirs.questions[0].width == election.questions[0].size


def test_question_of_another_type_is_unsupported_and_named() -> None:
    """Such an election is neither good nor bad: Psephos cannot check it."""
    world = worlds()[0]
    other = b'{"type":"NonHomomorphic","value":{"question":"Rank","answers":["A"]},"extra":null}'
    for at, before in enumerate(write_json(question) for question in QUESTIONS):
        with pytest.raises(UnsupportedError, match=f"question {at + 1} .*Rank.*NonHomomorphic") as caught:
            read_election(world.election_json.replace(before, other))
        assert (caught.value.code, caught.value.at) == ("unsupported", f"/questions/{at}")
