"""Rules and figures for tests: by hand, and drawn by hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from psephos.adapters.package_data import read_data
from psephos.protocol.encoding import write_json
from psephos.referendum.figures import Figures, read_figures
from psephos.referendum.history import Case, read_history
from psephos.referendum.rule_file import Rule, read_rule

YES_OVER_NO = {"gt": ["yes", "no"]}
NAMES = ("yes", "no", "blank", "invalid", "valid", "ballots", "voters", "registered", "eligible")


def rule(**parts: Any) -> Rule:
    """A rule from its parts, as a file would give them."""
    return read_rule(write_json({"format": "psephos/rule/1", "name": "A rule", **parts}))


def figures(totals: dict[str, int] | None = None, **parts: Any) -> Figures:
    """Figures from their parts, as a file would give them."""
    return read_figures(write_json({"format": "psephos/figures/1", "totals": totals or {}, **parts}))


def cases() -> tuple[Case, ...]:
    """The cases of the past."""
    return read_history(read_data("history"))


def case(name: str) -> Case:
    """A case of the past."""
    return next(one for one in cases() if one.id == name)


def counts(largest: int = 10**6) -> st.SearchStrategy[dict[str, int]]:
    """Totals that add up."""

    def complete(parts: tuple[int, int, int, int, int, int]) -> dict[str, int]:
        yes, no, blank, invalid, absent, unregistered = parts
        ballots = yes + no + blank + invalid
        return {
            "yes": yes,
            "no": no,
            "blank": blank,
            "invalid": invalid,
            "ballots": ballots,
            "voters": ballots,
            "registered": ballots + absent,
            "eligible": ballots + absent + unregistered,
        }

    return st.tuples(*[st.integers(0, largest)] * 6).map(complete)


def fractions() -> st.SearchStrategy[str]:
    """Shares as texts."""
    return st.tuples(st.integers(0, 12), st.integers(1, 12)).map(lambda pair: f"{pair[0]}/{pair[1]}")


def quantities() -> st.SearchStrategy[Any]:
    """Quantities without constants and regions, as data."""
    leaves: st.SearchStrategy[Any] = st.sampled_from(NAMES)
    return st.recursive(
        leaves,
        lambda inner: (
            st.tuples(fractions(), inner).map(lambda pair: {"mul": list(pair)})
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"add": parts})
        ),
        max_leaves=4,
    )


def conditions(*, monotone: bool = False) -> st.SearchStrategy[Any]:
    """Conditions without regions, as data."""
    leaves = st.tuples(st.sampled_from(("gt", "ge")), quantities(), quantities()).map(
        lambda one: {one[0]: [one[1], one[2]]}
    )

    def above(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        lists = st.lists(inner, min_size=1, max_size=3)
        both = lists.map(lambda parts: {"all": parts}) | lists.map(lambda parts: {"any": parts})
        return both if monotone else both | inner.map(lambda part: {"not": part})

    return st.recursive(leaves, above, max_leaves=5)
