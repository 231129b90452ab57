"""tlog-witness: the request, the witness's rule, the client's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.checkpoint import Checkpoint, SignedCheckpoint, write_checkpoint
from psephos.board.cosignature import MlDsa44Cosigner, verifiers_of
from psephos.board.merkle import EMPTY_ROOT, LONGEST_PROOF, TreeHead, prove_consistency
from psephos.board.note import Ed25519Signer, Note, SignatureLine, read_signature_lines
from psephos.board.witness import (
    SIZE_CONTENT_TYPE,
    Accepted,
    AddCheckpoint,
    Alarm,
    Behind,
    Cosigned,
    Later,
    Refused,
    judge,
    origin_hash,
    read_add_checkpoint,
    read_answer,
    read_written_size,
    write_add_checkpoint,
    write_size,
)
from psephos.errors import MalformedError
from tests.board.example import (
    EXAMPLE,
    LOG,
    NOW,
    OBSERVER,
    ORIGIN,
    SPECIFICATION,
    broken,
    head_of,
    leaves_of,
    reader_of,
    signed,
)

BODY = EXAMPLE["add_checkpoint"].encode()
LEAVES = leaves_of(12)
FORGED = [*LEAVES[:2], *leaves_of(12, "forged")[2:]]
LOGS = {ORIGIN: verifiers_of([LOG.key])}
EMPTY = TreeHead(0, EMPTY_ROOT)


def request(old: int, new: int, leaves: list[bytes] = LEAVES) -> AddCheckpoint:
    """An honest request, in whichever tree."""
    return AddCheckpoint(old, prove_consistency(reader_of(leaves), old=old, new=new), signed(head_of(leaves[:new])))


def answer_to(asked: AddCheckpoint | bytes, last: TreeHead | None) -> Accepted | Refused:
    """What the witness decides that cosigned `last`."""
    body = asked if isinstance(asked, bytes) else write_add_checkpoint(asked)
    return judge(body, logs=LOGS, heads={} if last is None else {ORIGIN: last})


def refused(asked: AddCheckpoint | bytes, last: TreeHead | None) -> tuple[int, int | None, bool]:
    """Status, size to tell and suspicion of a refusal."""
    answer = answer_to(asked, last)
    assert isinstance(answer, Refused), answer
    assert answer.reason
    return answer.status, answer.size, answer.suspicious


def test_request_of_the_example_is_made_byte_for_byte() -> None:
    """From 3 to 5 entries."""
    assert write_add_checkpoint(request(3, 5)) == BODY
    assert read_add_checkpoint(BODY) == request(3, 5)
    assert origin_hash(ORIGIN) == EXAMPLE["origin_hash"]


def test_request_and_answer_of_the_specification_are_read() -> None:
    """The document's examples are in the one form."""
    body = SPECIFICATION["add_checkpoint"].encode()
    asked = read_add_checkpoint(body)
    assert (asked.old_size, len(asked.proof), asked.signed.head.size) == (20_852_014, 4, 20_852_163)
    assert write_add_checkpoint(asked) == body
    assert len(read_signature_lines(SPECIFICATION["add_checkpoint_answer"].encode())) == 3


@pytest.mark.parametrize("new", range(13))
def test_growth_is_accepted(new: int) -> None:
    """Every honest step, the first one and a repetition included."""
    for old in range(new + 1):
        last = head_of(LEAVES[:old])
        for stored in (last, None) if old == 0 else (last,):
            answer = answer_to(request(old, new), stored)
            assert isinstance(answer, Accepted)
            assert (answer.old, answer.signed) == (last, signed(head_of(LEAVES[:new])))


def test_accepted_checkpoint_has_only_verified_lines() -> None:
    """Lines of strangers, other witnesses among them, do not pass through."""
    asked = request(3, 5)
    text = asked.signed.note.text
    stranger, other = SignatureLine("stranger.example", b"1234", b"?"), OBSERVER.cosign(text, now=NOW)
    many = asked.signed.with_signatures((stranger, *asked.signed.note.signatures, other))
    answer = answer_to(AddCheckpoint(3, asked.proof, many), head_of(LEAVES[:3]))
    assert isinstance(answer, Accepted)
    assert answer.signed == asked.signed


def test_log_with_two_keys_is_accepted_by_either() -> None:
    """One trusted key suffices, and all that hold are kept."""
    second = MlDsa44Cosigner(ORIGIN, bytes(32))
    logs = {ORIGIN: verifiers_of([LOG.key, second.key])}
    asked = request(0, 5)
    line = second.cosign(asked.signed.note.text, now=NOW)
    for lines in ((line,), (*asked.signed.note.signatures, line)):
        body = write_add_checkpoint(AddCheckpoint(0, (), asked.signed.with_signatures(lines)))
        answer = judge(body, logs=logs, heads={})
        assert isinstance(answer, Accepted)
        assert answer.signed.note.signatures == lines


def test_malformed_body_is_a_bad_request() -> None:
    """1: nothing is looked up for a body that we do not read."""
    for body in (b"", BODY[:-1], BODY.replace(b"old 3", b"old 03"), BODY.replace(b"\n\nboard", b"\nboard")):
        assert refused(body, head_of(LEAVES[:3])) == (400, None, False)


def test_unknown_log_is_not_found() -> None:
    """2: before its signature is looked at."""
    stranger = Ed25519Signer("other.example/log", bytes(32))
    asked = AddCheckpoint(0, (), signed(head_of(LEAVES), signer=stranger, origin=stranger.key.name))
    assert refused(asked, None) == (404, None, False)


def test_untrusted_signature_is_forbidden() -> None:
    """3: a stranger's key, a line that fails, a good line beside one that fails."""
    asked = request(3, 5)
    (good,) = asked.signed.note.signatures
    bad = SignatureLine(good.name, good.key_id, bytes(64))
    stranger = Ed25519Signer(ORIGIN, bytes(32)).sign(asked.signed.note.text)
    for lines in ((stranger,), (bad,), (good, bad), (bad, good)):
        tampered = AddCheckpoint(3, asked.proof, asked.signed.with_signatures(lines))
        assert refused(tampered, head_of(LEAVES[:3])) == (403, None, False)


def test_old_size_beyond_the_checkpoint_is_a_bad_request() -> None:
    """4: even if it is where the witness stands."""
    asked = AddCheckpoint(5, (), signed(head_of(LEAVES[:3])))
    assert refused(asked, head_of(LEAVES[:5])) == (400, None, False)
    assert refused(asked, None) == (400, None, False)


def test_stale_old_size_is_a_conflict_that_tells_the_size() -> None:
    """5: whatever the proof; the client may start with zero to learn the size."""
    for old in (0, 2, 4):
        assert refused(request(old, 5), head_of(LEAVES[:3])) == (409, 3, False)
    assert refused(request(3, 5), None) == (409, 0, False)
    assert refused(AddCheckpoint(2, (bytes(32),), request(3, 5).signed), head_of(LEAVES[:3])) == (409, 3, False)


def test_empty_tree_with_another_root_is_unprocessable() -> None:
    """6: the log signed an impossible tree."""
    assert refused(AddCheckpoint(0, (), signed(TreeHead(0, bytes(32)))), None) == (422, None, True)
    assert isinstance(answer_to(AddCheckpoint(0, (), signed(EMPTY)), None), Accepted)


def test_inconsistent_tree_is_unprocessable() -> None:
    """7: a fork, a wrong proof, a proof where there is nothing to prove, another root of the same size."""
    last = head_of(LEAVES[:5])
    honest = request(5, 9)
    cases = [
        request(5, 9, FORGED),
        AddCheckpoint(5, (), honest.signed),
        AddCheckpoint(5, honest.proof[:-1], honest.signed),
        AddCheckpoint(5, (*honest.proof, bytes(32)), honest.signed),
        AddCheckpoint(5, honest.proof[::-1], honest.signed),
        AddCheckpoint(5, (), signed(head_of(FORGED[:5]))),
        AddCheckpoint(5, (bytes(32),), signed(last)),
    ]
    for asked in cases:
        assert refused(asked, last) == (422, None, True)
    assert refused(AddCheckpoint(0, (bytes(32),), honest.signed), None) == (422, None, True)


def test_witness_never_accepts_two_histories() -> None:
    """Whatever is sent in whatever order, all heads that were accepted are of one tree."""
    last = EMPTY
    for old, new, leaves in (
        (0, 3, LEAVES),
        (3, 3, LEAVES),
        (3, 7, FORGED),
        (3, 5, LEAVES),
        (5, 4, LEAVES),
        (5, 9, FORGED),
    ):
        proof = prove_consistency(reader_of(leaves), old=old, new=new) if old <= new else ()
        answer = answer_to(AddCheckpoint(old, proof, signed(head_of(leaves[:new]))), last)
        if isinstance(answer, Accepted):
            last = answer.signed.head
        assert last in [head_of(LEAVES[:size]) for size in range(13)]
    assert last.size == 5


def test_extension_lines_are_accepted() -> None:
    """The document does not allow to refuse them; the Ed25519 cosignature covers them."""
    text = write_checkpoint(Checkpoint(ORIGIN, head_of(LEAVES[:5]), ("extension",)))
    extended = SignedCheckpoint(Note(text, (LOG.sign(text),)), Checkpoint(ORIGIN, head_of(LEAVES[:5]), ("extension",)))
    answer = answer_to(AddCheckpoint(0, (), extended), None)
    assert isinstance(answer, Accepted)
    assert answer.signed.note.text == text


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace(b"old 3", b"old -3"),
        BODY.replace(b"old 3", b"old"),
        BODY.replace(b"old 3", b"old  3"),
        BODY.replace(b"old 3", b"old 3 "),
        BODY.replace(b"old 3", b"Old 3"),
        BODY.replace(b"old 3", b"old 3\r"),
        BODY.replace(b"old 3", b"old 9223372036854775808"),
        BODY.replace(b"old 3\n", b""),
        BODY.replace(b"old 3\n", b"old 3\n\n"),
        BODY.replace(b"old 3\n", b"old 3\nAAAA\n"),
        BODY.replace(b"old 3\n", b"old 3\n" + (b"A" * 43 + b"=\n") * (LONGEST_PROOF - 3)),
        BODY.replace(b"old 3\n", "old ٣\n".encode()),
        BODY.replace(b"\n\nboard", b"\n\n\nboard"),
    ],
)
def test_request_in_another_form_is_refused(body: bytes) -> None:
    """A request has one form."""
    with pytest.raises(MalformedError):
        read_add_checkpoint(body)


def test_request_of_63_hashes_is_read() -> None:
    """> The client MUST NOT send more than 63 consistency proof lines."""
    body = BODY.replace(b"old 3\n", b"old 3\n" + (b"A" * 43 + b"=\n") * (LONGEST_PROOF - 4))
    assert len(read_add_checkpoint(body).proof) == LONGEST_PROOF


def test_request_that_could_not_be_read_is_not_made() -> None:
    """Limits hold for what we make, too."""
    for old, proof in ((-1, ()), (2**63, ()), (1, (b"",)), (1, (bytes(32),) * 64)):
        with pytest.raises(MalformedError):
            AddCheckpoint(old, proof, signed(head_of(LEAVES)))


@given(broken(BODY), st.integers(0, 5))
def test_broken_request_is_never_accepted_as_another_tree(body: bytes, stands: int) -> None:
    """A changed request is refused, or leads to the very head that the log signed."""
    answer = answer_to(body, head_of(LEAVES[:stands]))
    if isinstance(answer, Accepted):
        assert (answer.signed, answer.old) == (signed(head_of(LEAVES[:5])), head_of(LEAVES[:stands]))


@given(st.binary(max_size=200))
def test_bytes_at_random_are_a_bad_request(body: bytes) -> None:
    """Whatever is handed in, a witness has an answer."""
    assert refused(body, None) == (400, None, False)
    assert refused(b"old 0\n\n" + body, None) == (400, None, False)


def test_answers_mean_what_the_client_rules_say() -> None:
    """Only a conflict that tells a size, not above ours, is a reason to try again."""
    line = OBSERVER.cosign(EXAMPLE["checkpoint"].encode(), now=NOW)

    def meaning(status: int, kind: str = "", body: bytes = b"") -> Cosigned | Behind | Alarm | Later:
        return read_answer(status=status, content_type=kind, body=body, size=5)

    assert meaning(200, "text/plain", str(line).encode()) == Cosigned((line,))
    assert meaning(409, SIZE_CONTENT_TYPE, b"3\n") == Behind(3)
    assert meaning(409, "Text/X.tlog.size; charset=utf-8", b"5\n") == Behind(5)
    assert isinstance(meaning(409, SIZE_CONTENT_TYPE, b"6\n"), Alarm)
    assert isinstance(meaning(409, "text/plain", b"3\n"), Alarm)
    assert isinstance(meaning(409), Alarm)
    assert isinstance(meaning(422, "text/plain", b"no"), Alarm)
    for status in (400, 403, 404, 429, 500, 503, 302):
        assert isinstance(meaning(status), Later)


@pytest.mark.parametrize("body", [b"", b"3", b"03\n", b"3\n\n", b" 3\n", b"-3\n", b"\xff\n", b"9223372036854775808\n"])
def test_size_in_another_form_is_refused(body: bytes) -> None:
    """The body of a conflict has one form."""
    with pytest.raises(MalformedError):
        read_written_size(body)
    with pytest.raises(MalformedError):
        read_answer(status=409, content_type=SIZE_CONTENT_TYPE, body=body, size=5)


@given(st.integers(0, 2**63 - 1))
def test_size_that_is_written_is_read_again(size: int) -> None:
    """Decimal and a newline."""
    assert read_written_size(write_size(size)) == size


@pytest.mark.parametrize("body", [b"", b"\n", b"cosigned\n", b"\xe2\x80\x94 x AAAAAAA="])
def test_success_without_cosignatures_is_refused(body: bytes) -> None:
    """> one or more note signature lines, each ending with a newline."""
    with pytest.raises(MalformedError):
        read_answer(status=200, content_type="text/plain", body=body, size=5)
