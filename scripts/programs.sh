#!/bin/bash
# Sees to it that the tests find the Debian programs they run for real. What is missing is reported as skipped by the
# tests that need it: never a failure here.
set -euo pipefail

declare -A package_of=(
    [chromium]=chromium
    [haproxy]=haproxy
    [pgbouncer]=pgbouncer
    [prometheus]=prometheus
    [promtool]=prometheus
    [varnishd]=varnish
)

# Daemons live in /usr/sbin, which is not on everybody's PATH.
PATH=$PATH:/usr/sbin
missing=()
for program in "${!package_of[@]}"; do
    command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
# Surrogate keys and saint mode are modules of Varnish, no program of their own.
if ! compgen -G "/usr/lib/*/varnish/vmods/libvmod_xkey.so" >/dev/null; then
    missing+=(varnish-modules)
fi
if [[ ${#missing[@]} == 0 ]]; then
    exit 0
fi
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
skipped="the tests that run them will be reported as skipped"
if [[ $(id -u) != 0 ]]; then
    echo "Missing (apt-get install ${missing[*]} as root): $skipped"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "Missing, and there is no apt-get to install ${missing[*]}: $skipped"
    exit 0
fi
echo "Installing from Debian: ${missing[*]}"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if { apt-get -qq update && apt-get -qq install --no-install-recommends -y "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    rm -f "$log"
else
    echo "${missing[*]} could not be installed (log: $log): $skipped"
fi
