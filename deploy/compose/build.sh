#!/usr/bin/env bash
# Builds the image of compose.yaml from this checkout: build.sh [BASE]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
rm -rf dist/image
bash deploy/images/stage.sh dist/image
docker build -q -f deploy/images/Dockerfile ${1:+--build-arg BASE=$1} -t "${TANDEM_IMAGE:-tandem:0.1.0}" .
