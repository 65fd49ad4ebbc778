#!/bin/sh
# The Debian packages that tests need: a list of commands, each with the package that brings it. A missing one is
# installed where that is allowed, and named where it is not.
set -eu
list="${1:-$(dirname "$0")/apt-tests.txt}"
missing=""
while read -r command package; do
    command -v "$command" >/dev/null 2>&1 || missing="$missing $package"
done <"$list"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2086 - words of a list of our own
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "The tests need:$missing. On Debian: sudo apt install$missing" >&2
exit 1
