#!/usr/bin/env bash
# Installs Tandem from this checkout below /usr/local and enables its systemd units.
#   deploy/install.sh prod staging      both clusters on this host
#   deploy/install.sh prod              one
#   deploy/install.sh --uninstall       stops, disables and removes the programs; pods run on and data stay
#   deploy/install.sh --uninstall --purge    and removes every trace of the clusters too
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
  systemctl stop 'tandem-*' tandem.slice 2>/dev/null || true
  # While the program that knows how is still there.
  [ "${1:-}" != --purge ] || /usr/local/bin/tandem down --purge
  rm -f "$units"/tandem*.service "$units"/tandem*.target "$units"/tandem*.slice /usr/local/bin/tandem
  rm -rf "$target" /etc/tandem
  systemctl daemon-reload
}

[ "$(id -u)" = 0 ] || fail 'run as root'
if [ "${1:-}" = --uninstall ]; then
  uninstall "${2:-}"
  exit 0
fi
[ $# -gt 0 ] || fail 'name the clusters this host carries: prod, staging or both'
for cluster in "$@"; do
  case "$cluster" in prod | staging) ;; *) fail "there is no cluster $cluster" ;; esac
done
bash "$home/scripts/setup" host
mkdir -p /etc/tandem
bash "$home/deploy/images/stage.sh" "$target"
ln -sf "$target/bin/tandem" /usr/local/bin/tandem
printf 'CLUSTERS="%s"\nTANDEM_INIT_ARGS="%s"\n' "$*" "${TANDEM_INIT_ARGS:-}" >/etc/tandem/clusters
install -m 0644 "$home"/deploy/systemd/* "$units/"
systemctl daemon-reload
# By itself, for the targets only want their components and would not tell of its failure.
systemctl start tandem-init.service
for cluster in "$@"; do systemctl enable --now "tandem@$cluster.target"; done
