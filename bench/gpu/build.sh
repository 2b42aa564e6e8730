#!/usr/bin/env bash
# Builds llama.cpp of the pinned release for a device, and native/ with its tests and benchmarks against it. No Node, no network.
#   bash build.sh cpu|cuda WORK                      from llama.bundle; cuda for the architectures in CUDA_ARCHITECTURES (90: H100, H200)
#   bash build.sh vulkan WORK LIBRARIES              against prebuilt libraries of the release (the plug-in is found by run.sh)
# Run again, it compiles only what is missing: a call that was cut short goes on where it stopped.
set -euo pipefail
device=$1 work=$2 prebuilt=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$work"
work=$(cd "$work" && pwd)
jobs=${JOBS:-$(nproc)}

if [ ! -d "$work/llama" ]; then
  rm -rf "$work/llama.part"
  git -c advice.detachedHead=false clone --quiet "$here/llama.bundle" "$work/llama.part"
  mv "$work/llama.part" "$work/llama"
fi

libraries=$prebuilt
if [ -z "$prebuilt" ]; then
  # Flash attention is the larger half of the CUDA build, and no pass of ours asks for it. Collective communication is for several cards.
  settings=(-DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=ON -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TESTS=OFF
    -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF)
  case $device in
    cpu) ;;
    cuda) settings+=(-DGGML_CUDA=ON "-DCMAKE_CUDA_ARCHITECTURES=${CUDA_ARCHITECTURES:-90}" -DGGML_CUDA_FA=OFF -DGGML_CUDA_NCCL=OFF) ;;
    *) echo "error: $device is built against prebuilt libraries: bash build.sh $device WORK LIBRARIES" >&2; exit 2 ;;
  esac
  cmake -S "$work/llama" -B "$work/llama-$device" -G Ninja "${settings[@]}" >"$work/configure-llama.log"
  ninja -C "$work/llama-$device" -j "$jobs" llama
  libraries=$work/llama-$device/bin
fi

# Our own kernels are compiled for the same cards.
own=()
[ "$device" != cuda ] || own=(-DRECTUNE_CUDA=ON "-DCMAKE_CUDA_ARCHITECTURES=${CUDA_ARCHITECTURES:-90}")
cmake -S "$here/native" -B "$work/native-$device" -G Ninja -DCMAKE_BUILD_TYPE=Release "${own[@]}" \
  "-DRECTUNE_LLAMA_SOURCE=$work/llama" "-DRECTUNE_LLAMA_LIBRARIES=$libraries" >"$work/configure-native.log"
ninja -C "$work/native-$device" -j "$jobs" rectune-native native-tests
