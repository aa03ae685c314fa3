"""Data sets of annotated genomes."""

from .datasets import Dataset, File

_RECORDS = "none stated; public records of INSDC and NCBI RefSeq"
_ADVICE = (
    "they are GenBank files (full) of NCBI's nucleotide database, ncbi.nlm.nih.gov/nuccore, whose annotation changes "
    "from release to release"
)

mycoplasma = Dataset(
    name="mycoplasma",
    description="genes of Mycoplasma mycoides to learn from (24 % GC), of M. gallisepticum to find (31 % GC); table 4",
    licence=_RECORDS,
    citation=(
        "Carole Lartigue et al. (2009): Creating bacterial strains from genomes that have been cloned and engineered "
        "in yeast. Science 325, 1693-1696. Leka Papazisi et al. (2003): The complete genome sequence of the avian "
        "pathogen Mycoplasma gallisepticum strain R(low). Microbiology 149, 2307-2316. RefSeq NZ_CP001668.1 and "
        "NC_004829.2."
    ),
    homepage="https://www.ncbi.nlm.nih.gov/nuccore/NC_004829.2",
    splits={
        "train": (
            File(
                name="mycoplasma_mycoides_GCF_000023685.1.gbff.gz",
                bytes=706684,
                also=("mycoplasma_mycoides_GCF_000023685.1.gbff", "NZ_CP001668.1.gb"),
            ),
        ),
        "test": (
            File(
                name="mycoplasma_gallisepticum_NC_004829.gbk.gz",
                bytes=632559,
                also=("mycoplasma_gallisepticum_NC_004829.gbk", "NC_004829.2.gb"),
            ),
        ),
    },
    advice=f"{_ADVICE}: NZ_CP001668.1 and NC_004829.2",
    folder="genomes",
)

plastids = Dataset(
    name="plastids",
    description="chloroplasts of a cycad and Amborella to learn from, of Arabidopsis to label",
    licence=_RECORDS,
    citation=(
        "Shusei Sato et al. (1999): Complete structure of the chloroplast genome of Arabidopsis thaliana. DNA Research "
        "6, 283-290. Vadim Goremykin et al. (2003): Analysis of the Amborella trichopoda chloroplast genome sequence "
        "suggests that Amborella is not a basal angiosperm. Molecular Biology and Evolution 20, 1499-1505. GenBank "
        "JX416857.1 (Zamia furfuracea), AJ506156.2 and NC_000932.1."
    ),
    homepage="https://www.ncbi.nlm.nih.gov/nuccore/NC_000932.1",
    splits={
        "train": (
            File(name="plastid_Zamia_furfuracea.gb", bytes=295995, also=("JX416857.1.gb",)),
            File(name="plastid_Amborella_trichopoda.gb", bytes=319143, also=("AJ506156.2.gb",)),
        ),
        "test": (File(name="NC_000932_arabidopsis_chloroplast.gb", bytes=305622, also=("NC_000932.1.gb",)),),
    },
    advice=f"{_ADVICE}: JX416857.1, AJ506156.2 and NC_000932.1",
    folder="genomes",
)
