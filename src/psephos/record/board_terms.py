"""What a charter says about its board: the message alone; `psephos.record.terms` checks it.

A module of its own, so that who reads a charter without a board need not load signatures.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from psephos.protocol.encoding import Digest, Wire

LARGEST_INLINE = 60_000
"""Larger objects are blobs named by their SHA-256; a ballot never is (design D2)."""

LATEST_TIME = 2**33 - 1
"""In seconds since 1970; an archive's headers have room for no more."""
Time = Annotated[int, msgspec.Meta(ge=1, le=LATEST_TIME)]


def show_time(seconds: int) -> str:
    """A time as people read it (RFC 3339, UTC); one that no calendar has, such as a cosignature may name, as such."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"impossible time {seconds}"


class BoardTerms(Wire, frozen=True):
    """What a charter says about its board.

    Attributes:
        log: The log's verifier key; its name is the log's origin.
        standby: Keys of logs that may take its place (design D12); none if empty.
        organisers: Keys with which the organisers sign notes.
        organisers_needed: How many of them must sign.
        receipts: The policy (tlog-policy) whose quorum makes a receipt final, and says what time it is.
        tally: The policy whose quorum has checked every entry, before trustees decrypt.
        opens_at: No ballot is taken in before; the order of the log cannot show that, observers' clocks can.
        closes_at: From then on the ballot box can be closed.
        earliest_close: The organisers may not move the closing time before this.
        latest_close: Nor beyond this.
        largest_ballot: In bytes.
        ballots_per_hour: How many ballots of one credential the ballot box takes in: a rate, not a total.
        ruleset: Fingerprint of the list of rules under which observers check.
    """

    log: str
    standby: Annotated[tuple[str, ...], msgspec.Meta(max_length=16)]
    organisers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=64)]
    organisers_needed: Annotated[int, msgspec.Meta(ge=1)]
    receipts: str
    tally: str
    opens_at: Time
    closes_at: Time
    earliest_close: Time
    latest_close: Time
    largest_ballot: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_INLINE)]
    ballots_per_hour: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    ruleset: Digest
