"""The kernel is compiled twice; whichever of the two runs, the results are the same."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import psephos_kernel as kernel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

portable = importlib.import_module("psephos_kernel.portable._kernel")
avx512 = importlib.import_module("psephos_kernel.avx512._kernel") if kernel.runs_avx512() else None
both = pytest.mark.skipif(avx512 is None, reason="this processor runs one of the two builds only")


def proving(*, least: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A test in each group, from any seed and for any votes, where both builds run."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        votes = st.lists(st.integers(0, 1), min_size=least, max_size=5)
        found = given(seed=st.binary(min_size=32, max_size=32), votes=votes)(test)
        found = settings(max_examples=10, deadline=None)(found)
        marked: Callable[..., None] = both(pytest.mark.parametrize("name", kernel.GROUP_NAMES)(found))
        return marked

    return decorate


def backend_of(**environment: str) -> str:
    """What a new process chooses."""
    environment = {**{name: value for name, value in os.environ.items() if name != "PSEPHOS_KERNEL"}, **environment}
    code = "import psephos_kernel; print(psephos_kernel.backend())"
    return subprocess.check_output([sys.executable, "-c", code], env=environment, text=True).strip()


def test_build_is_the_one_for_this_processor() -> None:
    """What runs is compiled for AVX-512 if the machine has it, and in any case for every processor if that is said."""
    features = Path("/proc/cpuinfo").read_text(encoding="ascii").partition("\nflags")[2].partition("\n")[0].split()
    assert kernel.runs_avx512() == ({"avx512ifma", "avx512vl", "avx512dq", "avx512bw", "avx512cd"} <= set(features))
    assert (backend_of() == "avx512") == kernel.runs_avx512()
    assert backend_of(PSEPHOS_KERNEL="portable") == portable.backend() != "avx512"


def proved(build: ModuleType, name: str, seed: bytes, votes: list[int]) -> tuple[Any, list[str], list[list[str]]]:
    """A column of ciphertexts of 0 or 1 with proofs, made from a seed: the objects, and every text in them."""
    group, rng = build.Group(name), build.Rng.seeded(seed)
    secret = group.random_secrets(rng, 1)
    key = build.Key(secret.public()[0])
    alphas, betas, randomness = group.encrypt(key, rng, votes)
    prefixes = [b"prove|%d|" % row for row in range(len(votes))]
    listed = [[alphas, betas]]
    challenges, responses = build.prove_disjunction(
        key, rng, prefixes, listed, [(randomness, votes, 0), (randomness, votes, 1)]
    )
    signed = build.prove_schnorr(randomness, rng, prefixes)
    equal = build.prove_equality(secret, rng, prefixes, alphas)
    texts = [*alphas.texts(), *betas.texts(), *secret.apply(alphas).texts(), alphas.product().text]
    numbers = [column.texts() for column in (*challenges, *responses, *signed, *equal)]
    return (key, prefixes, listed, [(alphas, betas, 0), (alphas, betas, 1)], challenges, responses), texts, numbers


@proving(least=1)
def test_both_builds_encrypt_prove_and_multiply_alike(name: str, seed: bytes, votes: list[int]) -> None:
    """From the same seed they make the same texts to the last byte, and each proof holds."""
    assert avx512 is not None
    ours, theirs = proved(portable, name, seed, votes), proved(avx512, name, seed, votes)
    assert ours[1:] == theirs[1:]
    assert portable.verify_disjunction(*ours[0]) == avx512.verify_disjunction(*theirs[0]) == []


@proving(least=2)
def test_both_builds_refuse_alike(name: str, seed: bytes, votes: list[int]) -> None:
    """Proofs that stand in other rows than their own are refused by both, in the same rows."""
    assert avx512 is not None
    order = [*range(1, len(votes)), 0]
    verdicts = []
    for build in (portable, avx512):
        (*claim, challenges, responses), _, _ = proved(build, name, seed, votes)
        moved = [column.select(order) for column in responses]
        verdicts.append(build.verify_disjunction(*claim, challenges, moved))
    assert verdicts[0] == verdicts[1] == list(range(len(votes)))


@both
@settings(max_examples=200, deadline=None)
@given(encoding=st.binary(min_size=32, max_size=32), low=st.integers(0, 40))
def test_both_builds_decode_alike(encoding: bytes, low: int) -> None:
    """Random texts, of points and of none, in the subgroup and outside, are taken or refused alike, for one reason."""
    assert avx512 is not None
    for name in kernel.GROUP_NAMES:
        for number in (int.from_bytes(encoding, "big"), low):
            text = (f"{number:064x}" if name == "Ed25519" else f"{number}").encode()
            assert decoded(portable, name, text) == decoded(avx512, name, text)


def decoded(build: ModuleType, name: str, text: bytes) -> object:
    """The element's text, or why there is none."""
    try:
        return build.Group(name).element(text, identity=True).text
    except build.DecodeError as error:
        return error.args
