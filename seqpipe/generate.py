"""Files of data sets that are generated: written once, then found in the cache."""

import os
import random
from pathlib import Path
from tempfile import TemporaryDirectory

from .datasets import Dataset, Recipe, cache_folder
from .errors import Mistake
from .lines import written
from .settings import Generated


def generate(dataset: Dataset, split: str, options: Generated) -> Path:
    """The file of one split, the same on every machine; its name has all that it is made from.

    Raises `Mistake` where it cannot be written.
    """
    assert dataset.make
    records = {"train": options.train, "dev": options.dev, "test": options.test}[split]
    name = f"{split}-length{options.length}-records{records}-seed{options.seed}{dataset.suffix}"
    path = cache_folder(dataset) / name
    if not path.is_file():
        chance = random.Random(f"{dataset.name} {split} {options.length} {options.seed}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A folder of its own, for several processes may come to need the same file at once.
            with TemporaryDirectory(dir=path.parent) as own:
                with written(Path(own, path.name)) as file:
                    for text in dataset.make(Recipe(options.length, records, chance)):
                        file.write(text.encode())
                os.replace(Path(own, path.name), path)
        except OSError as error:
            raise Mistake(f"{path}: cannot be written ({error.strerror}); set SEQPIPE_CACHE to a folder") from None
    return path
