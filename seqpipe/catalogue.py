"""The commands that tell what there is: what can stand in a pipeline file, plugins, data sets."""

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from .arguments import log, plugin_option
from .errors import Mistake


def _complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    from .plugins import KINDS, discover

    kind = context.params.get("kind") if parameter.name == "name" else None
    known = discover().names(kind) if kind else [*KINDS, "data", "train"]
    return [CompletionItem(one) for one in known if one.startswith(begun)]


@click.command()
@click.argument("kind", required=False, shell_complete=_complete)
@click.argument("name", required=False, shell_complete=_complete)
@plugin_option
def show(kind: str | None, name: str | None, files: tuple[Path, ...]) -> None:
    """Show what can stand in a pipeline file.

    KIND is reader, encoder, head, dataset, data, windows or train; NAME is one of that kind, such as:
    seqpipe show head tagger.
    """
    from . import reference
    from .plugins import discover

    plugins = discover(files)
    click.echo(reference.overview(plugins) if kind is None else reference.show(kind, name, plugins))


@click.command()
@plugin_option
def schema(files: tuple[Path, ...]) -> None:
    """Print the JSON Schema of pipeline files, for editors, with what is installed now."""
    import json

    from . import reference
    from .plugins import discover

    click.echo(json.dumps(reference.schema(discover(files)), indent=2, ensure_ascii=False))


@click.command()
@plugin_option
def plugins(files: tuple[Path, ...]) -> None:
    """List the plugins: what each adds, how long it took to find, and why one does not load."""
    from . import __api__
    from .plugins import discover

    found = discover(files)
    for plugin in found.found:
        api = f", for plugin API {plugin.api}" if plugin.api else ""
        click.echo(f"{plugin} ({plugin.source}){api}, in {1000 * plugin.seconds:.1f} ms")
        if plugin.error:
            click.echo(f"  did not load: {plugin.error}")
        for kind, names in plugin.adds.items():
            if names:
                click.echo(f"  {kind}: {', '.join(names)}")
    click.echo(f"found in {found.seconds:.3f} s, plugin API {__api__}")
    if found.clashes():
        raise Mistake(*found.clashes())


@click.command()
@click.argument("name")
@click.option("--reader", "kind", flag_value="reader", help="It adds a reader.")
@click.option("--encoder", "kind", flag_value="encoder", help="It adds an encoder.")
@click.option("--head", "kind", flag_value="head", help="It adds a head.")
@click.option("--out", type=Path, default=".", help="Where its folder is to be; here by default.")
def new_plugin(name: str, kind: str | None, out: Path) -> None:
    """Write a plugin, seqpipe-NAME, that installs, passes its tests and trains as it stands; then make it yours."""
    import shlex

    from . import scaffold
    from .plugins import discover

    if kind is None:
        raise Mistake(f"new-plugin {name}: what is it to add? say --reader, --encoder or --head")
    made = scaffold.new_plugin(name, kind, out, discover())
    pipeline = next(made.glob("pipelines/*.yaml"))
    click.echo(
        f"{made}: a plugin with a {kind} named '{pipeline.stem}'. Install, test and train it, then make it yours:"
    )
    click.echo(f"  cd {shlex.quote(str(made))}\n  pip install --editable .\n  python -m pytest")
    click.echo(f"  seqpipe run {pipeline.relative_to(made)}")


@click.command()
@click.argument("name", required=False)
@click.option("--fetch", "get", is_flag=True, help="Download what is not here yet.")
@plugin_option
def data(name: str | None, get: bool, files: tuple[Path, ...]) -> None:
    """List the data sets that a pipeline can name, or show one: size, licence, citation, and where it is."""
    from .datasets import describe, listing
    from .plugins import discover

    plugins = discover(files)
    if name is None:
        if get:
            raise Mistake("seqpipe data --fetch: which data set? name it")
        known = []
        for one in plugins.names("dataset"):
            try:
                known.append(plugins.load("dataset", one))
            except Mistake as mistake:
                click.echo(str(mistake), err=True)
        click.echo(listing(known))
        return
    dataset = plugins.load("dataset", name)
    if get:
        from .fetch import fetch

        log()
        for path in fetch(dataset):
            click.echo(str(path))
    else:
        click.echo(describe(dataset))


COMMANDS = (show, schema, plugins, new_plugin, data)
