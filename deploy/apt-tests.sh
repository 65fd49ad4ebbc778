#!/bin/sh
# The Debian packages that the tests need. A missing one is installed where that is allowed, and named where it is not.
set -eu
missing=""
for package in $(cat "$(dirname "$0")/apt-tests.txt"); do
    command -v "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "The tests need:$missing. On Debian: sudo apt install$missing" >&2
exit 1
