"""`psephos registrar`: make one credential per voter, hand them out, keep nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from psephos.adapters.files import FileSource, read_message, read_secret
from psephos.adapters.sealing import new_identity, open_for, open_with_passphrase, seal_for, seal_with_passphrase
from psephos.adapters.system import system_randomness
from psephos.cli.passphrase import ask_passphrase, passphrase_option
from psephos.cli.progress import progress
from psephos.cli.registrar_letters import letters
from psephos.cli.terminal import say, write
from psephos.errors import MalformedError, MismatchError, OutOfTurnError, RefusedError
from psephos.protocol.encoding import write_json
from psephos.protocol.group import read_group
from psephos.record.acceptance import check_acceptance, compare_fingerprint, registrar_party
from psephos.record.charter import read_charter
from psephos.record.region_list import sign_list
from psephos.record.roll import Roll, RollError, check_count, is_channel, read_roll
from psephos.roles import registrar as role

KEY = "registrar.key"
PUBLIC = "public-credentials.json"
REGIONS = "regions.bin"

_file = click.Path(path_type=Path, dir_okay=False)
_directory = click.Path(path_type=Path, file_okay=False)
_home = click.option("--home", type=_directory, default=".", show_default=True, help="The registrar's own directory.")
_out = click.option("-o", "--out", type=_directory, default=".", show_default=True, help="Where new files go.")
_count = click.option(
    "--count",
    type=click.IntRange(min=1),
    prompt="Number of voters, as you know it",
    help="Number of voters, as you know it from elsewhere; asked for if not given.",
)


def _deliverers(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """The `--deliverer` options, by channel."""
    found: dict[str, str] = {}
    for text in given:
        channel, equals, recipient = text.partition("=")
        if not equals or not is_channel(channel):
            raise click.BadParameter(f"{channel[:40]!r}: write CHANNEL=age1…, the channel in small letters and digits")
        if channel in found:
            raise click.BadParameter(f"channel {channel} has two deliverers")
        try:
            seal_for(b"", recipient)
        except MalformedError as error:
            raise click.BadParameter(f"{channel}: {error}") from None
        found[channel] = recipient
    return found


_deliverer = click.option(
    "--deliverer",
    "deliverers",
    multiple=True,
    required=True,
    callback=_deliverers,
    metavar="CHANNEL=age1…",
    help="Who hands out by a channel: the age recipient that its delivery file is sealed to. Once per channel.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def registrar() -> None:
    """Registrar: make one credential per voter and hand them out.

    One registrar: key, issue, accept. Two with half a credential each: key, commit, reveal, combine, accept, forget.
    A deliverer: letters.
    """


registrar.add_command(letters)


@registrar.command()
@click.option("--name", required=True, help="The registrar's name, as it will stand in the charter.")
@click.option("--group", "group_name", default="Ed25519", show_default=True, help="The election's group.")
@_home
@_out
@passphrase_option
def key(*, name: str, group_name: str, home: Path, out: Path, passphrase_file: Path | None) -> None:
    """Make the registrar's signing key: registrar.key (secret) and registrar.json (for the organiser)."""
    path = home / KEY
    if path.exists():
        ours = _open_key(home, ask_passphrase(passphrase_file, new=False))
        if (ours.name, ours.group.name) != (name, group_name):
            raise RefusedError(f"{path} is another key, and is never overwritten", hint="use another --home")
    else:
        content = role.new_key(name, read_group(group_name, at="--group"), system_randomness())
        sealed = seal_with_passphrase(content, ask_passphrase(passphrase_file, new=True))
        write(path, sealed, what="secret; keep it and its passphrase", secret=True)
        ours = role.open_key(content)
    write(out / "registrar.json", write_json(ours.public), what="name and public key")
    say("next: send registrar.json to the organiser, who puts it into the charter")


@registrar.command()
@click.argument("charter", type=_file)
@click.argument("roll", type=_file)
@_count
@_deliverer
@_out
def issue(*, charter: Path, roll: Path, count: int, deliverers: dict[str, str], out: Path) -> None:
    """Make a credential for each voter of ROLL, for the only registrar of CHARTER.

    ROLL is a CSV file with the header id,channel or id,channel,address. Where CHARTER counts regions, region stands
    after channel, and is empty for a voter of no region. Nothing is issued if any line is wrong.
    Nothing keeps which voter got which credential but the delivery files, which only the deliverers can open.
    """
    voters = _read_roll(roll, count=count, channels=deliverers)
    _refuse_if_there(out, voters)
    with progress(len(voters.rows), "making credentials") as advance:
        issued = role.issue(read_message(charter), voters, system_randomness(), advance)
    _write_issued(issued, deliverers, out)


@registrar.command()
@click.argument("charter", type=_file)
@click.argument("roll", type=_file)
@_count
@_home
@_out
@passphrase_option
def commit(*, charter: Path, roll: Path, count: int, home: Path, out: Path, passphrase_file: Path | None) -> None:
    """Two registrars, first: make half a credential for each voter of ROLL, and commit to the halves."""
    received, voters = read_message(charter), _read_roll(roll, count=count, channels=None)
    passphrase = ask_passphrase(passphrase_file, new=False)
    ours = _open_key(home, passphrase)
    path = home / f"halves-{ours.number_in(received)}.age"
    if path.exists():
        halves = _open_halves(path, received, passphrase)
        if halves.commitment.roll != voters.fingerprint:
            raise RefusedError(f"{path} was made for another roll", hint="to start again, forget it first")
    else:
        with progress(len(voters.rows), "making halves") as advance:
            content = role.commit(
                received, voters, ours, age_key=new_identity(), rng=system_randomness(), advance=advance
            )
        write(path, seal_with_passphrase(content, passphrase), what="secret; same passphrase", secret=True)
        halves = role.open_halves(content, received=received)
    name = f"commitment-{halves.commitment.registrar}.json"
    write(out / name, write_json(halves.commitment), what="commitment")
    say(f"next: exchange {name} for the other registrar's, then `psephos registrar reveal`")


@registrar.command()
@click.argument("charter", type=_file)
@click.argument("commitment", type=_file)
@_home
@_out
@passphrase_option
def reveal(*, charter: Path, commitment: Path, home: Path, out: Path, passphrase_file: Path | None) -> None:
    """Two registrars, second: show the public halves to the other registrar, whose COMMITMENT has come."""
    received, theirs = read_message(charter), read_message(commitment)
    halves = _find_halves(home, received, passphrase_file)
    content, recipient = role.answer_commitment(received, halves, theirs)
    write(_answered(home, halves), theirs, what="the commitment answered; no other will be")
    path = out / f"reveal-{halves.commitment.registrar}.age"
    if path.exists():
        raise RefusedError(
            f"{path} exists and is never overwritten",
            at=str(path),
            hint="send that one if it was made from these halves; if you began anew, move it away and reveal again",
        )
    write(path, seal_for(content, recipient), what="sealed to the other registrar")
    say(f"next: exchange {path.name} for the other registrar's, then `psephos registrar combine`")


@registrar.command()
@click.argument("charter", type=_file)
@click.argument("roll", type=_file)
@click.argument("reveal_file", metavar="REVEAL", type=_file)
@_deliverer
@_home
@_out
@passphrase_option
def combine(
    *,
    charter: Path,
    roll: Path,
    reveal_file: Path,
    deliverers: dict[str, str],
    home: Path,
    out: Path,
    passphrase_file: Path | None,
) -> None:
    """Two registrars, third: check the other's REVEAL, and make the public list and the deliveries of our halves."""
    received, voters = read_message(charter), _read_roll(roll, count=None, channels=deliverers)
    _refuse_if_there(out, voters)
    halves = _find_halves(home, received, passphrase_file)
    answered = _answered(home, halves)
    if not answered.exists():
        raise OutOfTurnError("the other registrar's commitment was not answered yet", hint="reveal comes before")
    content = open_for(_read_all(reveal_file), halves.identity, what=str(reveal_file))
    with progress(len(voters.rows), "checking halves") as advance:
        issued = role.combine(
            received, voters, halves, commitment=read_message(answered), reveal=content, advance=advance
        )
    _write_issued(issued, deliverers, out)
    say(f"compare: the other registrar's {PUBLIC} must be the same file")
    say("next, once the credentials are handed out: `psephos registrar forget`")


@registrar.command()
@click.argument("setup", type=_file)
@click.argument("charter", type=_file)
@click.argument("public_credentials", type=_file)
@click.option("--fingerprint", help="The setup's fingerprint as another channel told it; asked for if not given.")
@click.option("--regions", type=_file, help="regions.bin, to be signed as well, where the charter counts regions.")
@_home
@_out
@passphrase_option
def accept(
    *,
    setup: Path,
    charter: Path,
    public_credentials: Path,
    fingerprint: str | None,
    regions: Path | None,
    home: Path,
    out: Path,
    passphrase_file: Path | None,
) -> None:
    """Accept SETUP: it holds our PUBLIC_CREDENTIALS, for the CHARTER we know, and is the one that everybody has."""
    received = read_message(charter)
    if (regions is None) != (read_charter(received).regions is None):
        raise click.UsageError("give --regions if the charter counts regions, and only then")
    ours = _open_key(home, ask_passphrase(passphrase_file, new=False))
    listed = _read_all(public_credentials)
    computed = role.check_own_part(FileSource(setup), received=received, public_credentials=listed, key=ours)
    if fingerprint is None:
        fingerprint = click.prompt("Fingerprint of the setup, from another channel", err=True)
    compare_fingerprint(fingerprint, computed, what="setup")
    party = registrar_party(ours.number_in(received))
    path = out / f"acceptance-{party.replace(' ', '-')}.json"
    if path.exists():
        check_acceptance(read_message(path), party=party, key=ours.secret.public()[0], setup=computed, group=ours.group)
        say(f"kept {path} (made before, for this setup)")
    else:
        write(path, role.accept(computed, received=received, key=ours, rng=system_randomness()), what="acceptance")
    if regions is not None:
        _sign_regions(computed, received=received, regions=_read_all(regions), key=ours, out=out)
    say(f"next: send {path.name} to the organiser")


def _sign_regions(setup: str, *, received: bytes, regions: bytes, key: role.SigningKey, out: Path) -> None:
    """Write this registrar's signature under the list, unless it has been written before."""
    path = out / f"regions-registrar-{key.number_in(received)}.json"
    if path.exists():
        say(f"kept {path} (made before)")
        return
    charter, party = read_charter(received), registrar_party(key.number_in(received))
    signed = sign_list(key.secret, charter, party=party, setup=setup, regions=regions, rng=system_randomness())
    write(path, signed, what=f"signature under the region list; send it with {REGIONS}")


@registrar.command()
@_home
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(*, home: Path, yes: bool) -> None:
    """Two registrars, last: destroy what would tell which voter has which credential."""
    found = sorted([*home.glob("halves-[12].age"), *home.glob("answered-commitment-[12].json")])
    if not found:
        say(f"nothing to forget in {home}")
    elif not yes:
        say("Without these files you cannot run combine again: " + ", ".join(str(path) for path in found))
        click.confirm("Did both registrars combine, and is everything handed out?", abort=True, err=True)
    for path in found:
        path.unlink()
        say(f"removed {path}")
    say("This command cannot remove: backups and snapshots of these files, what a disk keeps of deleted files,")
    say("delivery files here and at the deliverers, and the letters. Destroy them too once they are not needed.")
    say("A reveal (reveal-1.age, reveal-2.age) opens with the removed files only: without a backup, never again.")


def _read_roll(path: Path, *, count: int | None, channels: dict[str, str] | None) -> Roll:
    try:
        voters = read_roll(_read_all(path), channels=channels)
    except RollError as error:
        for fault in error.faults:
            say(f"{path}, line {fault.line}: {fault.value!r}: {fault.reason}")
        raise
    if count is not None:
        check_count(voters, count)
    return voters


def _refuse_if_there(out: Path, voters: Roll) -> None:
    """Refuse before any work if an earlier run left something."""
    for name in [PUBLIC, REGIONS, *(f"delivery-{channel}.age" for channel in voters.channels)]:
        if (out / name).exists():
            raise RefusedError(
                f"{out / name} exists: credentials were made before, or that was interrupted",
                at=str(out / name),
                hint=f"if there is no {PUBLIC}, nothing was issued: delete the delivery files and go on; "
                "otherwise these credentials are the ones, or use another --out",
            )


def _write_issued(issued: role.Issued, deliverers: dict[str, str], out: Path) -> None:
    """Deliveries first: a public list is never there without them."""
    sealed = {channel: seal_for(content, deliverers[channel]) for channel, content in issued.deliveries.items()}
    for channel, content in sealed.items():
        write(out / f"delivery-{channel}.age", content, what=f"sealed to the deliverer of {channel}", secret=True)
    write(out / PUBLIC, issued.public, what="public credentials, sorted")
    if issued.regions is not None:
        write(out / REGIONS, issued.regions, what="where each of them is registered; keep a copy for accept")
    for channel in sorted(deliverers.keys() - sealed.keys()):
        say(f"note: no voter has the channel {channel}; its deliverer gets nothing")
    say(f"next: give each delivery file to its deliverer, and {PUBLIC} to the organiser; keep a copy for accept")


def _open_key(home: Path, passphrase: str) -> role.SigningKey:
    path = home / KEY
    return role.open_key(open_with_passphrase(read_secret(path), passphrase, what=str(path)))


def _find_halves(home: Path, received: bytes, passphrase_file: Path | None) -> role.HalvesFile:
    """The one state in the registrar's directory.

    Raises:
        OutOfTurnError: There is none.
    """
    found = sorted(home.glob("halves-[12].age"))
    if not found:
        raise OutOfTurnError(f"there are no halves in {home}", hint="commit comes first; or they were forgotten")
    if len(found) > 1:
        raise MismatchError(f"{home} holds the halves of two registrars", hint="each registrar has its own --home")
    return _open_halves(found[0], received, ask_passphrase(passphrase_file, new=False))


def _open_halves(path: Path, received: bytes, passphrase: str) -> role.HalvesFile:
    content = open_with_passphrase(read_secret(path), passphrase, what=str(path))
    return role.open_halves(content, received=received)


def _answered(home: Path, halves: role.HalvesFile) -> Path:
    return home / f"answered-commitment-{3 - halves.commitment.registrar}.json"


def _read_all(path: Path) -> bytes:
    """A file that grows with the number of voters, beyond the size of other messages."""
    source = FileSource(path)
    return source.read(0, source.size())
