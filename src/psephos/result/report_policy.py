"""Policies of observers, as a report shows them to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psephos.protocol.encoding import sha256_hex
from psephos.result.wording import plain

_LONGEST_WORD = 100


def policy_lines(text: str) -> list[str]:
    """A policy for people: keys of a kind that fills pages are cut; all of it stands in report.json, by its hash."""
    lines = [" ".join(map(_cut, plain(line).split(" "))) for line in text.splitlines()]
    return [*lines, f"SHA-256 {sha256_hex(text.encode(errors='replace'))}"]


def _cut(word: str) -> str:
    return word if len(word) <= _LONGEST_WORD else f"{word[: _LONGEST_WORD // 2]}…"


def state_of(one: Mapping[str, Any]) -> str:
    """How far a policy is, of those in report.json."""
    if one["holds"]:
        return "holds"
    return "missing" if one["needed"] else "not_demanded"
