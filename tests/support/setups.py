"""What sets an election up, written as the organisers' command writes it, from public credentials that a test has."""

from psephos.protocol import credentials
from psephos.protocol.election import write_election
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.protocol.group import Elements, Group
from psephos.protocol.trustees import read_trustees
from psephos.record.charter import election_description, election_name, read_charter
from psephos.record.entries import SetupData


def setup_of(charter: bytes, *, trustees: bytes, public: Elements) -> list[bytes]:
    """Election, trustees, credentials in their order, and the setup data.

    Args:
        charter: What the election follows from.
        trustees: What their ceremony has made.
        public: Each voter's public credential.
    """
    rules = read_charter(charter)
    group = Group(rules.group)
    election = write_election(
        description=election_description(rules, charter),
        name=election_name(rules),
        group=group,
        public_key=read_trustees(trustees, group).public_key,
        questions=rules.questions,
        uuid=rules.uuid,
    )
    listed = write_json(public.select(credentials.in_order(group, public)).texts())
    parts = {"election": election, "trustees": trustees, "credentials": listed}
    return [*parts.values(), write_json(SetupData(**{name: sha256_hex(part) for name, part in parts.items()}))]
