"""Policies: whose signatures make a checkpoint good enough (c2sp.org/tlog-policy, untagged; text of 2026-07-22).

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> <k|any|all> <member>...        members are witnesses or groups of lines before
    quorum <name|none>                          exactly one

> A checkpoint is considered valid if it is signed by any one of the listed logs, and it is cosigned by witnesses
> according to the defined quorum rule.

Where the document leaves room we are strict: a key is a log's or a witness's, not both; a comment is a whole line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from psephos.board.checkpoint import SignedCheckpoint
from psephos.board.cosignature import verifiers_of
from psephos.board.note import SignatureLine, SignatureType, VerifierKey, read_verifier_key, verify_note
from psephos.errors import InvalidProofError, MalformedError, QuorumError

LARGEST_POLICY = 1_000_000
MOST_NAMES = 256
"""> It is strongly recommended that an implementation supports at least up to 32 logs, 32 witnesses, and 32 groups."""
_NONE = "none"
_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_THRESHOLD = re.compile("[1-9][0-9]{0,2}")
_LOG_KINDS = frozenset({SignatureType.ED25519, SignatureType.COSIGNATURE_ML_DSA_44})
_WITNESS_KINDS = frozenset({SignatureType.COSIGNATURE_ED25519, SignatureType.COSIGNATURE_ML_DSA_44})


@dataclass(frozen=True, slots=True)
class Log:
    """A log by its key, whose name is the log's origin; the URL is empty if the policy gives none."""

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A cosigner by its name in the policy; the URL is empty if the policy gives none."""

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group witnesses a checkpoint if `threshold` of its members do."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, valid by construction.

    Attributes:
        logs: Any of which may have signed.
        witnesses: Cosigners that may be counted.
        groups: In an order in which each has only members that come before it.
        quorum: The witness or group that must have cosigned; `none` if nobody must.
    """

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    def __post_init__(self) -> None:
        builder = _Builder()
        for log in self.logs:
            builder.add_log(log)
        for witness in self.witnesses:
            builder.add_witness(witness)
        for group in self.groups:
            builder.add_group(group)
        builder.set_quorum(self.quorum)

    @property
    def members(self) -> tuple[str, ...]:
        """Whose word the quorum counts: an observer with several keys is a group. Nobody's, if nobody must cosign."""
        if self.quorum == _NONE:
            return ()
        return next((group.members for group in self.groups if group.name == self.quorum), (self.quorum,))

    def witnesses_of(self, member: str) -> tuple[Witness, ...]:
        """A member's keys: the members of its group, or itself."""
        own = next((group.members for group in self.groups if group.name == member), (member,))
        return tuple(witness for witness in self.witnesses if witness.name in own)


@dataclass(frozen=True, slots=True)
class Observed:
    """Whose signatures on a checkpoint hold.

    Attributes:
        logs: Lines of the log that the checkpoint is of.
        cosignatures: Lines of the policy's witnesses, by their name in the policy.
    """

    logs: tuple[SignatureLine, ...]
    cosignatures: Mapping[str, SignatureLine]


def verify_checkpoint(signed: SignedCheckpoint, policy: Policy) -> Observed:
    """Check that a checkpoint is a listed log's, and whatever else is signed by a key in the policy.

    Whether that is *enough* is another question: `verify_quorum`.

    Raises:
        InvalidProofError: No listed log with this origin has signed, or a signature of a key in the policy fails.
    """
    verifiers = verifiers_of([*(log.key for log in policy.logs), *(witness.key for witness in policy.witnesses)])
    lines = {(line.name, line.key_id): line for line in verify_note(signed.note, verifiers)}
    # > This name MUST correspond to the log's origin line, representing the identity of the log.
    own = [log.key for log in policy.logs if log.key.name == signed.checkpoint.origin]
    logs = tuple(lines[_pair(key)] for key in own if _pair(key) in lines)
    if not logs:
        raise InvalidProofError("no log of the policy has signed this checkpoint", at=f"{signed.checkpoint.origin!a}")
    cosigned = {one.name: lines[_pair(one.key)] for one in policy.witnesses if _pair(one.key) in lines}
    return Observed(logs, cosigned)


def verify_quorum(cosigned: Iterable[str], policy: Policy) -> None:
    """Check that enough have cosigned.

    Args:
        cosigned: Names of witnesses whose cosignatures hold, such as `Observed.cosignatures`.
        policy: Says who must.

    Raises:
        QuorumError: They are too few. `have` and `need` count members of the quorum's group; the hint names the others.
    """
    found = count_quorum(cosigned, policy)
    if found.have < found.need:
        raise QuorumError(
            f"{found.have} have cosigned, and {found.need} must",
            have=found.have,
            need=found.need,
            at=f"{policy.quorum!a}",
            hint=f"missing: {', '.join(map(ascii, found.missing))}",
        )


@dataclass(frozen=True, slots=True)
class Quorum:
    """How far a quorum is.

    Attributes:
        have: How many members of the quorum's group have cosigned.
        need: How many must.
        of: How many members it has.
        missing: Those who have not cosigned.
    """

    have: int
    need: int
    of: int
    missing: tuple[str, ...] = ()


def count_quorum(cosigned: Iterable[str], policy: Policy) -> Quorum:
    """How many members of the quorum have cosigned; see `verify_quorum`."""
    members = policy.members
    if not members:
        return Quorum(0, 0, 0)
    satisfied = set(cosigned) & {witness.name for witness in policy.witnesses}
    need = 1
    for group in policy.groups:  # members come before their group
        if sum(member in satisfied for member in group.members) >= group.threshold:
            satisfied.add(group.name)
        if group.name == policy.quorum:
            need = group.threshold
    missing = tuple(member for member in members if member not in satisfied)
    return Quorum(len(members) - len(missing), need, len(members), missing)


def read_policy(data: bytes) -> Policy:
    """Read a policy file.

    Raises:
        MalformedError: A line is not one of the four, or names something twice, too early or not at all.
        UnsupportedError: A key is of a type that we cannot check.
    """
    if len(data) > LARGEST_POLICY or not data.endswith(b"\n"):
        raise MalformedError("the policy is too large, or its last line has no newline")
    builder = _Builder()
    # > names must be handled as opaque octet strings
    for number, line in enumerate(data.decode(errors="surrogateescape").split("\n")[:-1], start=1):
        at = f"line {number}"
        if _FORBIDDEN.search(line.encode(errors="surrogateescape")):
            raise MalformedError("a control character", at=at)
        words = [word for word in re.split("[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            _read_line(builder, words, at)
    if builder.quorum is None:
        raise MalformedError("the policy has no quorum line")
    return Policy(tuple(builder.logs), tuple(builder.witnesses), tuple(builder.groups), builder.quorum)


def write_policy(policy: Policy) -> bytes:
    """A policy's file, in one form."""
    lines = [
        *(["log", str(log.key), log.url] for log in policy.logs),
        *(["witness", witness.name, str(witness.key), witness.url] for witness in policy.witnesses),
        *(["group", group.name, str(group.threshold), *group.members] for group in policy.groups),
        ["quorum", policy.quorum],
    ]
    text = "".join(" ".join(filter(None, words)) + "\n" for words in lines)
    return text.encode(errors="surrogateescape")


def _pair(key: VerifierKey) -> tuple[str, bytes]:
    return key.name, key.key_id


@dataclass(slots=True)
class _Builder:
    """A policy that is being read. Says the place of each line that does not fit what came before."""

    logs: list[Log] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: str | None = None
    _keys: set[bytes] = field(default_factory=set)
    _pairs: set[tuple[str, bytes]] = field(default_factory=set)
    _defined: set[str] = field(default_factory=set)
    _members: set[str] = field(default_factory=set)

    def add_log(self, log: Log, at: str = "") -> None:
        self._add_key(log.key, _LOG_KINDS, at)
        _check_word(log.url or "-", at)
        self.logs.append(log)

    def add_witness(self, witness: Witness, at: str = "") -> None:
        self._add_key(witness.key, _WITNESS_KINDS, at)
        self._define(witness.name, at)
        _check_word(witness.url or "-", at)
        self.witnesses.append(witness)

    def add_group(self, group: Group, at: str = "") -> None:
        if not 1 <= group.threshold <= len(group.members):
            raise MalformedError(f"{group.threshold} of {len(group.members)} is not a threshold", at=at)
        for member in group.members:
            if member not in self._defined:
                raise MalformedError(f"{member!a} is not defined before", at=at)
            if member in self._members:
                # > Each defined name can be listed as a group member at most once.
                raise MalformedError(f"{member!a} is a member already", at=at)
            self._members.add(member)
        self._define(group.name, at)
        self.groups.append(group)

    def set_quorum(self, name: str, at: str = "") -> None:
        if self.quorum is not None:
            raise MalformedError("the policy has more than one quorum line", at=at)
        if name != _NONE and name not in self._defined:
            raise MalformedError(f"{name!a} is not defined before", at=at)
        self.quorum = name

    def _add_key(self, key: VerifierKey, kinds: frozenset[SignatureType], at: str) -> None:
        if key.kind not in kinds:
            raise MalformedError(f"a key of type {key.kind:#04x} has no place here", at=at)
        # > Two vkeys are considered duplicate if they wrap the same underlying public key
        if key.public in self._keys or _pair(key) in self._pairs:
            raise MalformedError("the key is listed already, or another of its name and ID", at=at)
        if len(self._keys) >= MOST_NAMES:
            raise MalformedError(f"more than {MOST_NAMES} keys", at=at)
        self._keys.add(key.public)
        self._pairs.add(_pair(key))

    def _define(self, name: str, at: str) -> None:
        _check_word(name, at)
        if name == _NONE or name in self._defined:
            raise MalformedError(f"{name!a} is defined already", at=at)
        if len(self._defined) >= 2 * MOST_NAMES:
            raise MalformedError(f"more than {2 * MOST_NAMES} names", at=at)
        self._defined.add(name)


def _read_line(builder: _Builder, words: list[str], at: str) -> None:
    match words:
        case ["log", key, *url] if len(url) <= 1:
            builder.add_log(Log(read_verifier_key(key, at=at), *url), at)
        case ["witness", name, key, *url] if len(url) <= 1:
            builder.add_witness(Witness(name, read_verifier_key(key, at=at), *url), at)
        case ["group", name, threshold, *members] if members:
            builder.add_group(Group(name, _read_threshold(threshold, len(members), at), tuple(members)), at)
        case ["quorum", name]:
            builder.set_quorum(name, at)
        case _:
            raise MalformedError("not a log, a witness, a group or a quorum", at=at)


def _read_threshold(word: str, members: int, at: str) -> int:
    if word in {"any", "all"}:
        return 1 if word == "any" else members
    if _THRESHOLD.fullmatch(word) is None:
        raise MalformedError(f"{word[:20]!a} is not a threshold", at=at)
    return int(word)


def _check_word(word: str, at: str) -> None:
    encoded = word.encode(errors="surrogateescape")
    if not word or _FORBIDDEN.search(encoded) or re.search(rb"[ \t\n]", encoded):
        raise MalformedError(f"{word[:80]!a} is not one word", at=at)
