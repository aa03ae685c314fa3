"""Readers that break one promise each, and the one that they are made from, which keeps all."""

import random
from dataclasses import replace

import seqpipe


@seqpipe.hookimpl
def seqpipe_readers():
    return {name: f"broken_readers:{name}" for name, one in globals().items() if isinstance(one, type)}


class Lines(seqpipe.Reader):
    """A letter for each step, and a tag for each, in turns: `aXbYcX`."""

    suffixes = (".lines",)

    def __init__(self, options):
        super().__init__(options)
        self.input, self.target = seqpipe.Symbols(), seqpipe.Tags(spans=False)

    def read(self, path):
        try:
            text = path.read_text()
        except (OSError, ValueError) as error:
            raise seqpipe.Mistake(f"{path}: {error}; name a file of lines") from None
        for number, line in enumerate(text.split(), 1):
            yield self.record(str(number), line, f"{path}:{number}")

    def record(self, name, line, where):
        if len(line) % 2:
            raise seqpipe.Mistake(f"{where}: a letter without a tag; write both")
        return seqpipe.Record(name, list(line[::2]), list(line[1::2]), where)

    def write(self, records, path):
        lines = ("".join(map("".join, zip(one.input, one.target, strict=True))) + "\n" for one in records)
        path.write_text("".join(lines))

    def reverse(self, record):
        return replace(record, input=record.input[::-1], target=record.target[::-1])


class AtOnce(Lines):
    """Reads the whole file before it gives a record."""

    def read(self, path):
        return list(super().read(path))


class Nothing(Lines):
    """Gives no record."""

    def read(self, path):
        yield from [one for one in super().read(path) if not one.id]


class OneId(Lines):
    """Gives all records the same id."""

    def record(self, name, line, where):
        return super().record("1", line, where)


class Nowhere(Lines):
    """Does not say where a record is from."""

    def record(self, name, line, where):
        return replace(super().record(name, line, where), where="")


class Bare(Lines):
    """Has a codec of targets, and no targets."""

    def record(self, name, line, where):
        return replace(super().record(name, line, where), target=None)


class Counting(Lines):
    """Numbers its records from file to file."""

    count = 0

    def record(self, name, line, where):
        self.count += 1
        return super().record(f"{self.count}", line, where)


class Mine(seqpipe.Symbols):
    """A codec to be broken."""


class Coding(Lines):
    """A reader with a codec to be broken; all of these are made from it."""

    kind = Mine

    def __init__(self, options):
        super().__init__(options)
        self.input = self.kind()


class OneRow(Coding):
    """Gives one row for all values."""

    class kind(Mine):
        def encode(self, values):
            return seqpipe.Encoded(super().encode(values).rows[:1])


class Listing(Coding):
    """Gives lists of numbers."""

    class kind(Mine):
        def encode(self, values):
            return seqpipe.Encoded([row.tolist() for row in super().encode(values).rows])


class ByPlace(Coding):
    """Gives numbers that depend on what else is encoded."""

    class kind(Mine):
        def encode(self, values):
            return seqpipe.Encoded([row + place for place, row in enumerate(super().encode(values).rows)])


class Miscounting(Coding):
    """Counts a step too many for each value."""

    class kind(Mine):
        def steps(self, values):
            return sum(len(value) + 1 for value in values)


class ForgottenState(Coding):
    """Does not write down what was learned."""

    class kind(Mine):
        def state(self):
            return {"symbols": []}


class OtherTags(Lines):
    """Decodes other tags than were encoded."""

    class kind(seqpipe.Tags):
        def decode(self, numbers):
            return super().decode(numbers)[::-1]

    def __init__(self, options):
        super().__init__(options)
        self.target = self.kind(spans=False)


class ATagTooFew(Lines):
    """Leaves out a tag."""

    def record(self, name, line, where):
        found = super().record(name, line, where)
        return replace(found, target=found.target[1:])


class NoText(Lines):
    """Gives something else as text."""

    def text(self, record):
        return record.input


class TextOfId(Lines):
    """Gives a text that depends on more than the input."""

    def text(self, record):
        return f"{record.id} {record.input}"


class TwoLines(Lines):
    """Shows a record in two lines."""

    def render(self, record):
        return f"{record.input}\n{record.target}"


class NoScores(Lines):
    """Gives no scores, not even none."""

    def score(self, gold, predicted):
        return None


class Fewer(Lines):
    """Leaves a record out when they are varied."""

    def augment(self, records, chance):
        return records[1:]


class AnyChance(Lines):
    """Varies records by random numbers of its own."""

    def augment(self, records, chance):
        return [replace(one, input=[str(random.random())]) for one in records]


class InPlace(Lines):
    """Varies the very records that it is given."""

    def augment(self, records, chance):
        for one in records:
            one.input.sort()
        return records


class HalfTurned(Lines):
    """Turns the letters round, and shifts the tags."""

    def reverse(self, record):
        return replace(record, input=record.input[::-1], target=record.target[1:] + record.target[:1])


class NotWritten(Lines):
    """Says that it writes, and does not."""

    def write(self, records, path):
        list(records)


class NeverWritten(Lines):
    """Says that it writes, and refuses to."""

    def write(self, records, path):
        raise seqpipe.Mistake(f"{path}: cannot be written; name another file")


class WrittenOtherwise(Lines):
    """Writes other records than were read."""

    def write(self, records, path):
        super().write((replace(one, target=one.target[::-1]) for one in records), path)


class Unasked(Lines):
    """Takes a file that is not there for an empty one."""

    def read(self, path):
        return super().read(path) if path.exists() else iter(())


class Undecodable(Lines):
    """Lets an exception of Python's own through."""

    def read(self, path):
        if path.exists():
            path.read_text()
        return super().read(path)


class Nameless(Lines):
    """Refuses a file without its name."""

    def read(self, path):
        try:
            yield from super().read(path)
        except seqpipe.Mistake:
            raise seqpipe.Mistake("something is wrong; mend it") from None
