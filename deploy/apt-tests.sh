#!/bin/sh
# The Debian packages that tests need: a list of commands, each with the package that brings it. A missing one is
# installed where that is allowed, and named where it is not. One that is only `wished` makes the tests quicker: where it
# cannot be had they do without it.
set -eu
list="${1:-$(dirname "$0")/apt-tests.txt}"
missing=""
wished=""
while read -r command package how; do
    command -v "$command" >/dev/null 2>&1 && continue
    if [ "${how:-}" = wished ]; then wished="$wished $package"; else missing="$missing $package"; fi
done <"$list"
[ -z "$missing$wished" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2086 - words of a list of our own
    get() { DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
    apt-get update -qq || true
    [ -z "$wished" ] || get $wished || echo "Without$wished the tests take longer." >&2
    [ -z "$missing" ] || get $missing
    exit 0
fi
[ -z "$missing" ] && exit 0
echo "The tests need:$missing. On Debian: sudo apt install$missing" >&2
exit 1
