"""The `psephos` command: finds the party's file."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from psephos.cli.terminal import run_group

_COMMANDS = {
    "organiser": ("psephos.cli.organiser", "Define a referendum, open it, collect ballots, close, tally, publish."),
    "registrar": ("psephos.cli.registrar", "Make one credential per voter and hand them out."),
    "trustee": ("psephos.cli.trustee", "Hold a share of the decryption key."),
    "voter": ("psephos.cli.voter", "Encrypt and cast a ballot."),
    "observer": ("psephos.cli.observer", "Mirror a board, check and cosign it, report and alarm."),
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
    return run_group(psephos, "psephos", arguments)


if __name__ == "__main__":
    main()
