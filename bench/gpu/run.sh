#!/usr/bin/env bash
# The GPU benchmarks, in the folder that pack.mjs made: builds, tests, compares with the CPU, measures, and puts all into one table.
#   bash run.sh cpu|cuda|vulkan [--model M.gguf] [--python PYTHON] [--libraries FOLDER] [--sizes 1,2,4,...] [--stage NAME]
# Stages, in this order: build tests peak models gradients tallrec speed profile table. A stage that is done is not done again (work/done/),
# so a call that was cut short is given again; --stage does one, also again.
#   --model      for the TALLRec run: the GGUF that pack.mjs was given
#   --python     with torch, transformers and peft: the peer; without it the table has our side only
#   --libraries  prebuilt libraries to build against instead of llama.bundle (vulkan); its plug-in: RECTUNE_DEVICE_LIBRARIES
set -euo pipefail
cd "$(dirname "$0")"
device=${1:?cpu, cuda or vulkan}
shift
model='' python='' libraries='' only='' sizes=1,2,4,8,16,32,64,128
while [ $# -gt 0 ]; do
  case $1 in
    --model) model=$(realpath "$2") ;;
    --python) python=$2 ;;
    --libraries) libraries=$(realpath "$2") ;;
    --sizes) sizes=$2 ;;
    --stage) only=$2 ;;
    *) echo "error: no option is called $1" >&2; exit 2 ;;
  esac
  shift 2
done
shapes=$(cd configs && ls init-*.json | sed 's/init-//; s/\.json//')
bin=work/native-$device results=work/results-$device
mkdir -p work/models work/done "$results"

build() { bash build.sh "$device" work ${libraries:+"$libraries"}; }

# test_device and test_cuda_kernels are the ones that ask for the device; the others hold on any machine.
tests() {
  ctest --test-dir "$bin" --output-on-failure --no-tests=error --parallel 4
  "$bin/test_device"
  "$bin/test_cuda_kernels"
}

peak() { "$bin/bench-device" "$device" peak ${PEAK_SIZE:-} >"$results/peak.jsonl"; }

# Random weights, stored in bf16, so that peer and device read the same numbers.
models() {
  for shape in $shapes; do
    [ -e "work/models/$shape.gguf" ] || {
      "$bin/rectune-native" init --config "configs/init-$shape.json" >work/init.jsonl
      "$bin/bench-quantise" "work/models/$shape-f32.gguf" "work/models/$shape.part" bf16 2>work/quantise.log
      rm "work/models/$shape-f32.gguf"
      mv "work/models/$shape.part" "work/models/$shape.gguf"
    }
    "$bin/bench-device" cpu adapter "work/models/$shape.gguf" "work/models/$shape-adapter.gguf" attn_q,attn_v 8
  done
}

of_shape() { echo "work/models/$1.gguf rows/$1.jsonl work/models/$1-adapter.gguf"; }

# With our own kernels, and on a card without them too: what they are worth, and a second opinion of what they compute. Not for the largest
# shape, whose transposes, which only the second way wants, would take minutes to make.
ways() { [ "$device" = cuda ] && [ "$1" != 7b ] && echo cuda cuda-ggml || echo "$device"; }

# On the CPU in f32 the smallest two shapes: the largest would take its time, and more memory than many machines have.
gradients() {
  : >"$results/gradients.jsonl"
  for shape in $shapes; do
    for way in $(ways "$shape"); do
      [ "$shape" = 7b ] || "$bin/bench-device" "$way" gradients $(of_shape "$shape") 2 >>"$results/gradients.jsonl"
    done
  done
}

# The same rows, order and start, on the CPU and on the device: losses stand side by side in the table.
tallrec() {
  if [ -z "$model" ] || [ ! -e configs/tallrec.json ]; then
    echo 'no TALLRec run: it wants --model, and a folder packed with --log and --model' >&2
    return
  fi
  ln -sf "$model" work/models/tallrec.gguf
  for where in cpu $([ "$device" = cpu ] || echo "$device"); do
    rm -rf "work/tallrec-$where"
    mkdir -p "work/tallrec-$where"
    sed "s/\"device\":\"[a-z]*\"/\"device\":\"$where\"/; s/\"threads\":[0-9]*/\"threads\":$(nproc)/; s|work/tallrec\"|work/tallrec-$where\"|" configs/tallrec.json >"work/tallrec-$where.json"
    "$bin/rectune-native" train --config "work/tallrec-$where.json" >"$results/events-$where.jsonl"
  done
}

# A process for each: a device that gives up for want of memory ends with lines, and takes no other measurement along.
speed() {
  for shape in $shapes; do
    for way in $(ways "$shape"); do
      "$bin/bench-device" "$way" speed $(of_shape "$shape") "$sizes" >"$results/speed-$way-$shape.jsonl" || [ -s "$results/speed-$way-$shape.jsonl" ]
    done
    [ -z "$python" ] || PYTHONPATH="work/llama/gguf-py${PYTHONPATH:+:$PYTHONPATH}" "$python" peft_step.py $(of_shape "$shape") "$sizes" "$device" \
      >"$results/peft-$shape.jsonl" || [ -s "$results/peft-$shape.jsonl" ]
  done
}

profile() {
  for shape in $shapes; do
    "$bin/bench-device" "$device" profile $(of_shape "$shape") "${PROFILE_ROWS:-8}" >"$results/profile-$shape.jsonl"
  done
}

table() { "$bin/bench-device-table" "$results" "$results.json"; }

for stage in ${only:-build tests peak models gradients tallrec speed profile table}; do
  mark=work/done/$stage-$device
  if [ -n "$only" ] || [ ! -e "$mark" ] || [ "$stage" = table ]; then
    echo "== $stage" >&2
    "$stage"
    touch "$mark"
  fi
done
