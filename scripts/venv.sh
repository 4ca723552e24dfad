#!/bin/bash
# Makes or updates .venv from uv.lock: `venv.sh base` for running, `venv.sh peak` with the numerics of the peak desk,
# `venv.sh dev` for testing too.
# uv is taken from the PATH, else installed into .tools: nothing outside the checkout changes.
set -euo pipefail
cd "$(dirname "$0")/.."

uv_version=0.13.9
set_wanted=${1:?base, peak or dev}

fail() {
    echo "springtide: $*" >&2
    exit 1
}

find_uv() {
    local candidate
    for candidate in "$(command -v uv || true)" .tools/uv/bin/uv; do
        if [[ -n $candidate ]] && "$candidate" --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# The system's own Python before one that somebody built at home: distributions build theirs with profile guidance
# (docs/performance.md has the difference), and every user can read it, also the one the engines run as.
find_python() {
    local candidate
    for candidate in "${UV_PYTHON:-}" /usr/bin/python3 "$(command -v python3 || true)"; do
        if [[ -n $candidate ]] && is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed as python3 (Debian: apt-get install python3)"
}

install_uv() {
    local maker=$1
    "$maker" -c 'import ensurepip, venv' 2>/dev/null || maker=$(command -v python3 || true)
    [[ -n $maker ]] && "$maker" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "the venv module of python3 is missing (Debian: apt-get install python3-venv)"
    echo "Installing uv $uv_version into .tools" >&2
    rm -rf .tools/uv
    "$maker" -m venv .tools/uv >&2 || fail "python3 -m venv failed, see above"
    .tools/uv/bin/pip install --quiet --disable-pip-version-check "uv==$uv_version" >&2 ||
        fail "uv could not be installed: is a Python package index reachable?"
}

python=$(find_python)
uv=$(find_uv)
if [[ -z $uv ]]; then
    install_uv "$python"
    uv=.tools/uv/bin/uv
fi

# The machine's own Python, never a download. --inexact: `make up` leaves the tools of `make test` in place.
export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv
unset VIRTUAL_ENV
# The machine's certificates where it has any: a firm's proxy is known there, not in uv's own list.
if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
    export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}
fi
case $set_wanted in
    base) groups=(--no-dev --inexact) ;;
    peak) groups=(--no-dev --inexact --extra peak) ;;
    dev) groups=() ;;
    *) fail "unknown set $set_wanted" ;;
esac
echo "Bringing .venv up to date ($set_wanted)" >&2
"$uv" sync --frozen --quiet --python "$python" "${groups[@]}" || fail "uv could not make .venv, see above"

touch .venv/.base-is-current
if [[ $set_wanted == dev ]]; then
    touch .venv/.dev-is-current
fi
