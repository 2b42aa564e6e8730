"""The Python peer of Rectune's native trainer: transformers + PEFT on the same GGUF model, the same rows and the same adapter.

It exists so that the C++ trainer can be checked against the stack it replaces; nothing else in Rectune runs Python.
`python peft_reference.py <verb> --help` lists the options; README.md has the commands that make the checked files.

Rows are the published TALLRec form: a JSON array of {instruction, input, output}. Weights are dequantised to f32 and all sums are f32,
unless `timing` is asked for bf16.
"""

import argparse
import json
import math
import os
import sys
import time
from pathlib import Path

import gguf
import numpy
import torch
from transformers import AutoConfig, AutoModelForCausalLM, get_scheduler

from gguf_lora import MODULES, attach_adapter, llama_of, save_adapter, write_adapter
from tokenized_rows import Tokenizer, dump_tokens, read_metadata, read_rows, read_token_lines

IGNORED = -100  # label of a token without loss, as transformers writes it
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


# ---- model


def load_model(path, dtype=torch.float32):
    folder, name = os.path.split(path)
    config = AutoConfig.from_pretrained(folder, gguf_file=name)
    # stories260K.gguf writes 2^32 - 1 for "no padding token", which transformers takes for an id; we never need one
    config.pad_token_id = None
    config.use_cache = False
    return AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, config=config, dtype=dtype).eval()


def pad_right(sequences, value):
    """Attention is causal, so what stands to the right of a row cannot change it: no attention mask is needed."""
    width = max(map(len, sequences))
    return torch.tensor([sequence + [value] * (width - len(sequence)) for sequence in sequences])


def logits_at(model, tokens, positions):
    """logits [n, vocabulary] at (row, column) pairs only; the head runs on nothing else"""
    llama = llama_of(model)
    hidden = llama.model(input_ids=tokens).last_hidden_state
    return llama.lm_head(hidden[positions])


# ---- verbs


def make_adapter(options):
    """A is uniform in +-1/sqrt(in) as PEFT draws it; B is zero, or with --random-b normal with deviation 0.1."""
    chance = numpy.random.default_rng(options.seed)
    shapes = {tensor.name: tensor.shape.tolist() for tensor in gguf.GGUFReader(options.model).tensors}
    metadata = read_metadata(options.model)
    architecture = metadata["general.architecture"]
    factors = {}
    for block in range(metadata[f"{architecture}.block_count"]):
        for projection in options.targets.split(","):
            n_in, n_out = shapes[f"blk.{block}.{projection}.weight"]
            bound = 1 / math.sqrt(n_in)
            a = chance.uniform(-bound, bound, (options.rank, n_in))
            b = chance.normal(0, 0.1, (n_out, options.rank)) if options.random_b else numpy.zeros((n_out, options.rank))
            factors[block, projection] = (a, b)
    write_adapter(options.out, architecture, options.alpha, factors)


def score(options):
    tokenizer = Tokenizer(options.model)
    rows = read_rows(options.rows, tokenizer, options.limit, options.noqa)
    if options.dump_tokens:
        dump_tokens(rows, options.dump_tokens)
    model = load_model(options.model)
    if options.adapter:
        model = attach_adapter(model, options.adapter)
    with open(options.out, "w") as out, torch.inference_mode():
        for start in range(0, len(rows), options.batch_size):
            batch = rows[start : start + options.batch_size]
            columns = torch.tensor([len(row.shared) - 1 for row in batch])
            logits = logits_at(model, pad_right([row.shared for row in batch], 0), (torch.arange(len(batch)), columns))
            for index, (row, row_logits) in enumerate(zip(batch, logits), start):
                out.write(json.dumps({"row": index, "logOdds": (row_logits[row.yes] - row_logits[row.no]).item()}) + "\n")


def batches(rows, size, steps, epochs):
    """Rows in file order. With epochs each pass starts anew and its last batch may be short; with steps the file wraps around."""
    if epochs:
        for _ in range(epochs):
            yield from (rows[start : start + size] for start in range(0, len(rows), size))
    else:
        for step in range(steps):
            yield [rows[(step * size + i) % len(rows)] for i in range(size)]


def batch_tensors(batch):
    """-> tokens [rows, width], labels of the same shape, IGNORED outside answer and end-of-text"""
    labels = [[IGNORED] * row.answer_start + row.tokens[row.answer_start :] for row in batch]
    return pad_right([row.tokens for row in batch], 0), pad_right(labels, IGNORED)


def answer_loss(model, tokens, labels):
    """Mean cross-entropy over the loss tokens of the whole batch. The head runs on the rows before a loss token only."""
    targets = labels[:, 1:]
    rows, columns = torch.nonzero(targets != IGNORED, as_tuple=True)
    return torch.nn.functional.cross_entropy(logits_at(model, tokens, (rows, columns)), targets[rows, columns])


def stock_loss(model, tokens, labels):
    """The same number the way a Trainer script gets it: transformers' own loss over the head of every token."""
    return model(input_ids=tokens, labels=labels).loss


def train(options):
    tokenizer = Tokenizer(options.model)
    rows = read_rows(options.rows, tokenizer, options.limit, options.noqa)
    if options.dump_tokens:
        dump_tokens(rows, options.dump_tokens)
    model = attach_adapter(load_model(options.model), options.start_adapter)
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=options.learning_rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    plan = list(batches(rows, options.batch_size, options.steps, options.epochs))
    scheduler = get_scheduler(schedule_name(options), optimizer, options.warmup_steps, len(plan))
    loss_of = stock_loss if options.stock_loss else answer_loss

    events = []
    for step, batch in enumerate(plan, 1):
        loss = loss_of(model, *batch_tensors(batch))
        optimizer.zero_grad()
        loss.backward()
        # called with infinity it only measures
        norm = torch.nn.utils.clip_grad_norm_(trainable, options.grad_norm_clip or math.inf)
        rate = scheduler.get_last_lr()[0]
        optimizer.step()
        scheduler.step()
        events.append({"step": step, "loss": loss.item(), "gradNorm": norm.item(), "learningRate": rate})
        print(json.dumps(events[-1]), flush=True)
    Path(options.out).write_text(json.dumps(events, indent=2) + "\n")
    if options.save_adapter:
        save_adapter(model, options.start_adapter, options.save_adapter, read_metadata(options.model)["general.architecture"])


def schedule_name(options):
    # transformers' "constant" ignores a warmup; its other name obeys it
    return "constant_with_warmup" if options.schedule == "constant" and options.warmup_steps else options.schedule


def timing(options):
    """Serves steps (forward, backward, AdamW) to a benchmark: for each line {"rows": n, "microBatch": m} on stdin one line with the
    loss, the real and the padded tokens, the seconds, and the peak memory of this process so far."""
    rows = timed_rows(options)
    if options.dump_tokens:
        dump_tokens(rows, options.dump_tokens)
    if options.sort:
        rows.sort(key=lambda row: len(row.tokens))  # rows of one length side by side: less padding, the same step
    model = attach_adapter(load_model(options.model, DTYPES[options.dtype]), options.start_adapter)
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=0.0, weight_decay=0.0)  # all the work of a step, and each step has the same loss
    loss_of = stock_loss if options.stock_loss else answer_loss
    print(json.dumps({"ready": True, "rows": len(rows), "weights": weight_bytes(model)}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        chosen = rows[: asked["rows"]]
        parts = [batch_tensors(chosen[start : start + asked["microBatch"]]) for start in range(0, len(chosen), asked["microBatch"])]
        began = time.perf_counter()
        optimizer.zero_grad()
        loss = accumulate(model, loss_of, parts)
        optimizer.step()
        result = {"loss": loss, "seconds": time.perf_counter() - began, "tokens": sum(len(row.tokens) for row in chosen)}
        result |= {"paddedTokens": sum(tokens.numel() for tokens, _ in parts), "peakMemory": peak_memory()}
        print(json.dumps(result), flush=True)


def timed_rows(options):
    if options.tokens:
        return read_token_lines(options.tokens)
    return read_rows(options.rows, Tokenizer(options.model), None, options.noqa)


def accumulate(model, loss_of, parts):
    """Gradients of the mean loss over all loss tokens of the parts, one part in memory at a time; returns that loss."""
    counts = [(labels != IGNORED).sum().item() for _, labels in parts]
    total = 0.0
    for (tokens, labels), count in zip(parts, counts):
        loss = loss_of(model, tokens, labels) * (count / sum(counts))
        loss.backward()
        total += loss.item()
    return total


def weight_bytes(model):
    return sum(parameter.numel() * parameter.element_size() for parameter in model.parameters() if not parameter.requires_grad)


def peak_memory():
    """Largest resident set of this process in bytes. ru_maxrss would tell of the process that started it as well."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


# ---- arguments


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)

    def verb(name, run):
        sub = verbs.add_parser(name, description=run.__doc__)
        sub.set_defaults(run=run)
        sub.add_argument("--model", required=True, type=os.path.abspath, help="GGUF of the base model")
        return sub

    def reads_rows(sub, also_tokens=False):
        source = sub.add_mutually_exclusive_group(required=True)
        source.add_argument("--rows", help="JSON array of {instruction, input, output}")
        if also_tokens:
            source.add_argument("--tokens", help="rows that were made as tokens: JSON lines {tokens, answerStart}")
        sub.add_argument("--noqa", action="store_true", help="put the repository's noqa comment into the prompt")
        sub.add_argument("--dump-tokens", help="JSON lines of token ids, to compare tokenizers")
        sub.add_argument("--threads", type=int, default=2)

    sub = verb("make-adapter", make_adapter)
    sub.add_argument("--rank", type=int, default=8)
    sub.add_argument("--alpha", type=float, default=16)
    sub.add_argument("--seed", type=int, default=1)
    sub.add_argument("--targets", default="attn_q,attn_v", help="GGUF names, comma between: " + ", ".join(MODULES))
    sub.add_argument("--random-b", action="store_true", help="B small and random instead of zero, so that the adapter acts")
    sub.add_argument("--out", required=True)

    sub = verb("score", score)
    reads_rows(sub)
    sub.add_argument("--batch-size", type=int, default=8)
    sub.add_argument("--adapter", help="adapter in llama.cpp's GGUF form")
    sub.add_argument("--limit", type=int, help="only the first rows")
    sub.add_argument("--out", required=True, help="JSON lines {row, logOdds}")

    sub = verb("train", train)
    reads_rows(sub)
    sub.add_argument("--batch-size", type=int, default=8)
    sub.add_argument("--start-adapter", required=True, help="rank, alpha and targets are taken from it")
    sub.add_argument("--limit", type=int, help="only the first rows")
    length = sub.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=20)
    length.add_argument("--epochs", type=int)
    sub.add_argument("--learning-rate", type=float, default=1e-3)
    sub.add_argument("--schedule", choices=["constant", "linear", "cosine"], default="constant")
    sub.add_argument("--warmup-steps", type=int, default=0)
    sub.add_argument("--grad-norm-clip", type=float, help="largest gradient norm over all factors")
    sub.add_argument("--stock-loss", action="store_true", help="transformers' own loss over every token's head")
    sub.add_argument("--save-adapter", help="write the trained adapter as GGUF")
    sub.add_argument("--out", required=True, help="JSON array of {step, loss, gradNorm, learningRate}")

    sub = verb("timing", timing)
    reads_rows(sub, also_tokens=True)
    sub.add_argument("--start-adapter", required=True)
    sub.add_argument("--dtype", choices=DTYPES, default="f32", help="of the base weights and what is computed with them")
    sub.add_argument("--sort", action="store_true", help="rows by length")
    sub.add_argument("--stock-loss", action="store_true", help="transformers' own loss over every token's head")
    return parser.parse_args()


def main():
    options = parse_arguments()
    torch.set_num_threads(getattr(options, "threads", 2))
    options.run(options)


if __name__ == "__main__":
    main()
