"""The organiser's side of the key ceremony: collect, check, route, assemble. It learns no secret.

Every function takes the messages in any order and by any number of files, and gives the next message to send.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from psephos.errors import OutOfTurnError
from psephos.protocol import ceremony
from psephos.protocol.ceremony import PolynomialMessage
from psephos.protocol.encoding import read_json, write_json
from psephos.protocol.group import Element, Group, read_group
from psephos.protocol.proofs import SignedMessage
from psephos.protocol.trustees import TrusteePublicKey, check_single, read_trustees
from psephos.record.charter import Charter, fingerprint, read_charter
from psephos.record.rounds import (
    Round,
    RoutedInput,
    TrusteeMessage,
    check_message,
    explained,
    one_of_each,
    open_certificates,
    open_public_key,
    read_messages,
)

_Content = TypeVar("_Content")


@dataclass(frozen=True)
class Received:
    """A file that came in: its name, for errors, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True)
class _Desk:
    """The charter and everything that came in."""

    charter: Charter
    fingerprint: str
    group: Group
    messages: tuple[TrusteeMessage, ...]

    def certificates(self) -> tuple[list[TrusteeMessage], list[SignedMessage], list[Element]]:
        """The checked certificates: as they came, as Belenios has them, and the keys with which trustees sign."""
        messages = one_of_each(self.messages, Round.CERTIFICATE, self.charter)
        certificates = open_certificates(messages, self.group)
        with explained():
            keys = ceremony.check_all_certificates(certificates, self.group, threshold=self.charter.threshold)
        return messages, certificates, keys

    def polynomials(self, keys: Sequence[Element]) -> list[PolynomialMessage]:
        return [self._open(message, keys, PolynomialMessage) for message in self._round(Round.POLYNOMIAL)]

    def verification_keys(self, keys: Sequence[Element]) -> list[TrusteePublicKey]:
        """What is public of the trustees' outputs; a Psephos trustee keeps its sealed share to itself."""
        return [self._open(message, keys, TrusteePublicKey) for message in self._round(Round.OUTPUT)]

    def _round(self, round_: Round) -> list[TrusteeMessage]:
        return one_of_each(self.messages, round_, self.charter)

    def _open(self, message: TrusteeMessage, keys: Sequence[Element], kind: type[_Content]) -> _Content:
        with explained(message.index):
            check_message(message, keys[message.index - 1], self.group)
            return read_json(bytes(message.content), kind, what=message.round)


def _desk(charter: bytes, files: Sequence[Received], *, mandatory: bool) -> _Desk:
    read = read_charter(charter)
    if read.mandatory and not mandatory:
        raise OutOfTurnError(
            "every trustee is mandatory in this referendum, so that there is no threshold ceremony",
            at="/threshold",
            hint="collect public-key-i.json of every trustee, then: psephos organiser ceremony assemble",
        )
    known = fingerprint(charter)
    messages = [message for file in files for message in read_messages(file.content, charter=known, what=file.name)]
    return _Desk(read, known, read_group(read.group, at="/group"), tuple(messages))


def collect_certificates(charter: bytes, files: Sequence[Received]) -> bytes:
    """After round 1: certificates.json, for every trustee.

    Raises:
        OutOfTurnError: Certificates are missing; says whose. Or there is no threshold ceremony.
        PsephosError: One does not hold; the culprit is named.
    """
    messages, _, _ = _desk(charter, files, mandatory=False).certificates()
    return write_json(messages)


def route_inputs(charter: bytes, files: Sequence[Received]) -> list[bytes]:
    """After round 2: input-i.json of each trustee, in the order of their numbers.

    Raises:
        OutOfTurnError: Messages are missing; says whose. Or there is no threshold ceremony.
        PsephosError: One does not hold; the culprit is named.
    """
    desk = _desk(charter, files, mandatory=False)
    _, certificates, keys = desk.certificates()
    polynomials = desk.polynomials(keys)
    with explained():
        inputs = ceremony.route(certificates, polynomials, desk.group, threshold=desk.charter.threshold)
    return [
        write_json(RoutedInput(charter=desk.fingerprint, index=index, input=given))
        for index, given in enumerate(inputs, start=1)
    ]


def assemble_trustees(charter: bytes, files: Sequence[Received]) -> bytes:
    """After round 3, or once all mandatory trustees have sent their keys: trustees.json as the record will have it.

    Raises:
        OutOfTurnError: Messages are missing; says whose.
        PsephosError: One does not hold; the culprit is named.
    """
    desk = _desk(charter, files, mandatory=True)
    items = _singles(desk) if desk.charter.mandatory else _threshold(desk)
    assembled = write_json(items)
    read_trustees(assembled, desk.group)
    return assembled


def _singles(desk: _Desk) -> list[tuple[str, object]]:
    items: list[tuple[str, object]] = []
    for message in one_of_each(desk.messages, Round.PUBLIC_KEY, desk.charter):
        key = open_public_key(message, desk.group)
        with explained(message.index):
            check_single(key, desk.group, owner=message.index)
        items.append(("Single", _named(key, desk.charter, message.index)))
    return items


def _threshold(desk: _Desk) -> list[tuple[str, object]]:
    _, certificates, keys = desk.certificates()
    polynomials, outputs = desk.polynomials(keys), desk.verification_keys(keys)
    threshold = desk.charter.threshold
    with explained():
        parameters = ceremony.assemble(certificates, polynomials, outputs, desk.group, threshold=threshold)
    named = tuple(_named(key, desk.charter, index) for index, key in enumerate(parameters.verification_keys, start=1))
    return [("Pedersen", msgspec.structs.replace(parameters, verification_keys=named))]


def _named(key: TrusteePublicKey, charter: Charter, index: int) -> TrusteePublicKey:
    return msgspec.structs.replace(key, name=charter.trustees[index - 1])
