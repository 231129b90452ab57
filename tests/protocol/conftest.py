"""Each group, as the kernel and as the oracle have it."""

import pytest

from tests.support.pairs import NAMES, PAIRS, Pair


@pytest.fixture(params=NAMES, name="pair")
def _pair(request: pytest.FixtureRequest) -> Pair:
    return PAIRS[request.param]
