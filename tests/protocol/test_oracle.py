"""The oracle that everything is compared with shares nothing with what is compared."""

import ast
import sys
from pathlib import Path

import pytest

ORACLE = Path(__file__).parents[1] / "support" / "oracle"
ALLOWED = {"cryptography.exceptions", "cryptography.hazmat.primitives.ciphers.aead"}
"""AES-GCM, under which trustees send each other shares; neither side implements that itself."""
MODULES = sorted(ORACLE.glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_oracle_imports_nothing_of_what_it_is_compared_with(module: Path) -> None:
    """The standard library, itself, and AES-GCM: an agreement on anything else is between two programs."""
    imported = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module if not node.level else "tests.support.oracle")
    others = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names} - ALLOWED
    assert all(f"{name}.".startswith("tests.support.oracle.") for name in others), others


def test_oracle_is_there() -> None:
    """The modules above are those of the oracle."""
    assert {"groups", "proofs", "ballots", "record"} <= {module.stem for module in MODULES}
