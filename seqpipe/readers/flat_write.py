"""Features and their sequence as GenBank and EMBL records, by Biopython's writers."""

import io
import warnings
from typing import Any

from Bio import BiopythonWarning, SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import AfterPosition, BeforePosition, CompoundLocation, SeqFeature, SimpleLocation
from Bio.SeqRecord import SeqRecord

from ..errors import Mistake
from ..feature import CODING, Feature, Molecule, cut
from .flat import Flat


def flat(molecule: Molecule, features: list[Feature], kind: Flat, alphabet: str) -> str:
    """The text of a record. Raises `Mistake` where the format cannot hold it."""
    record = SeqRecord(Seq(molecule.sequence), molecule.id, molecule.id.partition(".")[0], molecule.description)
    topology = "circular" if molecule.circular else "linear"
    record.annotations = {"molecule_type": alphabet.upper(), "topology": topology}
    record.features = [_feature(feature, len(molecule.sequence)) for feature in features]
    text = io.StringIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BiopythonWarning)
            SeqIO.write(record, text, kind)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise Mistake(f"{molecule.where}: record {molecule.id}: cannot be written as {kind} ({reason:.200})") from None
    return text.getvalue()


def _feature(feature: Feature, length: int) -> Any:
    notes: dict[str, list[Any]] = {}
    if feature.kind == CODING:
        notes["codon_start"] = [feature.phase + 1]
    if feature.kind == CODING and feature.table is not None:
        notes["transl_table"] = [feature.table]
    if feature.score is not None:
        notes["note"] = [f"predicted by seqpipe; confidence {feature.score:.4f}"]
    return SeqFeature(_location(feature, length), feature.kind, qualifiers=notes)


def _location(feature: Feature, length: int) -> Any:
    left, right = feature.open if feature.strand >= 0 else feature.open[::-1]
    stretches = list(cut(feature.parts, length))
    last = len(stretches) - 1
    strand = feature.strand or None
    parts = [
        SimpleLocation(
            BeforePosition(start) if left and place == 0 else start,
            AfterPosition(stop) if right and place == last else stop,
            strand,
        )
        for place, (start, stop) in enumerate(stretches)
    ]
    if feature.strand < 0:
        parts.reverse()
    return CompoundLocation(parts) if last else parts[0]
