"""Records in memory, and where the vectors are."""

import gzip
import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[2] / "vectors"
ELECTIONS = VECTORS / "elections"
ATTACKS = VECTORS / "attacks"


def record_of(folder: Path) -> bytes:
    """The one archive in a vector's folder."""
    packed = list(folder.glob("*.bel.gz"))
    if packed:
        return gzip.decompress(packed[0].read_bytes())
    return next(folder.glob("*.bel")).read_bytes()


def json_of(path: Path) -> Any:
    """A JSON file's content."""
    return json.loads(path.read_text())
