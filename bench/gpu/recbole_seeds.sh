#!/usr/bin/env bash
# RecBole's models of sequences with several seeds on a card: the peer of `node bench/fit-sequences.mjs`, which a CPU takes hours for.
#   bash recbole_seeds.sh ML-100K WORK --python PYTHON [--models GRU4Rec,SASRec] [--seeds 1,2,3,4,5] [--at-once 3] [--seconds S] [--with 'OPTIONS OF recbole_models.py']
# PYTHON has torch and RecBole (bench/peers/requirements-recbole.txt; with a newer NumPy and pandas it runs, too). A seed that has ended is not
# fitted again. --seconds begins no epoch after so many: what ended so is fitted anew by the next call.
#
# Seeds that share a card slow each other down, and Caser's fifty convolutions, one after another, slow down all others: ask for it alone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$(realpath "${1:?the folder of MovieLens-100K}") work=${2:?a folder to write to}
shift 2
python='' models=GRU4Rec,SASRec seeds=1,2,3,4,5 at_once=3 seconds='' with=''
while [ $# -gt 0 ]; do
  case $1 in
    --python) python=$2 ;;
    --models) models=$2 ;;
    --seeds) seeds=$2 ;;
    --at-once) at_once=$2 ;;
    --seconds) seconds=$2 ;;
    --with) with=$2 ;;
    *) echo "error: no option is called $1" >&2; exit 2 ;;
  esac
  shift 2
done
[ -n "$python" ] || { echo 'error: name the Python that has RecBole: --python PYTHON' >&2; exit 2; }
peer=$here/recbole_models.py # beside this file where both were copied to a machine with a card
[ -e "$peer" ] || peer=$here/../peers/recbole_models.py

fit() {
  local model=$1 seed=$2 folder=$work/$1-$2
  grep -qs '"stopped": "when' "$folder/$model-$seed.jsonl" && return
  mkdir -p "$folder"
  OMP_NUM_THREADS=1 "$python" -W ignore "$peer" "$data" "$folder" --model "$model" --seed "$seed" --threads 1 --gpu ${seconds:+--seconds "$seconds"} $with >"$folder/output.txt" 2>&1 ||
    { echo "$model, seed $seed:" >&2; tail -3 "$folder/output.txt" >&2; }
}

for model in ${models//,/ }; do
  for seed in ${seeds//,/ }; do
    while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n || true; done
    fit "$model" "$seed" &
  done
done
wait
for model in ${models//,/ }; do
  for seed in ${seeds//,/ }; do
    lines=$work/$model-$seed/$model-$seed.jsonl
    [ ! -e "$lines" ] || echo "$model, seed $seed: $(grep -c '"valid"' "$lines" || true) epochs, $(tail -1 "$lines")"
  done
done
