#!/usr/bin/env bash
# Installs Tandem from this checkout below /usr/local and enables its systemd units.
#   deploy/install.sh prod staging      both clusters on this host
#   deploy/install.sh prod              one
#   deploy/install.sh --uninstall       stop, disable and remove the programs; data stays until `tandem down --purge`
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=/usr/local/lib/tandem
units=/etc/systemd/system

fail() {
  printf 'install: %s\n' "$*" >&2
  exit 1
}

uninstall() {
  local cluster
  for cluster in prod staging; do systemctl disable --now "tandem@$cluster.target" 2>/dev/null || true; done
  systemctl stop 'tandem-*' 2>/dev/null || true
  rm -f "$units"/tandem*.service "$units"/tandem*.target "$units"/tandem*.slice /usr/local/bin/tandem
  rm -rf "$target" /etc/tandem
  systemctl daemon-reload
}

[ "$(id -u)" = 0 ] || fail 'run as root'
if [ "${1:-}" = --uninstall ]; then
  uninstall
  exit 0
fi
[ $# -gt 0 ] || fail 'name the clusters this host carries: prod, staging or both'
for cluster in "$@"; do
  case "$cluster" in prod | staging) ;; *) fail "there is no cluster $cluster" ;; esac
done
mkdir -p /etc/tandem
bash "$home/deploy/images/stage.sh" "$target"
ln -sf "$target/bin/tandem" /usr/local/bin/tandem
printf 'CLUSTERS="%s"\nTANDEM_INIT_ARGS="%s"\n' "$*" "${TANDEM_INIT_ARGS:-}" >/etc/tandem/clusters
install -m 0644 "$home"/deploy/systemd/* "$units/"
systemctl daemon-reload
for cluster in "$@"; do systemctl enable --now "tandem@$cluster.target"; done
