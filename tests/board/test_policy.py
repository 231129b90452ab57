"""tlog-policy: form, logs, quorums."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.checkpoint import read_signed_checkpoint
from psephos.board.cosignature import Ed25519Cosigner, MlDsa44Cosigner
from psephos.board.note import Ed25519Signer, SignatureLine, VerifierKey
from psephos.board.policy import (
    LARGEST_POLICY,
    MOST_NAMES,
    Group,
    Log,
    Policy,
    Witness,
    read_policy,
    verify_checkpoint,
    verify_quorum,
    write_policy,
)
from psephos.errors import InvalidProofError, MalformedError, QuorumError, UnsupportedError
from tests.board.example import COSIGNED, LOG, NOW, OBSERVER, ORIGIN, VKEYS, broken, head_of, leaves_of, signed

COSIGNERS = [Ed25519Cosigner(f"observer{number}.example/w1", bytes([2, number]) * 16) for number in range(7)]
EXAMPLE = (
    f"log {VKEYS[0]} https://{ORIGIN}\n"
    + "".join(f"witness o{at} {one.key} https://{one.key.name}\n" for at, one in enumerate(COSIGNERS))
    + "group observers 5 o0 o1 o2 o3 o4 o5 o6\nquorum observers\n"
).encode()
TWO_LEVELS = (
    f"# as in the document\n\n \tlog\t{VKEYS[0]} \n"
    + "".join(
        f"witness {name} {one.key}\n" for name, one in zip(("X1", "X2", "X3", "Y1", "Y2"), COSIGNERS, strict=False)
    )
    + "group X-witnesses 2 X1 X2 X3\n  # members of either bloc\ngroup Y-witnesses any Y1 Y2\n"
    + "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
).encode()


def test_quorum_of_the_example_is_five_of_seven() -> None:
    """Any five suffice, no four do; the error says how many there are and must be."""
    policy = read_policy(EXAMPLE)
    names = [witness.name for witness in policy.witnesses]
    for count in range(8):
        for some in combinations(names, count):
            if count >= 5:
                verify_quorum(some, policy)
            else:
                with pytest.raises(QuorumError) as caught:
                    verify_quorum(some, policy)
                assert (caught.value.code, caught.value.have, caught.value.need) == ("quorum-not-met", count, 5)


def test_quorum_of_two_levels_counts_groups() -> None:
    """Two of three and any of two, both: the document's example, spaces, tabs and comments included."""
    policy = read_policy(TWO_LEVELS)
    names = ["X1", "X2", "X3", "Y1", "Y2"]
    for count in range(6):
        for some in combinations(names, count):
            left, right = sum(name < "Y" for name in some), sum(name > "Y" for name in some)
            if left >= 2 and right >= 1:
                verify_quorum(some, policy)
            else:
                with pytest.raises(QuorumError) as caught:
                    verify_quorum(some, policy)
                assert (caught.value.have, caught.value.need) == ((left >= 2) + (right >= 1), 2)


def test_group_that_is_handed_in_as_a_witness_counts_for_nothing() -> None:
    """Only cosignatures make a group witness a checkpoint, whatever names are handed in."""
    with pytest.raises(QuorumError) as caught:
        verify_quorum(["X-witnesses", "Y-witnesses", "Y1"], read_policy(TWO_LEVELS))
    assert (caught.value.have, caught.value.need) == (1, 2)


def test_keys_that_share_name_and_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two keys that cannot be told apart have no place in one policy; an ID has but 32 bits."""
    monkeypatch.setattr(VerifierKey, "key_id", b"1234")
    twin = Ed25519Signer(ORIGIN, bytes(32))
    with pytest.raises(MalformedError, match="name and ID"):
        Policy((Log(LOG.key), Log(twin.key)), (), (), "none")
    Policy((Log(LOG.key),), (Witness("o", OBSERVER.key),), (), "none")


def test_quorum_of_one_witness_or_of_none() -> None:
    """The quorum may be a single witness, or nobody."""
    keys = f"log {VKEYS[0]}\nwitness a {COSIGNERS[0].key}\nwitness b {COSIGNERS[1].key}\n"
    single = read_policy(f"{keys}quorum a\n".encode())
    verify_quorum(["a"], single)
    for some in ([], ["b"], ["a "], ["unknown"]):
        with pytest.raises(QuorumError) as caught:
            verify_quorum(some, single)
        assert (caught.value.have, caught.value.need) == (0, 1)
    verify_quorum([], read_policy(f"{keys}quorum none\n".encode()))
    with pytest.raises(QuorumError):
        verify_quorum(["observers", "o0", "o0", "o0", "o0", "o0"], read_policy(EXAMPLE))


def test_members_are_those_whom_the_quorum_counts() -> None:
    """Of a group, its members; of one witness, itself; if nobody must cosign, nobody."""
    two = read_policy(TWO_LEVELS)
    assert two.members == next(group.members for group in two.groups if group.name == two.quorum)
    assert all(two.witnesses_of(member) for member in two.members)
    keys = f"log {VKEYS[0]}\nwitness o {VKEYS[1]}\n"
    one = read_policy(f"{keys}quorum o\n".encode())
    assert one.members == ("o",)
    assert one.witnesses_of("o") == one.witnesses
    assert read_policy(f"{keys}quorum none\n".encode()).members == ()


def test_cosigned_checkpoint_of_the_example_is_observed() -> None:
    """The log's line and the lines of both cosigners, by their names in the policy."""
    policy = read_policy(f"log {VKEYS[0]}\nwitness o {VKEYS[1]}\nwitness m {VKEYS[2]}\nquorum none\n".encode())
    found = read_signed_checkpoint(COSIGNED)
    observed = verify_checkpoint(found, policy)
    assert observed.logs == found.note.signatures[:1]
    assert observed.cosignatures == dict(zip(("o", "m"), found.note.signatures[1:], strict=True))


def test_log_may_sign_with_either_of_its_keys() -> None:
    """> A checkpoint is considered valid if it is signed by any one of the listed logs."""
    post_quantum = MlDsa44Cosigner(ORIGIN, bytes(32))
    policy = Policy((Log(LOG.key), Log(post_quantum.key)), (), (), "none")
    plain = signed(head_of(leaves_of(3)))
    line = post_quantum.cosign(plain.note.text, now=NOW)
    for lines in ((line,), plain.note.signatures, (line, *plain.note.signatures)):
        assert set(verify_checkpoint(plain.with_signatures(lines), policy).logs) == set(lines)


def test_checkpoint_without_its_log_is_refused() -> None:
    """A checkpoint signed by a stranger, by witnesses only, or by another log of the policy has no log."""
    other = Ed25519Signer("other.example/log", bytes(32))
    policy = Policy((Log(LOG.key), Log(other.key)), (Witness("o", OBSERVER.key),), (), "none")
    plain = signed(head_of(leaves_of(3)))
    cosignature = OBSERVER.cosign(plain.note.text, now=NOW)
    foreign = signed(head_of(leaves_of(3)), signer=other, origin=ORIGIN)
    for lines in ((cosignature,), foreign.note.signatures, (*foreign.note.signatures, cosignature)):
        with pytest.raises(InvalidProofError):
            verify_checkpoint(plain.with_signatures(lines), policy)
    with pytest.raises(InvalidProofError):
        verify_checkpoint(plain, Policy((), (Witness("o", OBSERVER.key),), (), "o"))
    verify_checkpoint(signed(head_of(leaves_of(3)), signer=other, origin=other.key.name), policy)


def test_cosignature_that_fails_refuses_the_checkpoint() -> None:
    """A witness of the policy whose line does not hold is not just left out."""
    policy = Policy((Log(LOG.key),), (Witness("o", OBSERVER.key),), (), "none")
    plain = signed(head_of(leaves_of(3)))
    bad = SignatureLine(OBSERVER.key.name, OBSERVER.key.key_id, bytes(72))
    with pytest.raises(InvalidProofError) as caught:
        verify_checkpoint(plain.with_signatures((*plain.note.signatures, bad)), policy)
    assert caught.value.culprit == OBSERVER.key.name


@pytest.mark.parametrize("data", [EXAMPLE, TWO_LEVELS])
def test_policy_that_is_written_is_read_again(data: bytes) -> None:
    """A policy has one form in which we write it, and means the same."""
    policy = read_policy(data)
    assert read_policy(write_policy(policy)) == policy
    assert write_policy(read_policy(write_policy(policy))) == write_policy(policy)
    assert write_policy(read_policy(EXAMPLE)) == EXAMPLE


K0, K1 = (str(one.key) for one in COSIGNERS[:2])
RENAMED = str(Ed25519Cosigner("renamed.example", bytes([2, 0]) * 16).key)
PLAIN = str(Ed25519Signer("plain.example", bytes([2, 0]) * 16).key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "# only a comment\n",
        f"witness a {K0}\n",
        f"witness a {K0}\nquorum a",
        f"witness a {K0}\nquorum a\nquorum a\n",
        f"witness a {K0}\nquorum none\nquorum a\n",
        f"quorum a\nwitness a {K0}\n",
        f"witness a {K0}\nquorum b\n",
        f"witness a {K0}\nquorum a b\n",
        "quorum\n",
        "quorum \n",
        "Quorum none\n",
        f"log {VKEYS[0]}\nlog {VKEYS[0]}\nquorum none\n",
        f"log {VKEYS[0]} url url\nquorum none\n",
        "log\nquorum none\n",
        f"log {VKEYS[1]}\nquorum none\n",
        f"witness a {VKEYS[0]}\nquorum a\n",
        f"witness a {K0}\nwitness b {K0}\nquorum a\n",
        f"witness a {K0}\nwitness b {RENAMED}\nquorum a\n",
        f"log {PLAIN}\nwitness a {K0}\nquorum a\n",
        f"witness a {K0}\nwitness a {K1}\nquorum a\n",
        f"witness a {K0}\ngroup a 1 a\nquorum a\n",
        f"witness none {K0}\nquorum none\n",
        f"witness a {K0}\ngroup none 1 a\nquorum none\n",
        f"witness a {K0}\ngroup g 1 none\nquorum g\n",
        f"witness a {K0}\ngroup g 1\nquorum a\n",
        f"witness a {K0}\ngroup g 0 a\nquorum g\n",
        f"witness a {K0}\ngroup g 2 a\nquorum g\n",
        f"witness a {K0}\ngroup g 01 a\nquorum g\n",
        f"witness a {K0}\ngroup g +1 a\nquorum g\n",
        f"witness a {K0}\ngroup g ١ a\nquorum g\n",
        f"witness a {K0}\ngroup g some a\nquorum g\n",
        f"witness a {K0}\ngroup g 1 a a\nquorum g\n",
        f"witness a {K0}\nwitness b {K1}\ngroup g 1 a b\ngroup h 1 a\nquorum g\n",
        f"witness a {K0}\ngroup g 1 g\nquorum g\n",
        f"group g 1 a\nwitness a {K0}\nquorum g\n",
        f"witness a {K0} # comment here\nquorum a\n",
        f"witness a {K0}\nquorum a # comment\n",
        f"witness a {K0}\r\nquorum a\r\n",
        f"witness a {K0}\nquorum a\x7f\n",
        f"witness a {K0}\nquorum a\0\n",
        f"witness a\u00a0{K0}\nquorum none\n",
        f"witness a {K0[:-4]}\nquorum a\n",
        f"witness a {K0}\nquorum a\n" + "#" * LARGEST_POLICY + "\n",
    ],
)
def test_policy_in_another_form_is_refused(text: str) -> None:
    """A line is one of four, and names what was defined before, once."""
    with pytest.raises(MalformedError) as caught:
        read_policy(text.encode())
    assert caught.value.code == "malformed"


def test_key_that_we_cannot_check_is_unsupported() -> None:
    """An ECDSA witness is never counted, and never silently left out."""
    with pytest.raises(UnsupportedError) as caught:
        read_policy(b"witness a name+00000000+AgAAAA==\nquorum none\n")
    assert caught.value.at == "line 1"


def test_policy_of_thirty_two_of_each_is_read() -> None:
    """> supports at least up to 32 logs, 32 witnesses, and 32 groups; also if each is a member of the next."""
    logs = [Ed25519Signer(f"log{at}.example", bytes([5, at]) * 16) for at in range(32)]
    cosigners = [Ed25519Cosigner(f"w{at}.example", bytes([6, at]) * 16) for at in range(32)]
    text = "".join(f"log {one.key}\n" for one in logs)
    text += "".join(f"witness w{at} {one.key}\n" for at, one in enumerate(cosigners))
    text += "group g0 all w0\n" + "".join(f"group g{at} all w{at} g{at - 1}\n" for at in range(1, 32)) + "quorum g31\n"
    policy = read_policy(text.encode())
    verify_quorum([f"w{at}" for at in range(32)], policy)
    with pytest.raises(QuorumError):
        verify_quorum([f"w{at}" for at in range(1, 32)], policy)


def test_policy_without_end_is_refused() -> None:
    """There is a limit to keys and to groups."""
    cosigners = [Ed25519Cosigner(f"w{at}.example", at.to_bytes(32, "big")) for at in range(MOST_NAMES + 1)]
    text = "".join(f"witness w{at} {one.key}\n" for at, one in enumerate(cosigners)) + "quorum none\n"
    with pytest.raises(MalformedError, match="keys"):
        read_policy(text.encode())
    text = f"witness g0 {K0}\n" + "".join(f"group g{at + 1} 1 g{at}\n" for at in range(2 * MOST_NAMES)) + "quorum g0\n"
    with pytest.raises(MalformedError, match="names"):
        read_policy(text.encode())


def test_names_are_opaque_bytes() -> None:
    """A name in Persian, and one that is not UTF-8 at all; K and the Kelvin sign are two names."""
    data = (
        f"witness K {K0}\nwitness \u212a {K1}\ngroup ناظران 1 K\n".encode()
        + b"group \xff\xfe 1 \xe2\x84\xaa\nquorum \xff\xfe\n"
    )
    policy = read_policy(data)
    assert write_policy(policy) == data
    verify_quorum(["\u212a"], policy)
    with pytest.raises(QuorumError) as caught:
        verify_quorum(["K"], policy)
    str(caught.value).encode()


def test_policy_that_could_not_be_read_is_not_made() -> None:
    """Valid by construction: what a file may not say, an object may not either."""
    log, witness = (Log(LOG.key),), (Witness("o", OBSERVER.key),)
    for name in ("", "a b", "a\nb", "none", "\x7f"):
        with pytest.raises(MalformedError):
            Policy(log, (Witness(name, OBSERVER.key),), (), "none")
    with pytest.raises(MalformedError):
        Policy(log, (Witness("o", OBSERVER.key, "https://a b"),), (), "none")
    with pytest.raises(MalformedError):
        Policy(log, witness, (Group("g", 1, ("p",)),), "g")
    with pytest.raises(MalformedError):
        Policy(log, witness, (), "p")


@given(broken(EXAMPLE) | broken(TWO_LEVELS))
def test_broken_policy_is_refused_or_another(data: bytes) -> None:
    """A policy that was changed does not read, or reads as a policy that can be written."""
    try:
        policy = read_policy(data)
    except (MalformedError, UnsupportedError):
        return
    assert read_policy(write_policy(policy)) == policy


@given(st.binary(max_size=100))
def test_bytes_at_random_are_no_policy(data: bytes) -> None:
    """Whatever is handed in, the answer is an error of ours."""
    with pytest.raises(MalformedError):
        read_policy(data)
