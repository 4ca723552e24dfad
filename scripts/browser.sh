#!/bin/bash
# Sees to it that the browser tests find Debian's Chromium. Without it they are reported as skipped: never a failure here.
set -euo pipefail

if command -v chromium >/dev/null; then
    exit 0
fi
skipped="the browser tests will be reported as skipped"
if [[ $(id -u) != 0 ]]; then
    echo "Chromium is missing (apt-get install chromium as root): $skipped"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "Chromium is missing and there is no apt-get to install it: $skipped"
    exit 0
fi
echo "Installing Chromium from Debian"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if { apt-get -qq update && apt-get -qq install --no-install-recommends -y chromium; } >"$log" 2>&1 </dev/null; then
    rm -f "$log"
else
    echo "Chromium could not be installed (log: $log): $skipped"
fi
