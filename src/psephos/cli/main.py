"""The `psephos` command: finds the party's file, and turns every error into words and an exit code.

Exit codes: 0 done · 1 verified false, or refused · 2 usage · 3 could not verify, or not reached.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from psephos.cli.terminal import show_error
from psephos.errors import PsephosError, QuorumError, UnavailableError, UnsupportedError

_COMMANDS = {
    "organiser": ("psephos.cli.organiser", "Define a referendum, open it, collect ballots, close, tally, publish."),
    "registrar": ("psephos.cli.registrar", "Make one credential per voter and hand them out."),
    "trustee": ("psephos.cli.trustee", "Hold a share of the decryption key."),
    "voter": ("psephos.cli.voter", "Encrypt and cast a ballot."),
    "auditor": ("psephos.cli.auditor", "Verify a record."),
    "verify": ("psephos.cli.auditor", "Verify a record (short for `psephos auditor verify`)."),
    "status": ("psephos.cli.status", "Say what is done, what is next and who is waited for."),
}


class _Parties(click.Group):
    """Imports a party's commands only when they are used, so that each command starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_Parties, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="psephos", message="psephos %(version)s")
def psephos() -> None:
    """A referendum whose result nobody has to take on trust: secret votes, public count."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    try:
        outcome: Any = psephos.main(args=arguments, prog_name="psephos", standalone_mode=False)
    except click.exceptions.Exit as finished:
        return finished.exit_code
    except click.Abort:
        click.echo("stopped; nothing was written", err=True)
        return 2
    except click.ClickException as error:
        error.show()
        return 2
    except PsephosError as error:
        show_error(error)
        return 3 if isinstance(error, UnavailableError | UnsupportedError | QuorumError) else 1
    return outcome if isinstance(outcome, int) else 0


if __name__ == "__main__":
    main()
