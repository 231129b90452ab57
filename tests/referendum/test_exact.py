"""The engine never uses a float: read off its source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import psephos.referendum

SOURCES = sorted(Path(psephos.referendum.__file__).parent.glob("*.py"))
EXACT_MATHS = {"ceil", "floor", "lcm", "gcd"}
INEXACT = {"float", "complex", "round", "decimal", "statistics", "cmath", "numpy"}


def inexact(tree: ast.AST) -> Iterator[str]:
    """Everything that makes, or could make, a float."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield f"the number {node.value}, line {node.lineno}"
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield f"a division, line {node.lineno}"
        if isinstance(node, ast.Name) and node.id in INEXACT:
            yield f"{node.id}, line {node.lineno}"
        if isinstance(node, ast.Import):
            yield from (f"import {name.name}" for name in node.names if name.name.split(".")[0] in {*INEXACT, "math"})
        if isinstance(node, ast.ImportFrom) and node.module in {*INEXACT, "math"}:
            yield from (f"{node.module}.{name.name}" for name in node.names if name.name not in EXACT_MATHS)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_module_makes_no_float(source: Path) -> None:
    """No decimal constant, no division, no rounding, nothing of `math` but whole numbers."""
    assert list(inexact(ast.parse(source.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "text", ["x = 0.5", "y = a / b", "y /= 2", "float(x)", "round(x)", "import math", "from math import sqrt", "1j"]
)
def test_what_makes_a_float_is_found(text: str) -> None:
    """The test above can fail."""
    assert list(inexact(ast.parse(text)))
