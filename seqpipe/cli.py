"""The commands. What a command needs is imported when it runs, so that `--help` stays quick."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from . import __version__, catalogue
from .arguments import cut_option, log, pipeline_options, plugin_option, run_options
from .errors import Mistake


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="seqpipe %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Pipelines for sequence labelling: read, check, train, evaluate, predict."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in catalogue.COMMANDS:
    cli.add_command(command)


@cli.command()
@pipeline_options
@click.option("--data", "opened", is_flag=True, help="Read the data too, and list inputs that two splits share.")
def check(file: Path, overrides: tuple[str, ...], files: tuple[Path, ...], opened: bool) -> None:
    """Look for mistakes in a pipeline file, without opening any data.

    All of them are shown at once, each with its line. With --data, the records of each split are counted too, and what
    two splits have in common is told: whole inputs and, of DNA, RNA and proteins, stretches; of DNA on either strand.
    """
    from .pipeline import SPLITS, load
    from .plugins import discover

    pipeline = load(file, overrides, discover(files))
    assert pipeline.data is not None
    data = pipeline.data.dataset
    if not data:
        counts = {split: len(pipeline.files(split)) for split in SPLITS}
        data = "files: " + ", ".join(f"{split} {count}" for split, count in counts.items() if count)
    click.echo(f"{file}: ok")
    for kind, what in {
        "reader": pipeline.reader.type,
        "encoder": pipeline.encoder.type,
        "head": pipeline.head.type,
        "data": data,
    }.items():
        click.echo(f"  {kind:8} {what}")
    if opened:
        _check_data(pipeline)


def _check_data(pipeline: Any) -> None:
    from .leaks import alike, listing, shared
    from .pipeline import SPLITS
    from .splits import read_all, sources

    log()
    reader = pipeline.new_reader()
    splits = read_all(pipeline, reader, {split: sources(pipeline, split) for split in SPLITS})
    for split, records in splits.items():
        click.echo(f"  {split:8} {len(records):,} records of {sum(len(one.input) for one in records):,} steps")
    for line in (*listing(shared(reader, splits)), *alike(reader, splits)):
        click.echo(line)
    _tell_skipped(reader)


@cli.command()
@pipeline_options
@click.option("--out", type=Path, help="Folder for the trained pipeline; runs/<name of the file> by default.")
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped, from its last finished epoch.")
@click.option("--overwrite", is_flag=True, help="Replace the run that is there.")
def run(
    file: Path, overrides: tuple[str, ...], files: tuple[Path, ...], out: Path | None, resume: bool, overwrite: bool
) -> None:
    """Train a pipeline and score it on dev and test."""
    import shlex

    from . import report
    from .pipeline import load
    from .plugins import discover

    pipeline = load(file, overrides, discover(files))
    out = out or Path("runs", file.stem)
    log()
    from .run import run as train

    outcome = train(pipeline, out, resume, overwrite)
    if outcome is None:
        return
    for split in ("dev", "test"):
        if split in outcome.metrics:
            click.echo(report.scores(split, outcome.metrics[split]))
    if outcome.predicted:
        click.echo("Some test records, as predicted:")
        click.echo(report.examples(outcome.reader, outcome.predicted))
    speed = outcome.metrics["speed"]
    trained = f"{outcome.metrics['epochs']} epochs in {speed['train_seconds']:.0f} s"
    click.echo(
        f"{out}: the trained pipeline ({trained}, {speed['train_tokens_per_second']:,.0f} steps/s). Predict with it:"
    )
    suffix = outcome.reader.suffixes[0] if outcome.reader.suffixes else ""
    plugins = "".join(f" --plugin {shlex.quote(str(one))}" for one in files)
    to = f" --out OUTPUT{suffix}" if suffix else ""
    click.echo(f"  seqpipe predict {shlex.quote(str(out))} INPUT{to}{plugins}")
    _tell_skipped(outcome.reader)


@cli.command()
@run_options
@click.argument("inputs", type=Path, nargs=-1, metavar="[FILE]...")
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
@cut_option
def evaluate(
    folder: Path,
    overrides: tuple[str, ...],
    files: tuple[Path, ...],
    inputs: tuple[Path, ...],
    as_json: bool,
    measure_cut: bool,
) -> None:
    """Score a trained pipeline on labelled files; without any, on the test files of its own pipeline."""
    import json

    from . import artifact, report
    from .evaluate import evaluate, report_misfits, report_unknown
    from .plugins import discover
    from .splits import read, sources

    log()
    loaded = artifact.load(folder, overrides, discover(files))
    pipeline, reader = loaded.pipeline, loaded.reader
    paths = list(inputs) or (sources(pipeline, "test") if pipeline.data else [])
    if not paths:
        raise Mistake(f"{folder}: no test files in its pipeline, or they are gone; name labelled files")
    own = [record for path in inputs for record in reader.read(path)]
    gold = own if inputs else list(read(pipeline, reader, "test", paths))
    if not gold:
        raise Mistake(*(reader.skipped or ()), f"{paths[0]}: no record is left to score; mend or name another file")
    result = evaluate(loaded.model, loaded.reader, gold, measure_cut=measure_cut)
    report_unknown(loaded.reader, type(loaded.model.head), gold)
    report_misfits(loaded.model, gold)
    if as_json:
        click.echo(json.dumps(result.scores))
    else:
        click.echo(report.scores(str(paths[0]) if len(paths) == 1 else f"{len(paths)} files", result.scores))
        click.echo(f"{len(gold):,} records, {result.tokens_per_second:,.0f} steps/s")
    _tell_skipped(reader)


@cli.command()
@run_options
@click.argument("input", type=Path)
@click.option("--out", type=Path, help="File for the labelled records, its format by its suffix; else they are shown.")
@cut_option
def predict(
    folder: Path,
    overrides: tuple[str, ...],
    files: tuple[Path, ...],
    input: Path,
    out: Path | None,
    measure_cut: bool,
) -> None:
    """Label a file with a trained pipeline, record by record in the file's order.

    Another reader serves where it gives the same kind of records: --set 'reader={type: spacy}' labels raw text by a
    pipeline that was trained on CoNLL columns.
    """
    from . import artifact, report
    from .plugins import discover
    from .predict import Cuts, label

    log()
    loaded = artifact.load(folder, overrides, discover(files))
    if out and not out.name.endswith(loaded.reader.suffixes or ("?",)) and (out.is_file() or not out.exists()):
        formats = ", ".join(loaded.reader.suffixes) or "nothing"
        raise Mistake(f"{out}: the reader {loaded.pipeline.reader.type} cannot write that; it writes {formats}")
    cuts = Cuts() if measure_cut else None
    records = label(loaded.model, loaded.reader, loaded.reader.read(input), cuts=cuts)
    if out:
        loaded.reader.write(records, out)
    else:
        for record in records:
            click.echo(loaded.reader.render(record))
    if cuts is not None:
        click.echo(report.cut(cuts), err=True)
    _tell_skipped(loaded.reader)


def _tell_skipped(reader: Any) -> None:
    from .report import skipped

    for line in skipped(reader):
        click.echo(line, err=True)


@cli.command()
@click.argument("path", type=Path, required=False, metavar="[RUN_OR_PIPELINE]")
@click.argument("inputs", type=Path, nargs=-1, metavar="[FILE]...")
@click.option("--cells", is_flag=True, help="Compare all cells on one page instead, on random sequences.")
@click.option("--out", type=Path, required=True, help="Folder for the pictures and, as CSV, their numbers.")
@click.option("--format", "suffix", type=click.Choice(["png", "svg"]), default="png", help="png by default.")
@click.option("--records", type=click.IntRange(1), default=64, help="Most records to look at; 64 by default.")
@click.option("--steps", type=click.IntRange(2), help="Most steps of a record, 200 by default; with --cells 100.")
@click.option("--hidden-size", type=click.IntRange(1), default=64, help="Units of each cell (--cells); 64 by default.")
@click.option("--seed", type=click.IntRange(0), default=1, help="Seed of what is random (--cells); 1 by default.")
@click.option("--set", "overrides", multiple=True, metavar="A.B=VALUE", help="Set an option over what the file says.")
@plugin_option
def lens(path: Path | None, inputs: tuple[Path, ...], cells: bool, out: Path, suffix: str, **more: Any) -> None:
    """See how the gradient of the loss flows back through time, how far gates are open, and what clipping did.

    A run is looked at as it is after training, a pipeline as it is before; on the given files, or else on records of
    its dev split.
    """
    from .plugins import discover

    if cells == (path is not None):
        raise Mistake("seqpipe lens: name a run folder or a pipeline file, or say --cells and name none")
    try:
        from .compare import Setting
        from .lens import compare_cells, look, write
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("matplotlib"):
            raise
        raise Mistake("seqpipe lens: draws with matplotlib, which is missing; pip install 'seqpipe[lens]'") from None
    log()
    plugins = discover(more["files"])
    if path is None:
        found = compare_cells(Setting(more["steps"] or 100, more["hidden_size"], more["seed"]), plugins)
    else:
        found = look(path, more["overrides"], plugins, inputs, (more["records"], more["steps"] or 200))
    for one in write(found, out, suffix):
        click.echo(str(one))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 0, 2 for a user's mistake (lines on stderr, no traceback), 130 if interrupted."""
    try:
        code = cli.main(arguments, prog_name="seqpipe", standalone_mode=False)
    except Mistake as mistake:
        for line in mistake.lines:
            click.echo(line, err=True)
        return 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        place = context.command_path if context else "seqpipe"
        click.echo(f"{place}: {' '.join(error.format_message().split()).rstrip('.')}. See {place} --help.", err=True)
        return 2
    except OSError as error:
        click.echo(f"seqpipe: {error.strerror or error}", err=True)
        return 1
    except click.Abort:
        click.echo("interrupted", err=True)
        return 130
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
