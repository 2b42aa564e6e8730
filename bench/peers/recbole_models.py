"""RecBole 1.2.1's models on MovieLens-100K under its own protocol, the peer of the verb `fit`.

    python bench/peers/recbole_models.py DATA WORK --model GRU4Rec --seed 1 [--epochs 300] [--threads 2] [--gpu]

DATA   folder with u.data
WORK   folder to write to: the log in RecBole's form, checkpoints, WORK/<model>-<seed>.jsonl

Protocol: users and items with at least 5 interactions (RecBole filters until both hold), each user's last interaction is the test's,
the one before it the validation's; full ranking, over the items the user has not met, but for models of sequences over all; model settings are RecBole's defaults; early
stopping on MRR@10 of the validation after 10 epochs without a gain; the best epoch is tested. One JSON line an epoch
(seconds of training that passed and that processors worked, mean loss, validation), the last line holds the test.

RecBole 1.2.1 is older than the libraries it runs on here: what has moved is put back. One of its models (SINE) turns on PyTorch's detection of anomalies for all
when it is imported: every gradient is then looked at for NaN, with a wait for the card each time, which changes no value. It is turned off, but for --as-shipped.
"""
import argparse
import json
import os
import sys
import time


class OutOfTime(Exception):
    pass


OVER_ALL_ITEMS = ("GRU4Rec", "SASRec", "Caser")  # trained by softmax over all items: they draw no others


def put_back_what_has_moved():
    import numpy as np
    import torch

    for name, kind in {"float_": np.float64, "complex_": np.complex128, "unicode_": np.str_, "object_": object, "str_": str, "bool8": np.bool_}.items():
        if name not in np.__dict__:
            setattr(np, name, kind)
    load = torch.load
    torch.load = lambda *args, **named: load(*args, **{"weights_only": False, **named})  # its checkpoints hold a Config
    import scipy.sparse

    if not hasattr(scipy.sparse.dok_matrix, "_update"):
        scipy.sparse.dok_matrix._update = lambda self, values: self._dict.update(values)


def convolve_over_one_dimension(model):
    """Caser's horizontal filters cover a whole embedding: [batch, 1, items, width] by [filters, 1, height, width] is [batch, width, items] by [filters, width, height]."""
    import torch.nn.functional as F

    def forward(conv):
        return lambda x: F.conv1d(x.squeeze(1).transpose(1, 2), conv.weight.squeeze(1).transpose(1, 2), conv.bias).unsqueeze(3)

    for conv in model.conv_h:
        conv.forward = forward(conv)


def pad_with_nothing(model):
    """RecBole draws a vector for the item 0 that fills up short histories, too, and its softmax learns it as an item that is never right. Here it is zero, stays so, and is no item of the softmax."""
    model.item_embedding.weight.data[0] = 0
    loss_of = model.loss_fct.forward
    model.loss_fct.forward = lambda logits, items: loss_of(logits[:, 1:], items - 1)


def write_log(data, work):
    folder = os.path.join(work, "ml-100k")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(data, "u.data")) as log, open(os.path.join(folder, "ml-100k.inter"), "w") as inter:
        inter.write("user_id:token\titem_id:token\trating:float\ttimestamp:float\n")
        inter.writelines(log)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data")
    options.add_argument("work")
    options.add_argument("--model", required=True)
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--epochs", type=int, default=300)
    options.add_argument("--most-inputs", type=int, default=50, help="RecBole's MAX_ITEM_LIST_LENGTH")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--seconds", type=float, default=float("inf"), help="begin no epoch after so many; the best one so far is tested")
    options.add_argument("--batch-size", type=int)
    options.add_argument("--as-shipped", action="store_true", help="keep the detection of anomalies on, for times as its users see them")
    options.add_argument("--any-algorithm", action="store_true", help="RecBole's `reproducibility: False`: cuDNN may choose the fastest algorithm of a convolution")
    options.add_argument("--one-dimension", action="store_true", help="Caser's convolutions over items with the embedding as channels: the same sums, written so that libraries are fast")
    options.add_argument("--padding-of-zeros", action="store_true", help="the places that a short history leaves empty are zero, as this project's models have them, and no item that is learned")
    options.add_argument("--gpu", action="store_true", help="on the first CUDA device; seeds beside each other share it")
    asked = options.parse_args()
    put_back_what_has_moved()
    write_log(asked.data, asked.work)

    import torch

    torch.set_num_threads(asked.threads)
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.utils import get_model, get_trainer, init_seed

    sys.argv = sys.argv[:1]  # RecBole reads the command line, too
    config = Config(model=asked.model, dataset="ml-100k", config_dict={
        "data_path": asked.work,
        "checkpoint_dir": os.path.join(asked.work, "saved"),
        "load_col": {"inter": ["user_id", "item_id", "rating", "timestamp"]},
        "user_inter_num_interval": "[5,inf)",
        "item_inter_num_interval": "[5,inf)",
        "eval_args": {"split": {"LS": "valid_and_test"}, "group_by": "user", "order": "TO", "mode": "full"},
        **({"train_neg_sample_args": None} if asked.model in OVER_ALL_ITEMS else {}),
        **({"train_batch_size": asked.batch_size} if asked.batch_size else {}),
        "MAX_ITEM_LIST_LENGTH": asked.most_inputs,
        "seed": asked.seed,
        "reproducibility": not asked.any_algorithm,
        "epochs": asked.epochs,
        "use_gpu": asked.gpu,
        "show_progress": False,
        "state": "ERROR",
    })
    init_seed(config["seed"], config["reproducibility"])
    dataset = create_dataset(config)
    train, valid, test = data_preparation(config, dataset)
    init_seed(config["seed"], config["reproducibility"])
    model = get_model(config["model"])(config, train._dataset).to(config["device"])
    if asked.padding_of_zeros:
        pad_with_nothing(model)
    if asked.one_dimension:
        convolve_over_one_dimension(model)
    trainer = get_trainer(config["MODEL_TYPE"], config["model"])(config, model)
    torch.autograd.set_detect_anomaly(asked.as_shipped)

    out = open(os.path.join(asked.work, f"{asked.model}-{asked.seed}.jsonl"), "w")

    def tell(line):
        for file in (out, sys.stdout):
            file.write(json.dumps(line) + "\n")
            file.flush()

    tell({"model": asked.model, "seed": asked.seed, "threads": asked.threads, "device": torch.cuda.get_device_name() if asked.gpu else "cpu", "users": dataset.user_num - 1, "items": dataset.item_num - 1,
          "trainExamples": len(train._dataset), "parameters": sum(p.numel() for p in model.parameters())})
    train_epoch, validate = trainer._train_epoch, trainer._valid_epoch
    seen, began = {}, time.perf_counter()

    def timed_epoch(*args, **named):
        if time.perf_counter() - began > asked.seconds:
            raise OutOfTime
        start, before = time.perf_counter(), time.process_time()
        loss = train_epoch(*args, **named)
        seen.update(seconds=time.perf_counter() - start, processorSeconds=time.process_time() - before, loss=float(loss) / len(train))
        return loss

    def told_validation(*args, **named):
        start = time.perf_counter()
        score, result = validate(*args, **named)
        tell({**seen, "validSeconds": time.perf_counter() - start, "valid": {k: float(v) for k, v in result.items()}})
        return score, result

    trainer._train_epoch, trainer._valid_epoch = timed_epoch, told_validation
    stopped = "when it got no better, or all epochs were done"
    try:
        trainer.fit(train, valid, saved=True, show_progress=False, verbose=False)
    except OutOfTime:
        stopped = "out of time"
    tell({"stopped": stopped, "test": {k: float(v) for k, v in trainer.evaluate(test, load_best_model=True, show_progress=False).items()}})


if __name__ == "__main__":
    main()
