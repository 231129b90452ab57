"""tlog-cosignature: messages, both algorithms, time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.board.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from psephos.board.cosignature import (
    CosignatureVerifier,
    Ed25519Cosigner,
    MlDsa44Cosigner,
    ed25519_message,
    ml_dsa_message,
    read_timestamp,
    verifier_of,
    verifiers_of,
)
from psephos.board.note import (
    Ed25519Verifier,
    Note,
    SignatureLine,
    SignatureType,
    VerifierKey,
    read_note,
    read_verifier_key,
    verify_note,
)
from psephos.errors import InvalidProofError, MalformedError
from psephos.ports import UnixSeconds
from tests.board.example import (
    COSIGNED,
    EXAMPLE,
    LOG,
    MIRROR,
    NOW,
    OBSERVER,
    ORIGIN,
    SPECIFICATION,
    VKEYS,
    head_of,
    leaves_of,
)

TEXT = EXAMPLE["checkpoint"].encode()
COSIGNERS = [OBSERVER, MIRROR]
LATEST = UnixSeconds(2**63 - 1)


def test_messages_of_the_example_are_made_byte_for_byte() -> None:
    """What is signed, for both algorithms."""
    assert ed25519_message(TEXT, NOW).decode() == EXAMPLE["ed25519_message"]
    message = ml_dsa_message(MIRROR.key.name, read_checkpoint(TEXT), timestamp=NOW)
    assert message.hex() == EXAMPLE["ml_dsa_message_hex"]
    assert len(message) == EXAMPLE["ml_dsa_message_length"]


def test_message_of_the_specification_is_made_byte_for_byte() -> None:
    """The document's cosigned checkpoint, time and message belong together."""
    note = read_note(SPECIFICATION["cosigned_checkpoint"].encode())
    timestamp = read_timestamp(note.signatures[1])
    assert timestamp == SPECIFICATION["cosignature_timestamp"]
    assert ed25519_message(note.text, timestamp).decode() == SPECIFICATION["cosignature_message"]


def test_observer_line_of_the_example_is_made_byte_for_byte() -> None:
    """Ed25519 is deterministic: the example's cosignature comes out again."""
    line = OBSERVER.cosign(TEXT, now=NOW)
    assert str(line) == EXAMPLE["observer_line"]
    assert (line.key_id + line.signature).hex().startswith(EXAMPLE["observer_blob_prefix"])
    assert len(line.key_id + line.signature) == 76


def test_cosigned_note_of_the_example_verifies() -> None:
    """Log, observer and mirror: Ed25519, cosignature/v1, ML-DSA-44, each at the example's time."""
    note = read_note(COSIGNED)
    found = verify_note(note, verifiers_of(map(read_verifier_key, VKEYS)))
    assert found == note.signatures
    assert [read_timestamp(line) for line in found[1:]] == [NOW, NOW]
    assert len(str(found[2])) == 3266


def test_ml_dsa_lines_have_their_length() -> None:
    """2,432 bytes before base64; hedged, so that no two are the same, and both hold."""
    first, second = MIRROR.cosign(TEXT, now=NOW), MIRROR.cosign(TEXT, now=NOW)
    assert len(first.key_id + first.signature) == 2432
    assert first != second
    for line in (first, second):
        verifier_of(MIRROR.key).verify(TEXT, line)


@pytest.mark.parametrize("cosigner", COSIGNERS)
def test_cosignature_holds_for_its_text_key_and_time_only(cosigner: Ed25519Cosigner | MlDsa44Cosigner) -> None:
    """Another root, size, origin, time, signature or key: refused, and the cosigner named."""
    verifier, line = verifier_of(cosigner.key), cosigner.cosign(TEXT, now=NOW)
    verifier.verify(TEXT, line)
    head = head_of(leaves_of(6))
    others = [
        (write_checkpoint(Checkpoint(ORIGIN, head)), line.signature),
        (TEXT.replace(b"\n5\n", b"\n6\n"), line.signature),
        (TEXT.replace(b"2026", b"2027"), line.signature),
        (TEXT, (NOW + 1).to_bytes(8, "big") + line.signature[8:]),
        (TEXT, line.signature[:-1] + bytes([line.signature[-1] ^ 1])),
        (TEXT, line.signature[:8] + bytes(len(line.signature) - 8)),
        (TEXT, line.signature[:8] + bytes(2484 - len(line.signature) + 8)),
        (TEXT, line.signature[:-1]),
        (TEXT, line.signature + b"\0"),
        (TEXT, b"\0"),
        (b"not a checkpoint\n", line.signature),
    ]
    for text, signature in others:
        with pytest.raises(InvalidProofError) as caught:
            verifier.verify(text, SignatureLine(line.name, line.key_id, signature))
        assert caught.value.culprit == cosigner.key.name
    stranger = type(cosigner)(cosigner.key.name, bytes(32))
    with pytest.raises(InvalidProofError):
        verifier_of(stranger.key).verify(TEXT, line)


@pytest.mark.parametrize("cosigner", COSIGNERS)
@pytest.mark.parametrize("now", [0, -1, 2**63, 2**64])
def test_impossible_time_is_refused(cosigner: Ed25519Cosigner | MlDsa44Cosigner, now: int) -> None:
    """No cosigner signs one, and no verifier believes one: zero would say less than a cosignature must."""
    with pytest.raises((MalformedError, OverflowError)):
        cosigner.cosign(TEXT, now=UnixSeconds(now))
    if 0 <= now < 2**64:
        checkpoint, stamp = read_checkpoint(TEXT), now.to_bytes(8, "big")
        ed25519 = cosigner.key.kind is SignatureType.COSIGNATURE_ED25519
        message = (
            ed25519_message(TEXT, UnixSeconds(now))
            if ed25519
            else ml_dsa_message(cosigner.key.name, checkpoint, timestamp=UnixSeconds(now))
        )
        line = SignatureLine(cosigner.key.name, cosigner.key.key_id, stamp + cosigner._private.sign(message))
        with pytest.raises(InvalidProofError):
            verifier_of(cosigner.key).verify(TEXT, line)


@given(
    st.sampled_from(COSIGNERS), st.integers(1, LATEST), st.integers(0, 40), st.text("abc/.é", min_size=1, max_size=30)
)
def test_cosignature_that_is_made_verifies(
    cosigner: Ed25519Cosigner | MlDsa44Cosigner, now: int, size: int, origin: str
) -> None:
    """Any time up to 2**63 - 1, any tree, any origin."""
    text = write_checkpoint(Checkpoint(origin, head_of(leaves_of(size))))
    line = cosigner.cosign(text, now=UnixSeconds(now))
    verifier_of(cosigner.key).verify(text, line)
    assert read_timestamp(line) == now


def test_extension_lines_are_signed_by_one_algorithm_only() -> None:
    """Ed25519 covers the whole text; ML-DSA-44 three lines of it, as the document says."""
    extended = TEXT + b"extension\n"
    with pytest.raises(InvalidProofError):
        verifier_of(OBSERVER.key).verify(extended, OBSERVER.cosign(TEXT, now=NOW))
    verifier_of(MIRROR.key).verify(extended, MIRROR.cosign(TEXT, now=NOW))


def test_name_is_signed_by_one_algorithm_only() -> None:
    """ML-DSA-44 binds the cosigner's name; Ed25519 does not, which is why a key has one name only."""
    for cosigner, bound in ((OBSERVER, False), (MIRROR, True)):
        renamed = VerifierKey("other.example/w", cosigner.key.kind, cosigner.key.public)
        line = SignatureLine(renamed.name, renamed.key_id, cosigner.cosign(TEXT, now=NOW).signature)
        if bound:
            with pytest.raises(InvalidProofError):
                verifier_of(renamed).verify(TEXT, line)
        else:
            verifier_of(renamed).verify(TEXT, line)


def test_cosigner_that_signed_twice_counts_once() -> None:
    """Two cosignatures of one key, at two times: both must hold, the first is the one that is returned."""
    early, late = (OBSERVER.cosign(TEXT, now=UnixSeconds(now)) for now in (NOW, NOW + 60))
    for lines in ((early, late), (late, early)):
        assert verify_note(Note(TEXT, lines), [verifier_of(OBSERVER.key)]) == lines[:1]


def test_names_that_do_not_fit_the_message_are_refused() -> None:
    """255 bytes are the most for a name and an origin."""
    longest = MlDsa44Cosigner("n" * 255, bytes(32))
    text = write_checkpoint(Checkpoint("o" * 255, head_of(leaves_of(1))))
    verifier_of(longest.key).verify(text, longest.cosign(text, now=NOW))
    with pytest.raises(MalformedError):
        MlDsa44Cosigner("n" * 256, bytes(32))
    with pytest.raises(MalformedError):
        longest.cosign(b"o" + text, now=NOW)
    with pytest.raises(InvalidProofError):
        verifier_of(longest.key).verify(b"o" + text, longest.cosign(text, now=NOW))


def test_text_that_is_no_checkpoint_is_not_cosigned() -> None:
    """A cosigner cannot be made to sign just anything."""
    for cosigner in COSIGNERS:
        with pytest.raises(MalformedError):
            cosigner.cosign(b"I owe you a million\n", now=NOW)


def test_each_type_of_key_has_its_verifier() -> None:
    """Plain notes and cosignatures are told apart by the key's type."""
    assert isinstance(verifier_of(LOG.key), Ed25519Verifier)
    assert isinstance(verifier_of(OBSERVER.key), CosignatureVerifier)
    with pytest.raises(ValueError, match="0x01"):
        CosignatureVerifier(LOG.key)
