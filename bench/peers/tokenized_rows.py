"""Published rows as tokens: prompt wrapper, ids as llama.cpp gives them, the answer's place."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import gguf
from transformers import AutoTokenizer

NOQA = "  # noqa: E501"  # the repository's prompt has this comment inside, by accident; a model trained there has seen it
WRAPPER = (
    "Below is an instruction that describes a task, paired with an input that provides further context. "
    "Write a response that appropriately completes the request.{noqa}\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n"
)


def read_metadata(path):
    return {name: field.contents() for name, field in gguf.GGUFReader(path).fields.items() if "merges" not in name}


# ---- tokenizer


class Tokenizer:
    """Text to ids, with BOS only where the GGUF (or llama.cpp's default for its kind) asks for it."""

    def __init__(self, path):
        metadata = read_metadata(path)
        kind = metadata["tokenizer.ggml.model"]
        if kind == "llama":
            pieces = sentencepiece_model(metadata)
            self._encode = pieces.encode
        elif kind == "gpt2":
            folder, name = os.path.split(path)
            fast = AutoTokenizer.from_pretrained(folder, gguf_file=name)
            self._encode = lambda text: fast.encode(text, add_special_tokens=False)
        else:
            sys.exit(f"error: tokenizer kind {kind!r} of {path} is not supported; fix: use llama or gpt2")
        adds_bos = metadata.get("tokenizer.ggml.add_bos_token", kind == "llama")
        self.prefix = [metadata["tokenizer.ggml.bos_token_id"]] if adds_bos else []
        self.end_of_text = metadata["tokenizer.ggml.eos_token_id"]

    def encode(self, text):
        return self.prefix + list(self._encode(text))


def sentencepiece_model(metadata):
    """The original SentencePiece program over the GGUF's vocabulary (piece types have the same numbers in both formats)."""
    from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    columns = (metadata[f"tokenizer.ggml.{name}"] for name in ("tokens", "scores", "token_type"))
    for text, score, kind in zip(*columns):
        model.pieces.add(piece=text, score=score, type=kind)
    model.trainer_spec.model_type = sentencepiece_model_pb2.TrainerSpec.BPE
    model.trainer_spec.byte_fallback = True
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = metadata.get("tokenizer.ggml.add_space_prefix", True)
    model.normalizer_spec.remove_extra_whitespaces = False
    model.normalizer_spec.escape_whitespaces = True
    return SentencePieceProcessor(model_proto=model.SerializeToString())


# ---- rows


@dataclass
class Row:
    """One instruction as tokens."""

    tokens: list  # prompt, answer, end-of-text
    answer_start: int  # first token that carries loss
    shared: list  # what prompt + "Yes." and prompt + "No." have in common; the token after it is scored
    yes: int
    no: int


def common_length(a, b):
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def read_rows(path, tokenizer, limit, noqa):
    published = json.loads(Path(path).read_text(encoding="utf-8"))[:limit]
    return [tokenize_row(row, tokenizer, noqa) for row in published]


def tokenize_row(row, tokenizer, noqa):
    prompt = WRAPPER.format(noqa=NOQA if noqa else "", instruction=row["instruction"], input=row["input"])
    yes, no = tokenizer.encode(prompt + "Yes."), tokenizer.encode(prompt + "No.")
    at = common_length(yes, no)
    whole = tokenizer.encode(prompt + row["output"])
    return Row(
        tokens=whole + [tokenizer.end_of_text],
        answer_start=common_length(tokenizer.encode(prompt), whole),
        shared=yes[:at],
        yes=yes[at],
        no=no[at],
    )


def read_token_lines(path):
    """Rows that were made as tokens, JSON lines {tokens, answerStart}: for training only."""
    lines = map(json.loads, Path(path).read_text().splitlines())
    return [Row(line["tokens"], line["answerStart"], shared=[], yes=-1, no=-1) for line in lines]


def dump_tokens(rows, path):
    with open(path, "w") as out:
        for index, row in enumerate(rows):
            fields = {"row": index, "tokens": row.tokens, "answerStart": row.answer_start}
            fields |= {"scorePosition": len(row.shared) - 1, "yes": row.yes, "no": row.no}
            out.write(json.dumps(fields) + "\n")
