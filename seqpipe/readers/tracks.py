"""Features as lines of GFF3 and BED, which genome browsers open."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from ..feature import CODING, Feature, Molecule, Stretch, cut

Found = tuple[Molecule, list[Feature]]
"""A sequence and its features."""

_SIGN = {1: "+", -1: "-", 0: "."}


def named(features: Iterable[Feature], molecule: Molecule) -> Iterator[tuple[str, Feature]]:
    """Features, each with a name that no other of the file has."""
    count: dict[str, int] = {}
    for feature in features:
        count[feature.kind] = count.get(feature.kind, 0) + 1
        yield f"{molecule.id}.{feature.kind}{count[feature.kind]}", feature


def gff3(found: Iterable[Found]) -> Iterator[str]:
    """The lines of a GFF3 file: parts of a feature share its ID, lines are sorted, scores are confidences.

    A feature over the origin of a circular sequence ends beyond its length, as the specification has it.
    """
    yield "##gff-version 3\n"
    for molecule, features in found:
        name, length = _column(molecule.id), len(molecule.sequence)
        yield f"##sequence-region {name} 1 {length}\n"
        if molecule.circular:
            attributes = f"ID={_value(molecule.id)};Is_circular=true"
            yield f"{name}\tseqpipe\tregion\t1\t{length}\t.\t+\t.\t{attributes}\n"
        lines = [line for own, feature in named(features, molecule) for line in _lines(own, feature)]
        for start, stop, kind, score, strand, phase, attributes in sorted(lines):
            yield f"{name}\tseqpipe\t{kind}\t{start}\t{stop}\t{score}\t{strand}\t{phase}\t{attributes}\n"


def _lines(name: str, feature: Feature) -> Iterator[tuple[int, int, str, str, str, str, str]]:
    """The columns of each part but the first two."""
    score = "." if feature.score is None else f"{feature.score:.4f}"
    attributes = f"ID={_value(name)}"
    if feature.kind == CODING and feature.table is not None:
        attributes += f";transl_table={feature.table}"
    left, right = feature.open if feature.strand >= 0 else feature.open[::-1]
    if left or right:
        attributes += ";partial=true"
        attributes += f";start_range=.,{feature.start + 1}" if left else ""
        attributes += f";end_range={feature.stop},." if right else ""
    for (start, stop), phase in zip(feature.parts, _phases(feature), strict=True):
        yield start + 1, stop, _column(feature.kind), score, _SIGN[feature.strand], phase, attributes


def _phases(feature: Feature) -> list[str]:
    """For each part, bases before its first whole codon."""
    if feature.kind != CODING:
        return ["." for _ in feature.parts]
    backward = feature.strand < 0
    phases, before = list[str](), 0
    for start, stop in feature.parts[::-1] if backward else feature.parts:
        phases.append(str((feature.phase - before) % 3))
        before += stop - start
    return phases[::-1] if backward else phases


def _column(text: str) -> str:
    return quote(text, safe=".:^*$@!+_?-|")


def _value(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f%;=&,]", lambda found: f"%{ord(found[0]):02X}", text)


def bed(found: Iterable[Found]) -> Iterator[str]:
    """The lines of a BED file of 12 columns: scores are confidences times 1000, parts are blocks.

    Bases that a ribosome reads twice stand once; a feature over the origin of a circular sequence takes two lines.
    """
    for molecule, features in found:
        for name, feature in named(features, molecule):
            score = round(1000 * (feature.score or 0))
            for blocks in _in_line(feature, len(molecule.sequence)):
                start, stop = blocks[0][0], blocks[-1][1]
                sizes = ",".join(str(end - begin) for begin, end in blocks)
                starts = ",".join(str(begin - start) for begin, _ in blocks)
                yield (
                    f"{molecule.id}\t{start}\t{stop}\t{name}\t{score}\t{_SIGN[feature.strand]}\t{start}\t{stop}\t0\t"
                    f"{len(blocks)}\t{sizes}\t{starts}\n"
                )


def _in_line(feature: Feature, length: int) -> Iterator[list[Stretch]]:
    """Blocks that ascend and do not overlap, on either side of the origin."""
    blocks: list[Stretch] = []
    for start, stop in cut(feature.parts, length):
        if blocks and start < blocks[0][0]:
            yield blocks
            blocks = []
        if blocks and start <= blocks[-1][1]:
            blocks[-1] = blocks[-1][0], stop
        else:
            blocks.append((start, stop))
    yield blocks
