"""Data sets of annotated genomes."""

from .datasets import Dataset, File, github

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
    advice=(
        f"{_ADVICE}: NZ_CP001668.1 and NC_004829.2. Those that figures were measured on are, unpacked, those of "
        "github.com/moshi4/pygenomeviz-data-v1 (genbank/mycoplasma_mycoides/GCF_000023685.1.gbff, sha256 "
        "2b67b35213c72e1d102a0a85e69dd6985c590316fd18915034fc719714584e24) and of github.com/moshi4/pygenomeviz-data "
        "at commit d541227 (sha256 03db484840b678bec3a09c3378aa33658bf6ecec7b8a39ca7a8b744ad5950ecc)"
    ),
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
            File(
                name="plastid_Zamia_furfuracea.gb",
                bytes=295995,
                sha256="1f6605f7386625837d148cfff474bd321c95f2de6110a70219bdc154aa4fc9cf",
                also=("JX416857.1.gb",),
            ),
            File(
                name="plastid_Amborella_trichopoda.gb",
                bytes=319143,
                sha256="b992c0ae67d9c71bacff0ba3f1a4b7956c3fb0ddb342df99c06f8fcf6733ddf9",
                also=("AJ506156.2.gb",),
            ),
        ),
        "test": (
            File(
                name="NC_000932_arabidopsis_chloroplast.gb",
                bytes=305622,
                sha256="a8b5d8239001f56a5b8b3ff047b10338b839329cf594aad36bfa4755a0dfb480",
                url=github(
                    "biopython/biopython",
                    "01f837c36f0b2e30a4ca8c039b4c85918b7315f8",
                    "Tests/GenBank/NC_000932.gb",
                ),
                also=("NC_000932.1.gb",),
            ),
        ),
    },
    advice=(
        f"{_ADVICE}: JX416857.1, AJ506156.2 and NC_000932.1. Those that figures were measured on are plastomes/*.gb of "
        "github.com/quxiaojian/PGA at commit 0683a0e"
    ),
    folder="genomes",
)


def _phage(accession: str, bytes: int, sha256: str) -> File:
    return File(
        name=f"phage_{accession}.gbk",
        bytes=bytes,
        sha256=sha256,
        url=github(
            "moshi4/pygenomeviz-data-v1",
            "ca74a77cd818f63f3112bbec618389ce1139553c",
            f"genbank/enterobacteria_phage/{accession}.gbk",
        ),
    )


phages = Dataset(
    name="phages",
    description="six phages of enterobacteria, alike, with 57 to 62 genes each that overlap as phages' genes do",
    licence=_RECORDS,
    citation="NCBI RefSeq NC_013600.1, NC_016566.1, NC_019724.1, NC_024783.1, NC_028901.1 and NC_031081.1.",
    homepage="https://github.com/moshi4/pygenomeviz-data-v1",
    splits={
        "train": (
            _phage("NC_013600", 108218, "8f6ebdf272117bf79a0d4b2b8d2328b5d92f5f6fad822dfd07e14b157f5cab81"),
            _phage("NC_016566", 102873, "b70198af6231dda0f3cb68a825d96bf61781d53759b19fe93c43e4db4bbd3bc8"),
            _phage("NC_019724", 115114, "621d73f1b0214e9bdc5ba3032e7067e03c41798c889be4b12383f10f98ef2bca"),
            _phage("NC_024783", 112679, "845cfd3b4df07ac550c692cf70df17b3895007de44235f9fdcf7bd650d32f236"),
            _phage("NC_028901", 117870, "08f80560cffaaadab3eaa17be23f8bf949f4af8f6108dfedd8971e0ceeeb1c3a"),
            _phage("NC_031081", 108616, "655c679c9f76a06b5e5c984c2c122261958925884c9d347549d0c755a266e74e"),
        ),
    },
    advice="What is held out of them is not unlike what is learned from: these phages are relatives",
    folder="genomes",
)
