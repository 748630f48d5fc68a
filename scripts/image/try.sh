#!/usr/bin/env bash
# Tries a built image as compose.yml runs it: read-only, without capabilities, and with a volume of its own.
#
#   scripts/image/try.sh IMAGE
set -euo pipefail
image=$1

container=$(docker run --detach --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges "$image")
trap 'docker logs "$container" >&2; docker rm --force --volumes "$container" >/dev/null' EXIT

health() { docker inspect --format '{{.State.Health.Status}}' "$container"; }
for _ in $(seq 60); do
  [ "$(health)" = starting ] || break
  sleep 1
done
[ "$(health)" = healthy ]

[ "$(docker exec "$container" id --user)" = 10001 ]
docker exec "$container" mcp-kraken version
docker exec "$container" mcp-kraken token create try --json | grep --quiet '"token":"mck_'
docker exec "$container" mcp-kraken token list | grep --quiet try

docker stop -t 40 "$container" >/dev/null
[ "$(docker inspect --format '{{.State.ExitCode}}' "$container")" = 0 ]
docker image inspect --format "$image has {{.Size}} bytes" "$image"
