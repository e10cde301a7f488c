#!/usr/bin/env bash
# Everything that needs an NVIDIA GPU:  benches/gpu.sh RESULTS [--built FOLDER] [options of gpu.py]
# What is found is in RESULTS as soon as it is known, and is not asked again: where a machine is lent for some minutes only,
# call it again with the same RESULTS (`--minutes 9` ends it in time). Nothing is downloaded.
#
#   benches/gpu.sh --build FOLDER    puts the four programs into FOLDER, on any machine with the CUDA toolkit; with FOLDER carried
#                                    along, the machine with the GPU needs no toolkit and no Rust, only torch, transformers, safetensors.
# ROLLSCOPE_FEATURES: `flash3` (Hopper, the default), `flash` (Ampere, Ada) or `cuda` (no flash attention).
set -euo pipefail
cd "$(dirname "$0")/.."

build() {
  local features=${ROLLSCOPE_FEATURES:-flash3} to
  mkdir -p "$1"
  to=$(cd "$1" && pwd)
  cargo build --release --locked --features "$features"
  {
    cargo test --release --locked --features "$features" --no-run --lib --test engine --message-format json
    cargo bench --locked --features "$features" --no-run --bench prefill --message-format json
  } | python3 -c '
import json, shutil, sys
for line in sys.stdin:
    one = json.loads(line) if line.startswith("{") else {}
    if one.get("executable") and (one["profile"]["test"] or one["target"]["kind"] == ["bench"]):
        name = "unit" if one["target"]["kind"] == ["lib"] else one["target"]["name"]
        shutil.copy(one["executable"], sys.argv[1] + "/" + name)
' "$to"
  cp "${CARGO_TARGET_DIR:-target}/release/rollscope" "$to/rollscope"
  ls -l "$to"
}

if [ "${1:-}" = --build ]; then
  build "${2:?a folder for the programs}"
  exit
fi
results=${1:?a folder for the results}
shift
built=target/gpu
if [ "${1:-}" = --built ]; then
  built=${2:?the folder that --build filled}
  shift 2
else
  build "$built"
fi
# The libraries that PyTorch brought, where no toolkit is installed; the driver's own comes with the driver.
libraries=$(python3 -c 'import nvidia; print(list(nvidia.__path__)[0] + "/cu13/lib")' 2>/dev/null || true)
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}${libraries:+:$libraries}" CARGO_MANIFEST_DIR=$PWD PYTHONUNBUFFERED=1
if ldd "$built/rollscope" | grep 'not found'; then
  echo "libraries are missing: put those of CUDA 13 on LD_LIBRARY_PATH" >&2
  exit 1
fi
exec python3 benches/gpu.py "$results" --built "$built" "$@"
