"""LoRA adapters between llama.cpp's GGUF form and PEFT."""

import re
import sys

import gguf
import numpy
import torch
from peft import LoraConfig, get_peft_model

MODULES = {  # GGUF name of a projection -> its name in transformers
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def llama_of(model):
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def head_counts(config):
    return {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}


def to_transformers(b, heads):
    """b [out, rank] of q or k: llama.cpp keeps the two halves of a rotary pair side by side, transformers half a head apart."""
    out, rank = b.shape
    return b.reshape(heads, out // heads // 2, 2, rank).swapaxes(1, 2).reshape(out, rank)


def to_gguf(b, heads):
    """the inverse of to_transformers"""
    out, rank = b.shape
    return b.reshape(heads, 2, out // heads // 2, rank).swapaxes(1, 2).reshape(out, rank)


def read_adapter(path):
    """-> alpha, {(block, projection): (A [rank, in], B [out, rank])}, rows of B in GGUF order"""
    reader = gguf.GGUFReader(path)
    factors = {}
    for tensor in reader.tensors:
        match = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight\.lora_([ab])", tensor.name)
        if not match:
            sys.exit(f"error: tensor {tensor.name!r} of {path} is no LoRA factor of a block")
        block, projection, factor = match.groups()
        factors.setdefault((int(block), projection), {})[factor] = numpy.array(tensor.data, dtype=numpy.float32)
    alpha = reader.fields["adapter.lora.alpha"].contents()
    return alpha, {place: (pair["a"], pair["b"]) for place, pair in factors.items()}


def write_adapter(path, architecture, alpha, factors):
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for (block, projection), (a, b) in sorted(factors.items()):
        for letter, factor in (("a", a), ("b", b)):
            writer.add_tensor(f"blk.{block}.{projection}.weight.lora_{letter}", numpy.ascontiguousarray(factor, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def module_name(block, projection):
    return f"model.layers.{block}.{MODULES[projection]}"


def attach_adapter(model, path):
    """A PEFT LoRA model that starts from the adapter file; dropout 0, no bias."""
    alpha, factors = read_adapter(path)
    ranks = {a.shape[0] for a, _ in factors.values()}
    if len(ranks) != 1:
        sys.exit(f"error: {path} mixes ranks {sorted(ranks)}; fix: use an adapter of one rank")
    config = LoraConfig(
        r=ranks.pop(),
        lora_alpha=alpha,
        lora_dropout=0.0,
        bias="none",
        task_type="CAUSAL_LM",
        # spelled in full: a block the file leaves out gets no adapter
        target_modules="|".join(re.escape(module_name(*place)) for place in factors),
    )
    heads = head_counts(model.config)
    peft_model = get_peft_model(model, config)
    with torch.no_grad():
        for (block, projection), (a, b) in factors.items():
            layer = model.get_submodule(module_name(block, projection))
            b = to_transformers(b, heads[projection]) if projection in heads else b
            copy_exactly(layer.lora_A["default"].weight, a)
            copy_exactly(layer.lora_B["default"].weight, b)
    return peft_model


def copy_exactly(parameter, values):
    if tuple(parameter.shape) != values.shape:
        sys.exit(f"error: adapter factor is {values.shape}, the model wants {tuple(parameter.shape)}")
    parameter.copy_(torch.from_numpy(numpy.array(values)))


def save_adapter(peft_model, start, path, architecture):
    """Writes the trained factors under the names of the adapter it started from."""
    alpha, factors = read_adapter(start)
    llama = llama_of(peft_model)
    heads = head_counts(llama.config)
    trained = {}
    for block, projection in factors:
        layer = llama.get_submodule(module_name(block, projection))
        a = layer.lora_A["default"].weight.detach().numpy()
        b = layer.lora_B["default"].weight.detach().numpy()
        trained[block, projection] = (a, to_gguf(b, heads[projection]) if projection in heads else b)
    write_adapter(path, architecture, alpha, trained)
