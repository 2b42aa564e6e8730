"""Training steps of transformers + PEFT on the rows, the adapter and the weights that bench-device computes with: the peer of its `speed`.

    python peft_step.py MODEL.gguf ROWS.jsonl ADAPTER.gguf 1,2,4 DEVICE

One JSON object a line, as bench-device writes them. In bf16 with SDPA on a GPU, in f32 on the CPU; the head on answer positions only, no
padding (rows are of one length), PEFT's adapter in f32 (its default) and in bf16. `peak` lines are torch's own bf16 product.
"""

import json
import resource
import sys
import time

import gguf
import numpy
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from gguf_lora import MODULES, attach_adapter, head_counts, llama_of

STEPS = 3
NORMS = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
OUTSIDE = {"token_embd": "model.embed_tokens", "output": "lm_head", "output_norm": "model.norm"}


def as_torch(tensor):
    if tensor.tensor_type == gguf.GGMLQuantizationType.BF16:
        return torch.from_numpy(numpy.array(tensor.data).view(numpy.int16)).view(torch.bfloat16)
    if tensor.tensor_type in (gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.F16):
        return torch.from_numpy(numpy.array(tensor.data))
    sys.exit(f"error: tensor {tensor.name!r} is {tensor.tensor_type.name}; fix: store the model in f32, f16 or bf16")


def module_of(name):
    """blk.3.attn_q.weight -> model.layers.3.self_attn.q_proj.weight"""
    parts = name.split(".")
    if parts[0] != "blk":
        return f"{OUTSIDE[parts[0]]}.weight"
    return f"model.layers.{parts[1]}.{(MODULES | NORMS)[parts[2]]}.weight"


def load_model(path, device, dtype):
    reader = gguf.GGUFReader(path)
    fields = {name: field for name, field in reader.fields.items()}
    number = lambda name: fields[f"llama.{name}"].contents()
    shapes = {tensor.name: tensor.shape.tolist() for tensor in reader.tensors}
    config = LlamaConfig(
        vocab_size=shapes["token_embd.weight"][1],
        hidden_size=number("embedding_length"),
        intermediate_size=number("feed_forward_length"),
        num_hidden_layers=number("block_count"),
        num_attention_heads=number("attention.head_count"),
        num_key_value_heads=number("attention.head_count_kv"),
        head_dim=number("attention.key_length"),
        max_position_embeddings=number("context_length"),
        rms_norm_eps=number("attention.layer_norm_rms_epsilon"),
        rope_theta=number("rope.freq_base"),
        tie_word_embeddings="output.weight" not in shapes,
        use_cache=False,
    )
    torch.set_default_dtype(dtype)
    with torch.device(device):
        model = LlamaForCausalLM._from_config(config, attn_implementation="sdpa").eval()
    torch.set_default_dtype(torch.float32)
    heads = head_counts(config)
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for tensor in reader.tensors:
            values = as_torch(tensor)
            target = tensor.name.split(".")[2] if tensor.name.startswith("blk.") else None
            if target in heads:  # two halves of a rotary pair: side by side there, half a head apart here
                values = values.reshape(heads[target], -1, 2, values.shape[1]).transpose(1, 2).reshape(values.shape)
            parameters[module_of(tensor.name)].copy_(values)
    return model


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def memory(device):
    return torch.cuda.max_memory_allocated() if device == "cuda" else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def say(what, device, **fields):
    name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    print(json.dumps({"what": what, "who": "peft", "device": device, "name": name} | fields), flush=True)


def measure_peak(device):
    for size in (2048, 4096, 8192) if device == "cuda" else ():
        a, b = (torch.rand(size, size, device=device, dtype=torch.bfloat16) - 0.5 for _ in range(2))
        best = float("inf")
        for _ in range(12):
            start = time.perf_counter()
            a @ b
            wait(device)
            best = min(best, time.perf_counter() - start)
        say("peak", device, size=size, teraflops=2 * size**3 / best / 1e12)


def one_step(model, optimizer, tokens, answer_start):
    hidden = llama_of(model).model(input_ids=tokens).last_hidden_state[:, answer_start - 1 : -1]
    logits = llama_of(model).lm_head(hidden).float()
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, answer_start:].flatten())
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.detach()


def measure(peft_model, rows, sizes, device, **fields):
    trained = [parameter for parameter in peft_model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-12, weight_decay=0.0)
    fastest = 0
    for size in sizes:
        if size > len(rows):
            return
        tokens = torch.tensor([row["tokens"] for row in rows[:size]], device=device)
        seconds = []
        try:
            for step in range(STEPS + 1):  # the first is not timed
                wait(device)
                start = time.perf_counter()
                loss = one_step(peft_model, optimizer, tokens, rows[0]["answerStart"])
                wait(device)
                if step > 0:
                    seconds.append(time.perf_counter() - start)
        except torch.OutOfMemoryError:
            print(f"{size} rows at once: out of memory", file=sys.stderr)
            return
        middle = sorted(seconds)[STEPS // 2]
        speed = tokens.numel() / middle
        say("speed", device, **fields, rowsAtOnce=size, tokens=tokens.numel(), seconds=middle, tokensPerSecond=speed, loss=loss.item(), memory=memory(device))
        if speed < fastest:
            return
        fastest = speed


def main():
    path, rows_path, adapter, sizes, device = sys.argv[1:]
    device = "cuda" if device == "cuda" else "cpu"  # torch knows no Vulkan
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    rows = [json.loads(line) for line in open(rows_path)]
    if len({(len(row["tokens"]), row["answerStart"]) for row in rows}) != 1:
        sys.exit(f"error: rows of several lengths in {rows_path}; fix: give rows of one length and one answerStart")
    measure_peak(device)
    for adapter_dtype in [torch.float32] + [dtype] * (dtype != torch.float32):
        model = attach_adapter(load_model(path, device, dtype), adapter)
        if adapter_dtype != torch.float32:
            model = model.to(adapter_dtype)
        measure(model, rows, [int(size) for size in sizes.split(",")], device, model=path, adapter=str(adapter_dtype).removeprefix("torch."))
        del model


main()
