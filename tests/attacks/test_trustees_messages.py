"""Trustees who sign what they should not: their messages changed in any part, and signed again."""

import json
from functools import lru_cache
from hashlib import sha256

import pytest

from psephos.verify.report import Report, Verdict
from tests.support.changed_records import Good, Tell, examine, judge_all, with_body
from tests.support.json_changes import mutations, raw
from tests.support.oracle import pki
from tests.support.oracle.canonical import dump
from tests.support.oracle.election import Question as OracleQuestion
from tests.support.oracle.groups import ED25519
from tests.support.oracle.simulation import Plan, simulate

CEREMONY = Plan(
    group=ED25519,
    questions=(OracleQuestion("Agreed?", ("Yes", "No"), 1, 1),),
    votes=(),
    weights=(None,),
    singles=0,
    threshold=(2, 3),
    seed="liars",
)


@lru_cache(1)
def ceremony() -> tuple[Good, list[int]]:
    """A record up to its setup, and the trustees' signing keys."""
    simulated = simulate(CEREMONY)
    seeds = [f"oracleTrusteeSeed{CEREMONY.seed}{index}" for index in range(3)]
    keys = [pki.derive_key(ED25519, seed, purpose="sk") for seed in seeds]
    return Good(simulated.steps[:1], 1_700_000_000, simulated.election, {}, 12), keys


def signed(secret: int, message: str) -> dict[str, str]:
    """A signature of the trustees' infrastructure."""
    nonce = int(sha256(raw(message)).hexdigest(), 16) % ED25519.q
    digest_of = raw(f"sigmsg|{message}|") + ED25519.encode(ED25519.power(ED25519.g, nonce)).encode()
    challenge = int(sha256(digest_of).hexdigest(), 16) % ED25519.q
    return {"challenge": str(challenge), "response": str((nonce - secret * challenge) % ED25519.q)}


def with_messages(field: str, at: int, message: str) -> bytes:
    """The record with one trustee's message replaced, signed, and all signatures of the round made again."""
    one, keys = ceremony()
    trustees = json.loads(one.steps[0].bodies[1])
    pedersen = trustees[0][1]
    pedersen[field][at] = {"message": message, "signature": signed(keys[at], message)}
    for number, key in enumerate(keys):
        try:
            coefexps = json.loads(pedersen["coefexps"][number]["message"])["coefexps"]
        except (ValueError, TypeError, KeyError, RecursionError):
            coefexps = []
        both = dump({"certs": pedersen["certs"], "coefexps": coefexps})
        pedersen["signatures"][number] = signed(key, f"certs_sig|{both}")
    return with_body(one, (0, 1), raw(dump(trustees)))


@pytest.mark.parametrize(("field", "kind"), [("certs", "certificate"), ("coefexps", "coefficients")])
@pytest.mark.parametrize("at", [0, 2])
def test_message_of_a_trustee_with_any_part_changed_and_signed_again_is_refused(
    field: str, kind: str, at: int, tell: Tell
) -> None:
    """A trustee who signs a certificate or coefficients that are wrong is refused, though every signature holds."""
    one, _ = ceremony()
    message = json.loads(one.steps[0].bodies[1])[0][1][field][at]["message"]
    report = examine(with_messages(field, at, message))
    assert isinstance(report, Report)
    assert report.verdict is Verdict.VERIFIED
    changed = mutations(ED25519, message.encode(), turns=12)
    cases = (
        (mutation.name, with_messages(field, at, mutation.body.decode("utf-8", "surrogatepass")))
        for mutation in changed
        if not mutation.name.endswith(("no UTF-8", "UTF-16"))
    )
    tell(f"{kind} {at + 1} signed again", *judge_all(kind, cases))
