#!/usr/bin/env bash
# Everything that needs an NVIDIA GPU, in one call:  benches/gpu.sh OUT
#   1. the engine's tests, every case computed on the card (with ROLLSCOPE_REFERENCE=FOLDER also those of reference_models.py);
#   2. prefill beside transformers on the same card (OUT takes the random checkpoints: some 90 GB for all four).
# Needs the CUDA toolkit (nvcc) to build, and torch and transformers with CUDA for the second part.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?a folder for the checkpoints}
export ROLLSCOPE_DEVICE=cuda
cargo test --release --features cuda --test engine
python3 benches/gpu.py "$out" "${@:2}"
