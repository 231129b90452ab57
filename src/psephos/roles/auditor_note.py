"""The auditor: whoever signs a report on a record, so that others know whose it is.

A signature makes nothing true. It says that the holder of a key has published these files, byte for byte:

    psephos/auditor-report/1
    charter d23f38…                     fingerprint of the charter; `none` without one
    record ce64b2…                      fingerprint of the record's last event; `none` before the setup
    ruleset 8c0fe1…                     fingerprint of the list of rules that were applied
    verdict verified
    file report.json 5f1cc4…            a line for each file of the report: name and SHA-256, in the order of names
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psephos.board.cosignature import verifier_of
from psephos.board.note import (
    Ed25519Signer,
    Note,
    VerifierKey,
    read_note,
    verify_note,
    write_note,
)
from psephos.errors import MalformedError, MismatchError
from psephos.protocol.encoding import sha256_hex

NOTE = "report.note"
_CALLED = "report."
_REPORT = "psephos/auditor-report/1"
_NONE = "none"
_DIGEST = "[0-9a-f]{64}"
_TEXT = re.compile(
    f"{_REPORT}\ncharter ({_DIGEST}|{_NONE})\nrecord ({_DIGEST}|{_NONE})\nruleset ({_DIGEST})\n"
    f"verdict (verified|verified false|could not verify)\n((?:file [a-z.]{{1,40}} {_DIGEST}\n)+)"
)


@dataclass(frozen=True)
class SignedReport:
    """What a note says of a report.

    Attributes:
        charter: Fingerprint; empty if the auditor had none.
        record: Fingerprint of the last event; empty if there is none.
        ruleset: Fingerprint.
        verdict: What the auditor's program found.
        files: SHA-256 of each file, by name.
    """

    charter: str
    record: str
    ruleset: str
    verdict: str
    files: Mapping[str, str]


def sign_report(data: Mapping[str, Any], files: Mapping[str, bytes], *, signer: Ed25519Signer) -> bytes:
    """The note under a report.

    Args:
        data: The report for programs.
        files: All of its files, by name.
        signer: Whose it is.
    """
    charter = data["charter"]["fingerprint"] if data["charter"] else _NONE
    lines = [
        _REPORT,
        f"charter {charter}",
        f"record {data['record']['head'] or _NONE}",
        f"ruleset {data['ruleset']}",
        f"verdict {data['verdict']}",
        *(f"file {name} {sha256_hex(files[name])}" for name in sorted(files)),
    ]
    text = "".join(f"{line}\n" for line in lines).encode()
    return write_note(Note(text, (signer.sign(text),)))


def verify_report(received: bytes, key: VerifierKey) -> SignedReport:
    """Read the note under a report, and check that a key has signed it.

    Raises:
        MalformedError: It is no such note.
        InvalidProofError: The signature does not hold.
    """
    note = read_note(received)
    verify_note(note, [verifier_of(key)])
    match = _TEXT.fullmatch(note.text.decode(errors="replace"))
    if match is None:
        raise MalformedError("not the note under a report", at=NOTE)
    charter, record, ruleset, verdict, listed = match.groups()
    pairs = [(line.split()[1], line.split()[2]) for line in listed.splitlines()]
    if pairs != sorted(set(pairs)) or len(dict(pairs)) != len(pairs):
        raise MalformedError("files are named twice, or not in their order", at=NOTE)
    return SignedReport(_known(charter), _known(record), ruleset, verdict, dict(pairs))


def check_files(signed: SignedReport, files: Mapping[str, bytes], *, beside: Iterable[str]) -> None:
    """Check that these are the files that were signed, and that no other file passes for a part of the report.

    Args:
        signed: What the note says.
        files: Those that it names, as far as they are there.
        beside: The names of all files in their folder.

    Raises:
        MismatchError: One is missing, is another one, or is called a report and was not signed.
    """
    for name in sorted(set(beside) - {NOTE, *signed.files}):
        if name.casefold().startswith(_CALLED):
            raise MismatchError(
                f"the note does not name {name}, so nobody has signed it",
                at=name,
                hint="do not believe it; remove it from the folder, and check again",
            )
    for name, digest in signed.files.items():
        if name not in files:
            raise MismatchError(f"the note names {name}, which is not there", at=name)
        if sha256_hex(files[name]) != digest:
            raise MismatchError(f"{name} is not the file that was signed", at=name)


def _known(value: str) -> str:
    return "" if value == _NONE else value
