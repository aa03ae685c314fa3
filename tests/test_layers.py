"""What each module of seqpipe may import: the table below, held against the source text."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import seqpipe
from seqpipe import builtin

ROOT = Path(seqpipe.__file__).parent
MODULES = {
    path.relative_to(ROOT).with_suffix("").as_posix(): path
    for path in ROOT.rglob("*.py")
    if "templates" not in path.parts
}

# A module, then all that it imports beside the standard library: other packages, a bar, and modules of seqpipe (with a
# dot in front those of its own folder). These stand further up: nothing imports what stands below it.
TABLE = """
__init__            pluggy
errors
options             pydantic
held_out            pydantic         | options
settings            pydantic         | options held_out
tags
suggest
coded               numpy
ondisk              numpy
transitions         numpy            | errors
source              yaml             | errors
hooks               pluggy
builtin                              | __init__
plugins             pluggy           | __init__ errors suggest hooks builtin
versions                             | __init__ plugins
codec               numpy pydantic   | errors options tags coded
vocabulary          pydantic         | errors options codec
subwords            numpy sentencepiece | errors codec
frames              numpy            | codec
letters             Bio numpy        | errors codec
reader                               | options codec
fitting                              | source plugins codec subwords reader
problems            pydantic pydantic_core | suggest source
aside                                | errors
files
pipeline            pydantic         | errors options settings suggest source plugins versions reader fitting problems
                                       files
lines                                | errors aside
batch               numpy torch      | codec
chunks              numpy            | codec batch
windows             numpy            | coded settings reader
encoder             torch            | options codec batch
vectors             numpy spacy      | errors
letter_embed        torch            | errors letters batch
embed               pydantic torch   | errors options codec frames batch vectors letters letter_embed
pooling             torch            | encoder
beginning           torch            | encoder
lanes               torch
sums                torch            | lanes
crf                 torch            | lanes sums
viterbi             torch            | lanes crf
blocks              numpy torch      | ondisk lanes sums crf viterbi
feature
labelling           Bio numpy pydantic | options feature
annotation          Bio numpy        | coded feature labelling
recoding            Bio numpy pydantic | options coded feature labelling
runs                numpy            | coded labelling
drafts                               | feature labelling runs
beneath             Bio numpy        | coded labelling
joining                              | coded feature labelling runs drafts beneath
clipping            torch
head                torch            | ondisk options codec reader batch encoder
ctc                 torch            | batch crf
prefixes            torch
references          numpy sacrebleu  | reader
rates
scores              numpy rapidfuzz sacrebleu | coded tags rates reader references
segments            numpy            | coded feature rates
beam                torch
attention           torch            | encoder
strands             torch            | errors ondisk reader
heap
model               torch            | errors settings heap codec reader pipeline batch encoder head strands
stitch              numpy torch      | codec ondisk batch encoder model windows
long                numpy            | codec coded head model ondisk reader strands stitch
predict             torch            | reader batch chunks head model strands long
evaluate            numpy            | errors reader head model predict
artifact            safetensors      | errors aside plugins reader pipeline model
datasets            platformdirs
sentences                            | datasets
molecules                            | datasets
genomes                              | datasets
memory                               | datasets
generate                             | errors settings lines datasets
texts                                | datasets
unpack                               | errors datasets
fetch               pooch requests tqdm | errors datasets unpack
deal                                 | errors suggest held_out reader
splits                               | errors reader pipeline fetch generate deal
stretches           numpy            | letters reader
leaks                                | letters reader stretches
flow                torch            | errors batch encoder head model
subject             torch            | errors plugins reader pipeline batch head model artifact splits
compare             torch            | plugins codec batch encoder clipping flow
plots               matplotlib       | aside flow
lens                                 | errors settings plugins artifact flow subject compare plots
report                               | reader predict
training_records    torch            | errors reader batch chunks
train               lightning_fabric numpy pytorch_lightning torch tqdm | errors aside settings reader batch chunks
                                       clipping model evaluate artifact training_records
run                 torch            | errors plugins versions codec reader pipeline windows strands model evaluate
                                       artifact datasets splits leaks report train
reference           pydantic pydantic_core | errors options settings suggest plugins problems pipeline datasets
encoders/__init__
encoders/dropout    torch
encoders/loop       torch
encoders/cec        torch            | .loop
encoders/lstm1997   torch            | .loop
encoders/peephole   torch            | .loop
encoders/cells      torch            | .cec .lstm1997
encoders/borders    torch            | encoder .cells
encoders/convolution pydantic torch  | options .dropout
encoders/unroll     torch            | .loop
encoders/linear     pydantic torch   | options codec frames letters batch encoder embed .dropout
encoders/recurrent  pydantic torch   | options codec frames letters batch encoder embed .dropout .borders .cec
                                       .lstm1997 .peephole .cells .convolution .unroll
heads/__init__
heads/classifier    pydantic torch   | options codec reader batch encoder pooling head scores
heads/ctc           pydantic torch   | options codec reader batch encoder ctc prefixes head scores
heads/decoder       pydantic torch   | options codec reader batch encoder head references scores beam attention
heads/draw          torch
heads/lm            numpy pydantic torch | errors options codec batch encoder beginning head .draw
heads/next_frame    pydantic torch   | errors options codec frames batch encoder beginning head
heads/regressor     pydantic torch   | options frames reader batch encoder pooling head scores
heads/tagger        numpy pydantic torch | errors ondisk options tags transitions coded codec reader batch encoder crf
                                       viterbi blocks head scores
readers/__init__
readers/columns                      | errors tags suggest
readers/inline                       | errors tags
readers/documents                    | errors tags .inline
readers/tokens      spacy            | errors tags lines .documents
readers/installed   pydantic         | suggest .tokens
readers/conll       pydantic         | errors options tags codec reader lines .columns .inline
readers/spacy       pydantic         | errors options tags codec reader lines .columns .inline .documents .installed
                                       .tokens
readers/rows                         | errors lines .documents
readers/frames      numpy pydantic   | errors options codec vocabulary frames reader lines .documents .rows
readers/parquet     pyarrow          | errors lines
readers/table       pydantic         | errors options suggest codec vocabulary subwords reader lines .documents
                                       .installed .tokens .rows .parquet
readers/text        pydantic         | errors options codec vocabulary reader lines
readers/fasta       Bio              | errors feature
readers/flat        Bio              | errors feature labelling
readers/flat_write  Bio              | errors feature .flat
readers/gff3                         | errors feature labelling lines
readers/molecules                    | errors options feature labelling lines .fasta .flat .gff3
readers/tracks                       | feature
readers/bases       numpy            | reader
readers/stranded                     | coded letters reader
readers/genome      numpy pydantic   | errors codec coded letters reader lines feature labelling annotation joining
                                       recoding segments .flat .flat_write .molecules .tracks .bases .stranded
readers/arff                         | errors lines .rows
readers/letter_labels                | errors lines .fasta
readers/fields      pydantic         | errors options suggest .rows
readers/headers     pydantic         | options
readers/items                        | errors lines .arff .fasta .letter_labels .fields .rows
readers/marked      numpy            | coded errors
readers/structure   numpy            | coded
readers/labelled                     | errors reader lines .bases .headers .items .marked .rows
readers/sequences   pydantic         | errors options codec letters reader lines segments .fields .headers .items
                                       .labelled .marked .rows .structure .stranded
testing/likeness    numpy torch
testing/examples    numpy            | codec frames letters
testing/part        pydantic         | plugins fitting problems
testing/soiled      torch            | batch encoder
testing/trial       torch            | fitting batch model artifact .likeness .examples
testing/losses      torch            | batch encoder model .likeness .soiled .trial
testing/predictions torch            | ondisk reader batch head .likeness .soiled .trial
testing/encoders    torch            | fitting batch encoder .likeness .examples .part .soiled .trial
testing/heads                        | fitting .examples .part .trial .losses .predictions
testing/readers     numpy            | errors codec reader artifact .likeness .part
testing/__init__                     | .examples .encoders .heads .readers
scaffold                             | errors plugins
arguments           click
catalogue           click            | __init__ errors plugins datasets fetch reference scaffold arguments
cli                 click            | __init__ errors plugins pipeline predict evaluate artifact splits leaks compare
                                       lens report run arguments catalogue
__main__                             | cli
"""

PARTS = {
    where.partition(":")[0].removeprefix("seqpipe.").replace(".", "/")
    for hook in (builtin.seqpipe_readers, builtin.seqpipe_encoders, builtin.seqpipe_heads)
    for where in hook().values()
}


def table() -> dict[str, tuple[set[str], set[str]]]:
    """Module -> packages, modules of seqpipe."""
    lines = {}
    for line in TABLE.replace("\n ", " ").strip().splitlines():
        name, _, imports = line.partition(" ")
        packages, _, own = imports.partition("|")
        assert name not in lines, f"{name} has two lines"
        folder = name.rpartition("/")[0]
        lines[name] = set(packages.split()), {one.replace(".", f"{folder}/") for one in own.split()}
    return lines


def tree(name: str) -> ast.Module:
    found = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    if name == "__init__":
        # What it names for type checkers is imported on use.
        found.body = [node for node in found.body if not isinstance(node, ast.If)]
    return found


def imports(name: str) -> Iterator[str]:
    """Dotted names of all that a module imports, wherever in it, for type checkers and by `import_module` too."""
    package = ["seqpipe", *name.split("/")[:-1]]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            yield from (".".join([*above, *filter(None, [node.module]), one.name]) for one in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(one.value) for one in node.args if isinstance(one, ast.Constant))


def split(name: str) -> tuple[set[str], set[str]]:
    """Packages and modules of seqpipe that a module imports."""
    packages, own = set(), set()
    for dotted in imports(name):
        top, *rest = dotted.split(".")
        if top != "seqpipe":
            packages.add(top)
        elif rest:
            known = [found for end in range(len(rest), 0, -1) if (found := "/".join(rest[:end])) in MODULES]
            own.add(known[0] if known else "__init__")
    return packages - sys.stdlib_module_names, own


def test_every_module_has_a_line_and_every_line_a_module() -> None:
    assert sorted(table()) == sorted(MODULES)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_what_its_line_says(name: str) -> None:
    assert split(name) == table()[name]


def test_nothing_imports_what_stands_below_it() -> None:
    above: set[str] = set()
    for name, (_, own) in table().items():
        assert own <= above, f"{name} imports {', '.join(sorted(own - above))} from below"
        above.add(name)


def test_parts_are_reached_by_name_only() -> None:
    assert MODULES.keys() >= PARTS
    for name in MODULES:
        assert not split(name)[1] & PARTS, name
        private = {found for found in split(name)[1] if "/" in found}
        assert {found.partition("/")[0] for found in private} <= {name.partition("/")[0]}, name


def test_who_may_import_what_is_slow() -> None:
    packages = {name: split(name)[0] for name in MODULES}
    assert {name for name in MODULES if packages[name] & {"pytorch_lightning", "lightning"}} == {"train"}
    assert {name for name in MODULES if "pyarrow" in packages[name]} == {"readers/parquet"}
    assert {name for name in MODULES if "matplotlib" in packages[name]} == {"plots"}
    assert {name for name in MODULES if "spacy" in packages[name]} == {"readers/tokens", "vectors"}
    readers = {name for name in MODULES if name.startswith("readers/")}
    for name in {"codec", "reader", "pipeline", "plugins", "fetch", "reference"} | readers:
        heavy = {found for found in reached(name) if "torch" in packages[found]}
        assert not heavy, f"{name} imports torch by way of {heavy}"


def reached(name: str) -> set[str]:
    """A module and all that it imports, and they in turn."""
    return {name}.union(*map(reached, split(name)[1]))


def test_imports_inside_functions_stand_in_the_command_line_only() -> None:
    inside = {
        name
        for name in MODULES
        for outer in ast.walk(tree(name))
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(outer)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert inside == {"cli", "catalogue"}


def test_imports_by_name_are_known() -> None:
    calls = {name for name in MODULES if "import_module(" in MODULES[name].read_text(encoding="utf-8")}
    assert calls == {"__init__", "readers/installed", "readers/table", "subwords", "vectors"}
