"""`psephos trustee`: hold a share of the decryption key.

A trustee's directory (`--home`) holds its sealed key, a copy of each message it sent, and its journal:

    trustee-home.json      the mark with which the journal begins
    trustee-3.seed.age     the seed, until the share is made (threshold ceremony)
    trustee-3.key.age      the key
    answered.json          the one answer that the key has given
"""

from __future__ import annotations

from pathlib import Path

import click

from psephos.adapters.files import FileSource, read_message
from psephos.adapters.sealing import open_with_passphrase, seal_with_passphrase
from psephos.adapters.system import system_randomness
from psephos.cli.passphrase import ask_passphrase, passphrase_option
from psephos.cli.terminal import say, write
from psephos.cli.trustee_decrypt import decrypt, post
from psephos.cli.trustee_home import HOME_FILE, ask_fingerprint, index_of, open_key, read_kept, send
from psephos.protocol.encoding import write_json
from psephos.record.acceptance import read_setup
from psephos.record.charter import Charter, read_charter
from psephos.record.rounds import Round, file_name
from psephos.referendum.lint_rules import USUAL_SUM
from psephos.roles import trustee as role
from psephos.roles import trustee_ceremony as ceremony

_file = click.Path(path_type=Path, dir_okay=False)
_charter = click.argument("charter", type=_file)
_home = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Your directory for this referendum, with your key (default: here).",
)
_out = click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Directory for what is to be sent (default: here).",
)
_fingerprint = click.option(
    "--fingerprint",
    metavar="HEX",
    help="The fingerprint that you got over another channel (64 digits, or at least the first 32); else it is asked.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def trustee() -> None:
    """Hold a share of the decryption key: join, share, receive, accept, prove-backup, decrypt.

    Use one directory for each referendum (--home), keep it, and keep it to yourself. Keep a backup of your .key.age
    file only, never of the whole directory: see docs/how-to/trustee.md.
    """


for command in (decrypt, post):
    trustee.add_command(command)


def _say_smallest(charter: Charter) -> None:
    """Of how few ballots a trustee will decrypt the sum: the charter fixes it, and a key answers once."""
    say(f"with this charter you decrypt no sum of fewer than {charter.minimum_counted} ballots (minimum_counted)")
    smallest = charter.minimum_counted
    if charter.regions is not None:
        smallest = charter.regions.minimum_counted
        say(f"nor of regions, alone or together, one of fewer than {smallest} (regions, minimum_counted)")
        say(f"no region has fewer than {charter.regions.minimum_registered} voters (regions, minimum_registered)")
    if smallest < USUAL_SUM:
        say(f"warning: {USUAL_SUM} is usual; a sum of so few ballots says much about each: ask why before you go on")


@trustee.command()
@_charter
@click.option("--index", type=int, required=True, help="Your number among the charter's trustees, from 1.")
@click.option("--restored", is_flag=True, help="Go on with a key from a backup; its journal is lost. Read the guide.")
@_home
@_out
@passphrase_option
def join(*, charter: Path, index: int, restored: bool, home: Path, out: Path, passphrase_file: Path | None) -> None:
    """Round 1: make your key, and the message that tells others about it.

    Writes trustee-I.seed.age and certificate-I.json; or, where the charter needs all trustees, trustee-I.key.age and
    public-key-I.json.
    """
    received = read_message(charter)
    mandatory = read_charter(received).mandatory
    _say_smallest(read_charter(received))
    key = home / (f"trustee-{index}.key.age" if mandatory else f"trustee-{index}.seed.age")
    whole = home / f"trustee-{index}.key.age"
    if restored and whole.exists():
        key = whole
    mark = read_kept(home / HOME_FILE)
    has_key = any(home.glob("trustee-*.age"))
    mark = ceremony.claim_home(received, index=index, mark=mark, has_key=has_key, restored=restored)
    round_ = Round.PUBLIC_KEY if mandatory else Round.CERTIFICATE
    name = file_name(round_, index)
    passphrase = ask_passphrase(passphrase_file, new=not key.exists())
    kept = open_key(key, passphrase) if key.exists() else None
    step = ceremony.join(received, index=index, kept=kept, sent=read_kept(home / name), rng=system_randomness())
    sealed = seal_with_passphrase(step.keeps, passphrase) if kept is None else None
    write(home / HOME_FILE, mark, what="the mark of your directory; keep it here")
    if sealed is not None:
        write(key, sealed, what="SECRET, sealed with your passphrase; keep it", secret=True)
    if restored and key == whole:
        say("next: `psephos trustee accept`, and decrypt if nobody holds an answer of this key")
        return
    send(home, out, name, step.sends, what="for the organiser")
    say(f"next: send {name} to the organiser")
    if mandatory:
        say("      and copy your .key.age file to a backup; `psephos trustee prove-backup` tests it after the setup")


@trustee.command()
@_charter
@click.argument("certificates", type=_file)
@_home
@_out
@passphrase_option
def share(*, charter: Path, certificates: Path, home: Path, out: Path, passphrase_file: Path | None) -> None:
    """Round 2: check all certificates, and write polynomial-I.json for the organiser."""
    index = index_of(home)
    name = file_name(Round.POLYNOMIAL, index)
    received, all_certificates = read_message(charter), read_message(certificates)
    polynomial = ceremony.share(
        received,
        all_certificates,
        kept=open_key(home / f"trustee-{index}.seed.age", ask_passphrase(passphrase_file, new=False)),
        sent=read_kept(home / name),
        rng=system_randomness(),
    )
    send(home, out, name, polynomial, what="for the organiser; what is secret in it is sealed")
    say(f"next: send {name} to the organiser")


@trustee.command()
@_charter
@click.argument("certificates", type=_file)
@click.argument("given", metavar="INPUT", type=_file)
@_home
@_out
@passphrase_option
def receive(
    *, charter: Path, certificates: Path, given: Path, home: Path, out: Path, passphrase_file: Path | None
) -> None:
    """Round 3: make your share of the key from INPUT (input-I.json), and write output-I.json for the organiser."""
    index = index_of(home)
    name, key = file_name(Round.OUTPUT, index), home / f"trustee-{index}.key.age"
    received, all_certificates, message = (read_message(path) for path in (charter, certificates, given))
    passphrase = ask_passphrase(passphrase_file, new=False)
    kept = open_key(key, passphrase) if key.exists() else None
    step = ceremony.receive(
        received,
        all_certificates,
        message,
        seed=open_key(home / f"trustee-{index}.seed.age", passphrase),
        kept=kept,
        sent=read_kept(home / name),
        rng=system_randomness(),
    )
    if kept is None:
        sealed = seal_with_passphrase(step.keeps, passphrase)
        write(key, sealed, what="SECRET, sealed with your passphrase; keep it", secret=True)
    send(home, out, name, step.sends, what="for the organiser")
    say(f"next: send {name} to the organiser")
    say(f"      and copy {key.name} to a backup; `psephos trustee prove-backup` tests it after the setup")


@trustee.command()
@click.argument("setup", type=_file)
@_charter
@_fingerprint
@_home
@_out
@passphrase_option
def accept(
    *, setup: Path, charter: Path, fingerprint: str | None, home: Path, out: Path, passphrase_file: Path | None
) -> None:
    """Check your part of SETUP (setup.bel) and the fingerprint of the whole, and sign it."""
    index = index_of(home)
    name = f"acceptance-trustee-{index}.json"
    received, parts = read_message(charter), read_setup(FileSource(setup))
    _say_smallest(read_charter(received))
    told = fingerprint or ask_fingerprint("setup")
    acceptance = role.accept(
        received,
        parts,
        told=told,
        kept=open_key(home / f"trustee-{index}.key.age", ask_passphrase(passphrase_file, new=False)),
        sent=read_kept(home / name),
        rng=system_randomness(),
    )
    send(home, out, name, acceptance, what="for the organiser")
    say(f"next: send {name} to the organiser, who needs all acceptances to open")


@trustee.command("prove-backup")
@click.argument("backup", type=_file)
@click.argument("record", type=_file)
@passphrase_option
def prove_backup(*, backup: Path, record: Path, passphrase_file: Path | None) -> None:
    """Prove that BACKUP (a copy of your .key.age file) holds the key that RECORD (setup.bel or record.bel) names.

    Uses nothing else: recomputes your verification key, compares it, and answers a fresh random challenge.
    """
    setup = read_setup(FileSource(record))
    sealed = read_message(backup)
    opened = open_with_passphrase(sealed, ask_passphrase(passphrase_file, new=False), what=str(backup))
    proof = role.prove_backup(setup, kept=opened, rng=system_randomness())
    click.echo(
        write_json(
            {
                "trustee": proof.trustee,
                "challenge": proof.challenge,
                "verification_key": proof.verification_key,
                "proof": proof.proof,
            }
        )
    )
    say(f"the backup holds the key of {proof.trustee}: its answer to the challenge holds for the record's key")
