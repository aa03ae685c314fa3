"""A BiLSTM-CRF as most write it: shuffled batches, packed sequences, letters of every token, the CRF of pytorch-crf."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader
from torchcrf import CRF

from seqpipe.codec import Tags, Words
from seqpipe.reader import Record

BATCH = 32
Sentence = tuple[Tensor, Tensor, Tensor]
"""Words `[T]`, letters `[T, L]`, tags `[T]`."""


def encode(words: Words, tags: Tags, records: Sequence[Record]) -> list[Sentence]:
    """Each sentence as tensors, with the numbers that seqpipe would use."""
    sentences = []
    for record in records:
        forms = words.forms(record.input)
        tagged = tags.encode([record.target]).rows[0]
        sentences.append((torch.from_numpy(forms.word), torch.from_numpy(forms.letters), torch.from_numpy(tagged)))
    return sentences


def collate(batch: Sequence[Sentence]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Padded words `[B, T]`, letters `[B, T, L]` and tags `[B, T]`, and the lengths `[B]`."""
    lengths = torch.tensor([len(words) for words, _, _ in batch])
    letters = torch.zeros(len(batch), int(lengths.max()), max(one.shape[1] for _, one, _ in batch), dtype=torch.long)
    for row, (_, one, _) in zip(letters, batch, strict=True):
        row[: one.shape[0], : one.shape[1]] = one
    words = pad_sequence([words for words, _, _ in batch], batch_first=True)
    return words, letters, pad_sequence([tags for _, _, tags in batch], batch_first=True), lengths


class Tagger(nn.Module):
    """Word vectors and a convolution over letters, a bidirectional LSTM, a linear layer, a CRF."""

    def __init__(self, words: int, letters: int, tags: int) -> None:
        super().__init__()
        self.words = nn.Embedding(words, 100)
        self.letters = nn.Embedding(letters, 30, padding_idx=0)
        self.convolution = nn.Conv1d(30, 50, 3, padding=1)
        self.dropout = nn.Dropout(0.5)
        self.lstm = nn.LSTM(150, 200, bidirectional=True, batch_first=True)
        self.emit = nn.Linear(400, tags)
        self.crf = CRF(tags, batch_first=True)

    def spelling(self, letters: Tensor) -> Tensor:
        """`[B, T, L]` -> `[B, T, 50]`"""
        batch, steps, length = letters.shape
        vectors = self.letters(letters.reshape(batch * steps, length)).transpose(1, 2)
        found: Tensor = self.convolution(vectors).relu().amax(2)
        return found.view(batch, steps, -1)

    def forward(self, words: Tensor, letters: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """The loss of a batch in nats a token."""
        vectors = self.dropout(torch.cat([self.words(words), self.spelling(letters)], 2))
        packed = pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        mask = torch.arange(words.shape[1]) < lengths[:, None]
        loss: Tensor = -self.crf(self.emit(self.dropout(states)), tags, mask=mask, reduction="token_mean")
        return loss


def train(
    words: Words, tags: Tags, records: Sequence[Record], clip_norm: float, done: Callable[[int, float], None]
) -> int:
    """One epoch; `done(tokens, loss)` is called after each batch. The number of parameters."""
    sentences = encode(words, tags, records)
    model = Tagger(len(words), len(words.counts["letters"]) + 2, len(tags))
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    batches: DataLoader[Any] = DataLoader(sentences, BATCH, shuffle=True, collate_fn=collate)  # type: ignore[arg-type]
    for batch in batches:
        optimizer.zero_grad()
        loss = model(*batch)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()
        done(int(batch[3].sum()), loss.item())
    return sum(weight.numel() for weight in model.parameters())
