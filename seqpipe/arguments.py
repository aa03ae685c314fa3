"""What the commands have in common."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def plugin_option(command: Command) -> Command:
    """`--plugin FILE.py`, as often as wanted."""
    text = "A plugin in one Python file, besides those installed. May be given more than once."
    return click.option("--plugin", "files", type=Path, multiple=True, metavar="FILE.py", help=text)(command)


def pipeline_options(command: Command) -> Command:
    """The pipeline file, `--set` and `--plugin`."""
    text = "Set an option over what the file says: --set train.epochs=5. May be given more than once."
    command = click.option("--set", "overrides", multiple=True, metavar="A.B=VALUE", help=text)(plugin_option(command))
    return click.argument("file", type=Path)(command)


def run_options(command: Command) -> Command:
    """The run folder, `--set` and `--plugin`."""
    text = "Set an option over what the run folder says: --set head.n_best=3. May be given more than once."
    command = click.option("--set", "overrides", multiple=True, metavar="A.B=VALUE", help=text)(plugin_option(command))
    return click.argument("folder", type=Path, metavar="RUN")(command)


def cut_option(command: Command) -> Command:
    """`--measure-cut`, for what labels long records."""
    text = "Label long records twice, in windows cut elsewhere the second time, and tell how many labels that changes."
    return click.option("--measure-cut", is_flag=True, help=text)(command)


def log() -> None:
    """Messages of the product go to stderr as plain lines."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("seqpipe").setLevel(logging.INFO)
