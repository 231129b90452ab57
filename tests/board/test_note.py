"""signed-note: text, names, keys, signature lines."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from psephos.board.note import (
    LARGEST_NOTE,
    MOST_SIGNATURES,
    Ed25519Signer,
    Ed25519Verifier,
    Note,
    SignatureLine,
    SignatureType,
    VerifierKey,
    read_base64,
    read_hash,
    read_note,
    read_signature_lines,
    read_size,
    read_verifier_key,
    verify_note,
    write_base64,
    write_note,
)
from psephos.errors import InvalidProofError, MalformedError, UnsupportedError
from tests.board.example import COSIGNED, EXAMPLE, LOG, MIRROR, OBSERVER, SPECIFICATION, VKEYS, broken

NOTE = SPECIFICATION["signed_note"]["note"].encode()
KEY = read_verifier_key(SPECIFICATION["signed_note"]["vkey"])
names = st.text(min_size=1, max_size=20).filter(
    lambda name: not any(one.isspace() or one == "+" or one < " " or "\ud800" <= one <= "\udfff" for one in name)
)


def test_example_of_the_specification_verifies() -> None:
    """The document's key verifies the document's note."""
    note = read_note(NOTE)
    assert note.text == b"This is an example message.\n"
    assert verify_note(note, [Ed25519Verifier(KEY)]) == note.signatures
    assert write_note(note) == NOTE


def test_text_with_empty_lines_ends_at_the_last_one() -> None:
    """The text may have empty lines; the signatures come after the last."""
    data = SPECIFICATION["signed_note_with_empty_lines"].encode()
    note = read_note(data)
    assert note.text.decode().endswith("sole:\n\ned è subito sera.\n")
    assert [line.name for line in note.signatures] == ["quasimodo.example/salvatore"]
    assert write_note(note) == data


def test_keys_of_the_example_are_the_published_ones() -> None:
    """Three seeds give the three published verifier keys."""
    assert [str(signer.key) for signer in (LOG, OBSERVER, MIRROR)] == VKEYS
    assert [read_verifier_key(vkey) for vkey in VKEYS] == [LOG.key, OBSERVER.key, MIRROR.key]
    assert EXAMPLE["vkeys"]["log"] == VKEYS[0]
    assert MIRROR.key.key_id.hex() == EXAMPLE["vkeys"]["mirror_key_id"]
    assert len(VKEYS[2]) == 1780


def test_log_line_of_the_example_is_made_byte_for_byte() -> None:
    """Ed25519 is deterministic: the example's signature comes out again."""
    assert str(LOG.sign(EXAMPLE["checkpoint"].encode())) == EXAMPLE["log_line"]


def test_line_of_an_unknown_key_is_ignored() -> None:
    """> Verifiers MUST ignore signatures from unknown keys, even if they share a name or ID."""
    text = b"text\n"
    own = LOG.sign(text)
    strangers = [
        SignatureLine("stranger.example", own.key_id, bytes(64)),
        SignatureLine(own.name, b"\0\0\0\0", bytes(64)),
        SignatureLine("stranger.example", b"1234", b"?"),
    ]
    assert verify_note(Note(text, (*strangers, own)), [Ed25519Verifier(LOG.key)]) == (own,)
    with pytest.raises(InvalidProofError, match="no key that we know"):
        verify_note(Note(text, tuple(strangers)), [Ed25519Verifier(LOG.key)])


def test_known_key_that_fails_refuses_the_whole_note() -> None:
    """A good signature does not make up for a bad one of a key that we know; the error names it."""
    text = b"text\n"
    own, other = LOG.sign(text), Ed25519Signer("other.example", bytes(32))
    bad = SignatureLine(other.key.name, other.key.key_id, bytes(64))
    for lines in ((own, bad), (bad, own)):
        with pytest.raises(InvalidProofError) as caught:
            verify_note(Note(text, lines), [Ed25519Verifier(LOG.key), Ed25519Verifier(other.key)])
        assert (caught.value.code, caught.value.culprit) == ("invalid-proof", "other.example")
    with pytest.raises(InvalidProofError):
        verify_note(Note(text, (own, SignatureLine(own.name, own.key_id, bytes(64)))), [Ed25519Verifier(LOG.key)])


def test_key_that_signs_twice_counts_once() -> None:
    """The result has each key once."""
    own = LOG.sign(b"text\n")
    assert verify_note(Note(b"text\n", (own, own)), [Ed25519Verifier(LOG.key)] * 2) == (own,)


def test_keys_that_share_name_and_id_are_refused() -> None:
    """Two keys that cannot be told apart make every note ambiguous."""

    class Twin(Ed25519Verifier):
        """A key of another algorithm with the same name and ID, which takes a 32-bit search to find."""

    class SameId(VerifierKey):
        """A key whose ID collides."""

        @property
        def key_id(self) -> bytes:
            return LOG.key.key_id

    twin = Twin(SameId(LOG.key.name, LOG.key.kind, OBSERVER.key.public))
    with pytest.raises(MalformedError, match="one name and ID"):
        verify_note(Note(b"text\n", (LOG.sign(b"text\n"),)), [Ed25519Verifier(LOG.key), twin])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE + "— x".encode(),
        NOTE.replace(b"\n\n", b"\n"),
        NOTE.replace(b"\n\n", b"\r\n\r\n"),
        NOTE.replace(b"This", b"Th\0s"),
        NOTE.replace(b"This", b"Th\ts"),
        NOTE.replace(b"This", b"Th\xffs"),
        NOTE.replace(b"This", b"Th\xed\xa0\x80s"),
        NOTE.replace("— ".encode(), b"- "),
        NOTE.replace("— ".encode(), "—  ".encode()),
        NOTE.replace("— ".encode(), "—".encode()),
        NOTE.replace(b"foo ", b"foo"),
        NOTE.replace(b"foo ", b"foo  "),
        NOTE.replace(b"foo ", "fo\u2028o ".encode()),
        NOTE.replace(b"foo ", "fo\u00a0o ".encode()),
        NOTE.replace(b"foo ", "fo\u0085o ".encode()),
        NOTE.replace(b"foo ", b"fo+o "),
        NOTE.replace(b"=\n", b"\n"),
        NOTE.replace(b"QM=", b"QN="),
        NOTE.replace(b"QM=", b"Q M="),
        NOTE.replace(b"/sYj", b"_sYj").replace(b"+", b"-").replace(b"A", b"*"),
        b"text\n\n" + "— x AAAAAA==\n".encode(),
        b"text\n\n" + "— x AAAA\n".encode(),
        b"text\n\n" + "— x \n".encode(),
        b"text\n\n" + "— x AAAAAAA=\n".encode() * (MOST_SIGNATURES + 1),
        b"t" * LARGEST_NOTE + NOTE,
    ],
)
def test_note_in_another_form_is_refused(data: bytes) -> None:
    """A note has one form."""
    with pytest.raises(MalformedError) as caught:
        read_note(data)
    assert caught.value.code == "malformed"


def test_note_with_a_line_separator_of_unicode_in_its_text_is_read() -> None:
    """U+2028 and U+0085 end no line of ours."""
    data = NOTE.replace(b"This", "Th\u2028\u0085s".encode())
    assert write_note(read_note(data)) == data


def test_note_with_a_hundred_signatures_is_read() -> None:
    """> MUST accept at least up to 16 signatures."""
    data = b"text\n\n" + "— x AAAAAAA=\n".encode() * MOST_SIGNATURES
    assert len(read_note(data).signatures) == MOST_SIGNATURES


@given(
    text=st.text().map(lambda text: text + "\n"),
    lines=st.lists(
        st.builds(SignatureLine, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)),
        min_size=1,
        max_size=20,
    ),
)
def test_note_that_is_written_is_read_again(text: str, lines: list[SignatureLine]) -> None:
    """Whatever text and signatures: written, read, the same; unless the text has control characters."""
    note = Note(text.encode(), tuple(lines))
    if any(one < " " and one != "\n" for one in text):
        with pytest.raises(MalformedError):
            write_note(note)
    else:
        assert read_note(write_note(note)) == note


@given(broken(COSIGNED))
def test_broken_note_is_refused_or_another(data: bytes) -> None:
    """A note that was changed does not read, or reads as what it now is."""
    try:
        note = read_note(data)
    except MalformedError:
        return
    assert write_note(note) == data


@given(broken(NOTE))
def test_broken_note_does_not_verify_as_the_same_text(data: bytes) -> None:
    """Nobody can change the text without the key; only lines of strangers may come and go."""
    try:
        note = read_note(data)
        verify_note(note, [Ed25519Verifier(KEY)])
    except (MalformedError, InvalidProofError):
        return
    assert note.text == b"This is an example message.\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        "name+00000000+",
        VKEYS[0].replace("6983e6e2", "6983e6e3"),
        VKEYS[0].replace("6983e6e2", "6983E6E2"),
        VKEYS[0].replace("2026", "2027"),
        VKEYS[0][:-4],
        VKEYS[0] + "=",
        VKEYS[0] + "\n",
        " " + VKEYS[0],
        VKEYS[0].replace("2026", "20\ud80026"),
        "name+00000000+AQ==",
    ],
)
def test_verifier_key_in_another_form_is_refused(text: str) -> None:
    """A verifier key has one form, and its ID is that of its name and key."""
    with pytest.raises(MalformedError):
        read_verifier_key(text)


def test_verifier_key_of_another_type_is_unsupported() -> None:
    """An ECDSA key is well-formed, and not ours to check: never the same as valid."""
    with pytest.raises(UnsupportedError):
        read_verifier_key(f"name+00000000+{write_base64(bytes([2]) + bytes(91))}")


@given(broken(VKEYS[0].encode()))
def test_broken_verifier_key_is_refused(data: bytes) -> None:
    """Nothing near a verifier key is one."""
    assume(data.decode(errors="surrogateescape") not in VKEYS)
    with pytest.raises((MalformedError, UnsupportedError)):
        read_verifier_key(data.decode(errors="surrogateescape"))


def test_public_keys_of_small_order_are_refused() -> None:
    """All encodings of the eight points whose signatures anybody can make; computed here from the curve's equation."""
    field = 2**255 - 19
    d = -121665 * pow(121666, -1, field) % field
    eighth = set()
    # Doubling a point of order eight gives y = 0, which holds for x² = -y² and so for d·y⁴ + 2·y² - 1 = 0.
    root = pow((1 + d) % field, (field + 3) // 8, field)
    for square_root in (root, root * pow(2, (field - 1) // 4, field) % field):
        for sign in (1, -1):
            y_squared = (-1 + sign * square_root) * pow(d, -1, field) % field
            y = pow(y_squared, (field + 3) // 8, field)
            for candidate in (y, y * pow(2, (field - 1) // 4, field) % field):
                if (d * pow(candidate, 4, field) + 2 * pow(candidate, 2, field) - 1) % field == 0:
                    eighth |= {candidate, field - candidate}
    assert len(eighth) == 2
    for y in (0, 1, field - 1, field, field + 1, *eighth):
        for sign in (0, 1):
            with pytest.raises(MalformedError, match="small order"):
                VerifierKey("name", SignatureType.ED25519, (y | sign << 255).to_bytes(32, "little"))


def test_private_key_is_not_shown() -> None:
    """Neither repr nor str shows anything but the name."""
    for signer in (LOG, OBSERVER, MIRROR):
        assert repr(signer).endswith(f"({signer.key.name}: <redacted>)")
        assert str(signer) == repr(signer)


def test_plain_verifier_takes_only_plain_keys() -> None:
    """A cosigner's key does not sign plain notes."""
    with pytest.raises(ValueError, match="0x04"):
        Ed25519Verifier(OBSERVER.key)


def test_lines_and_texts_that_no_note_has_are_not_written() -> None:
    """What could not be read again is not written."""
    with pytest.raises(MalformedError):
        SignatureLine("name", b"123", b"?")
    with pytest.raises(MalformedError):
        SignatureLine("na me", b"1234", b"?")
    with pytest.raises(MalformedError):
        write_note(Note(b"no newline", (LOG.sign(b"x\n"),)))
    with pytest.raises(MalformedError):
        write_note(Note(b"\xff\n", (LOG.sign(b"x\n"),)))


@given(st.binary(max_size=200))
def test_bytes_at_random_are_no_signature_lines(data: bytes) -> None:
    """Whatever is handed in, the answer is an error of ours."""
    with pytest.raises(MalformedError):
        read_signature_lines(data)


@given(st.integers(0, 2**64))
def test_size_has_one_form(size: int) -> None:
    """Decimal, below 2**63, no zeros in front."""
    if size < 2**63:
        assert read_size(str(size)) == size
    for text in (f"0{size}", f"+{size}", f"-{size}", f" {size}", f"{size}\n", "", "٣", f"{size + 2**63}"):
        with pytest.raises(MalformedError):
            read_size(text)


def test_base64_has_one_form() -> None:
    """Padded, no stray bits, standard alphabet, never empty; a hash has 32 bytes."""
    assert read_base64("AAA=") == b"\0\0"
    for text in ("", "AAB=", "AAA", "AA A=", "AAA=\n", "AA-_", "===="):
        with pytest.raises(MalformedError):
            read_base64(text)
    with pytest.raises(MalformedError):
        read_hash("AAA=")
