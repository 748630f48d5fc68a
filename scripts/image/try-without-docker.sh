#!/usr/bin/env bash
# Tries what the image would hold where no Docker engine runs: as process 1 and as its user, on a read-only root in
# which /data and /tmp alone can be written, without capabilities, and with no network but a loopback of its own. The
# system below, Node among it, is this machine's, or another Node with a folder whose native module fits it. Needs root.
#
#   scripts/image/try-without-docker.sh [NODE FOLDER]
set -euo pipefail

# The last stage of the Dockerfile, by hand.
assemble() {
  mkdir --parents "$image"/{app/dist,data,dev,proc,tmp,usr/local/bin}
  node scripts/build.mjs
  node scripts/native-module.mjs "$image/app" "$2"
  cp dist/*.mjs "$image/app/dist/"
  cp LICENSE "$image/app/"
  du --summarize --apparent-size --block-size=1 "$image/app" | awk '{ print "Added to the base image:", $1, "bytes" }'
  install "$1" "$image/usr/local/bin/node"
  ln --symbolic /app/dist/main.mjs "$image/usr/local/bin/mcp-kraken"
  chmod 0755 "$image"
  install --directory --owner=10001 --group=10001 --mode=0700 "$image/data"
}

mount_all() {
  ip link set lo up
  mount --bind "$image" "$image"
  for folder in usr/bin usr/lib usr/lib64 bin lib lib64; do
    [ -e "/$folder" ] || continue
    mkdir --parents "$image/$folder"
    mount --bind --options ro "/$folder" "$image/$folder"
  done
  mount --bind "$image/data" "$image/data"
  mount --types tmpfs --options mode=1777 tmpfs "$image/tmp"
  mount --types proc proc "$image/proc"
  mount --rbind /dev "$image/dev"
  mount --options remount,bind,ro "$image"
}

# Docker sets HOME to / for a user who is not in /etc/passwd.
contained=(env --ignore-environment PATH=/usr/local/bin:/usr/bin:/bin HOME=/ MCP_KRAKEN_TOKEN_DB=/data/tokens.db
  MCP_KRAKEN_STATE_DIR=/data setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs
  --bounding-set=-all --inh-caps=-all)

inside() { chroot "$image" "${contained[@]}" "$@"; }

try() {
  if inside touch /app/dist/written 2>/dev/null; then exit 1; fi
  inside mcp-kraken version
  unshare --pid --fork --kill-child chroot "$image" "${contained[@]}" mcp-kraken serve &
  local unshared=$!
  for _ in $(seq 50); do
    inside mcp-kraken health 2>/dev/null && break
    sleep 0.2
  done
  inside mcp-kraken health >/dev/null
  inside mcp-kraken token create try --json | grep --quiet '"token":"mck_'
  inside mcp-kraken token list | grep --quiet ' try '
  pkill --signal TERM --parent "$unshared"
  wait "$unshared"
  echo "Ended with 0"
  ls --numeric-uid-gid -lA "$image/data"
}

if [ "${1:-}" = --inside ]; then
  image=$2
  mount_all
  try
else
  script=$(readlink --canonicalize "$0")
  node=$(readlink --canonicalize "${1:-$(command -v node)}")
  cd "$(dirname "$script")/../.."
  image=$(mktemp --directory)
  trap 'rm --recursive --force "$image"' EXIT
  assemble "$node" "${2:-$PWD}"
  unshare --mount --net "$script" --inside "$image"
fi
