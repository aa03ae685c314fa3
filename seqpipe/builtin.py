"""What ships with seqpipe, registered through the same hooks as anyone's plugin."""

from . import hookimpl


@hookimpl
def seqpipe_readers() -> dict[str, str]:
    return {
        "conll": "seqpipe.readers.conll:Conll",
        "frames": "seqpipe.readers.frames:FrameLines",
        "genome": "seqpipe.readers.genome:Genome",
        "sequences": "seqpipe.readers.sequences:Sequences",
        "spacy": "seqpipe.readers.spacy:Spacy",
        "table": "seqpipe.readers.table:Table",
        "text": "seqpipe.readers.text:Text",
    }


@hookimpl
def seqpipe_encoders() -> dict[str, str]:
    return {
        "recurrent": "seqpipe.encoders.recurrent:Recurrent",
        "rnn": "seqpipe.encoders.recurrent:Rnn",
        "cec": "seqpipe.encoders.recurrent:Cec",
        "lstm1997": "seqpipe.encoders.recurrent:Lstm1997",
        "lstm": "seqpipe.encoders.recurrent:Lstm",
        "bilstm": "seqpipe.encoders.recurrent:BiLstm",
        "gru": "seqpipe.encoders.recurrent:Gru",
        "linear": "seqpipe.encoders.linear:Linear",
    }


@hookimpl
def seqpipe_heads() -> dict[str, str]:
    return {
        "classifier": "seqpipe.heads.classifier:Classifier",
        "ctc": "seqpipe.heads.ctc:Ctc",
        "decoder": "seqpipe.heads.decoder:Decoder",
        "lm": "seqpipe.heads.lm:Lm",
        "next_frame": "seqpipe.heads.next_frame:NextFrame",
        "regressor": "seqpipe.heads.regressor:Regressor",
        "tagger": "seqpipe.heads.tagger:Tagger",
    }


@hookimpl
def seqpipe_datasets() -> dict[str, str]:
    return {
        "wnut17": "seqpipe.datasets:wnut17",
        "ncbi_disease": "seqpipe.datasets:ncbi_disease",
        "ud_en_ewt": "seqpipe.datasets:ud_en_ewt",
        "tatoeba_en_fr": "seqpipe.texts:tatoeba_en_fr",
        "sst2": "seqpipe.sentences:sst2",
        "sst5": "seqpipe.sentences:sst5",
        "mr": "seqpipe.sentences:mr",
        "trec": "seqpipe.sentences:trec",
        "splice": "seqpipe.molecules:splice",
        "protein_ss": "seqpipe.molecules:protein_ss",
        "cb513": "seqpipe.molecules:cb513",
        "ts115": "seqpipe.molecules:ts115",
        "mycoplasma": "seqpipe.genomes:mycoplasma",
        "plastids": "seqpipe.genomes:plastids",
        "phages": "seqpipe.genomes:phages",
        "adding": "seqpipe.memory:adding",
        "copying": "seqpipe.memory:copying",
        "shakespeare": "seqpipe.texts:shakespeare",
    }
