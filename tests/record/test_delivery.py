"""A delivery, read by whoever opened it: of the charter that is known, whole, and never repeated in an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from psephos.errors import MalformedError, MismatchError, PsephosError
from psephos.protocol.credentials import generate, with_check
from psephos.protocol.encoding import write_json
from psephos.record.charter import RegistrarKey, fingerprint, read_charter
from psephos.record.delivery import read_deliveries
from tests.support.referendum import make_charter
from tests.support.world import randomness

CHARTER = make_charter()
RNG = randomness(4)


def line(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A line of a delivery."""
    read = read_charter(CHARTER)
    return {
        "id": f"Voter {number}",
        "address": "",
        "credential": with_check(generate(RNG)),
        "part": "1 of 1",
        "title": read.title,
        "election": read.uuid,
        "charter": fingerprint(CHARTER),
    } | changes


def content(*lines: dict[str, Any]) -> bytes:
    """A delivery."""
    return b"".join(write_json(one) + b"\n" for one in lines)


def test_delivery_is_read_line_by_line() -> None:
    """What the registrar wrote, in its order."""
    lines = [line(number) for number in range(1, 4)]
    read = read_deliveries(content(*lines), received=CHARTER)
    assert [json.loads(write_json(one)) for one in read] == lines
    assert all("redacted" in repr(one) and one.credential not in repr(one) for one in read)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"charter": "0" * 64}, MismatchError),
        ({"election": "AnotherElection1"}, MismatchError),
        ({"title": "Another title"}, MismatchError),
        ({"part": "1 of 2"}, MismatchError),
        ({"part": "3 of 2"}, MalformedError),
        ({"credential": "Zq5xi-gVRshK-PuYHJ-mt1A6C p3"}, MalformedError),
        ({"credential": "Zq5xi-gVRshK-PuYHJ-mt1A6C"}, MalformedError),
        ({"credential": "Zq5xigVRshKPuYHJmt1A6C p2"}, MalformedError),
        ({"more": 1}, MalformedError),
    ],
)
def test_line_that_does_not_hold_is_refused_without_its_secret(
    changes: dict[str, Any], kind: type[PsephosError]
) -> None:
    """The error says which line, and no part of a credential."""
    bad = line(2, **changes)
    with pytest.raises(kind) as caught:
        read_deliveries(content(line(1), bad), received=CHARTER)
    assert type(caught.value) is kind
    assert "line 2" in caught.value.at
    shown = f"{caught.value} {caught.value.hint} {caught.value.at}"
    assert not any(piece in shown for piece in bad["credential"].replace(" ", "-").split("-") if len(piece) > 2)


@pytest.mark.parametrize(
    "received", [b"", b"\n", b"{}\n", content(line())[:-1], content(line()) + b"\n", b"age-encryption.org/v1\n"]
)
def test_file_that_is_no_delivery_is_refused(received: bytes) -> None:
    """Cut off, empty, sealed, or something else."""
    with pytest.raises(MalformedError):
        read_deliveries(received, received=CHARTER)


@pytest.mark.parametrize("name", ["id", "credential"])
def test_voter_or_credential_that_comes_twice_is_refused(name: str) -> None:
    """Two letters for one voter, or one credential for two."""
    one = line(1)
    with pytest.raises(MismatchError, match="two lines"):
        read_deliveries(content(one, line(2, **{name: one[name]})), received=CHARTER)


def test_halves_of_two_registrars_are_never_mixed() -> None:
    """Whoever had both would have whole credentials."""
    key = read_charter(CHARTER).registrars[0].key
    received = make_charter(registrars=(RegistrarKey(name="One", key=key), RegistrarKey(name="Two", key=key)))
    known = {"charter": fingerprint(received)}
    lines = [line(1, part="1 of 2", **known), line(2, part="2 of 2", **known)]
    for number, one in enumerate(lines, start=1):
        (read,) = read_deliveries(content(one), received=received)
        assert read.registrar == number
    with pytest.raises(MismatchError, match="mixes"):
        read_deliveries(content(*lines), received=received)
