#!/usr/bin/env bash
# Lays out what an installation holds, for the image and for install.sh: stage.sh DIRECTORY
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${1:?directory}
[ -f "$home/dist/bin/tandem.mjs" ] || { printf 'stage: build first: npm run build\n' >&2; exit 1; }
mkdir -p "$target/bin" "$target/dist" "$target/node_modules"
install -m 0755 "$(readlink -f "$home/node_modules/.bin/node")" "$target/bin/node"
install -m 0755 "$home/deploy/images/run" "$target/bin/run"
cp -R "$home/dist/bin" "$target/dist/"
cp -R "$home/deploy" "$home/examples" "$home/docs" "$home/lerna.json" "$target/"
# What the bundles leave outside: native code and what it loads.
for module in $("$target/bin/node" "$home/scripts/external-modules.ts"); do
  mkdir -p "$target/node_modules/$(dirname "$module")"
  cp -R "$home/node_modules/$module" "$target/node_modules/$module"
done
printf '#!/bin/sh\nhome=$(dirname "$(dirname "$(readlink -f "$0")")")\nexec "$home/bin/node" "$home/dist/bin/tandem.mjs" "$@"\n' >"$target/bin/tandem"
chmod 0755 "$target/bin/tandem"
