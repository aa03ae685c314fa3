"""Pipelines for sequence labelling and sequence modelling, for language and for biology.

The names below are the public interface. Each is imported when it is first used, so that `import seqpipe` (and with it
every command's `--help`) loads neither torch nor spaCy.
"""

import importlib
from typing import TYPE_CHECKING, Any

from pluggy import HookimplMarker

__version__ = "0.1.0"

__api__ = "1.0"
"""The version of the plugin API, as docs/plugin-api.md has it.

The first number is another one where something that a plugin may use is changed or gone, the second greater where
something is added. A plugin says beside its hooks which it was written for: `seqpipe_api = "1.0"`.
"""

hookimpl = HookimplMarker("seqpipe")
"""Marks the functions by which a plugin says what it adds; see `seqpipe.hooks`."""

if TYPE_CHECKING:
    from .batch import Batch as Batch
    from .batch import Padded as Padded
    from .codec import Codec as Codec
    from .codec import Encoded as Encoded
    from .codec import Label as Label
    from .codec import Symbols as Symbols
    from .codec import Tags as Tags
    from .codec import WordOptions as WordOptions
    from .codec import Words as Words
    from .coded import Coded as Coded
    from .datasets import Dataset as Dataset
    from .datasets import File as File
    from .datasets import Recipe as Recipe
    from .embed import EmbedOptions as EmbedOptions
    from .embed import embedding as embedding
    from .encoder import Carried as Carried
    from .encoder import Encoder as Encoder
    from .encoder import Part as Part
    from .encoder import States as States
    from .encoder import Trace as Trace
    from .errors import Mistake as Mistake
    from .frames import Frames as Frames
    from .frames import Number as Number
    from .head import Head as Head
    from .head import Prediction as Prediction
    from .letters import Letters as Letters
    from .lines import gathered as gathered
    from .lines import lines
    from .lines import written as written
    from .ondisk import OnDisk as OnDisk
    from .options import InputFile as InputFile
    from .options import Options as Options
    from .reader import Reader as Reader
    from .reader import Record as Record
    from .vocabulary import Vocabulary as Vocabulary
    from .vocabulary import VocabularyOptions as VocabularyOptions

    text_lines = lines

_MODULE_OF = {
    "Batch": "batch",
    "Carried": "encoder",
    "Codec": "codec",
    "Coded": "coded",
    "Dataset": "datasets",
    "EmbedOptions": "embed",
    "Encoded": "codec",
    "Encoder": "encoder",
    "File": "datasets",
    "Frames": "frames",
    "Head": "head",
    "InputFile": "options",
    "Label": "codec",
    "Letters": "letters",
    "Mistake": "errors",
    "Number": "frames",
    "OnDisk": "ondisk",
    "Options": "options",
    "Padded": "batch",
    "Part": "encoder",
    "Prediction": "head",
    "Reader": "reader",
    "Recipe": "datasets",
    "Record": "reader",
    "States": "encoder",
    "Symbols": "codec",
    "Tags": "codec",
    "Trace": "encoder",
    "Vocabulary": "vocabulary",
    "VocabularyOptions": "vocabulary",
    "WordOptions": "codec",
    "Words": "codec",
    "embedding": "embed",
    "gathered": "lines",
    "text_lines": "lines",
    "written": "lines",
}

_NAME_IN_MODULE = {"text_lines": "lines"}
"""Where the module itself would stand in the way of the name that something has in it."""

__all__ = ["__api__", "__version__", "hookimpl", *_MODULE_OF]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'seqpipe' has no attribute {name!r}")
    return getattr(importlib.import_module(f"seqpipe.{_MODULE_OF[name]}"), _NAME_IN_MODULE.get(name, name))


def __dir__() -> list[str]:
    return sorted(__all__)
