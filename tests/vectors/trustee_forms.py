"""Makes `vectors/attacks/negative-belenios2048-threshold` with the oracle: two sets of threshold trustees each.

python -m tests.vectors.trustee_forms
"""

from __future__ import annotations

import gzip

from tests.support.oracle.archive import Step
from tests.support.oracle.canonical import dump
from tests.support.oracle.credentials import dump_public_credentials
from tests.support.oracle.election import Question, make_election
from tests.support.oracle.groups import group_named
from tests.support.oracle.nonces import seeded
from tests.support.oracle.simulation import UUID, archive_of
from tests.support.oracle.threshold import run_ceremony
from tests.support.oracle.trustees import combine_keys, dump_trustees
from tests.support.records import ATTACKS

FOLDER = ATTACKS / "negative-belenios2048-threshold"
FORMS = {
    "f-00-control-before-2.5.1": (False, False),
    "f-01-control-since-2.5.1": (True, True),
    "f-02-both-forms": (False, True),
}
"""Whether each set has the form since Belenios 2.5.1."""
QUESTION = Question(answers=("Yes", "No"), blank=False, minimum=1, maximum=1, question="Do you agree?")


def make(forms: tuple[bool, ...]) -> bytes:
    """A record up to its setup."""
    group = group_named("BELENIOS-2048")
    draw = seeded(group, f"trustee forms {forms}")
    trustees = tuple(
        run_ceremony(group, [f"trusteeForms{number}seed{one}" for one in (1, 2)], threshold=2, draw=draw, modern=modern)
        for number, modern in enumerate(forms)
    )
    public = tuple(ceremony.public for ceremony in trustees)
    election = make_election(group, combine_keys(group, public), questions=(QUESTION,), uuid=UUID)
    credentials = dump_public_credentials(group, [(draw(), None) for _ in range(2)])
    setup = dump({"election": "", "trustees": "", "credentials": ""}).encode()
    return archive_of([Step("Setup", (election.raw, dump_trustees(group, public), credentials, setup))])


if __name__ == "__main__":
    for name, forms in FORMS.items():
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
        (FOLDER / name / f"{UUID}.bel.gz").write_bytes(gzip.compress(make(forms), mtime=0))
