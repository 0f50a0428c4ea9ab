#!/bin/sh
# Run uv, the package installer, and get it first where the machine has none: into .build/uv, touching nothing else.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
private=$root/.build/uv

# A name on the PATH can be a shim that refuses to run, or a uv too old to know dependency groups.
recent() {
    version=$("$1" --version 2>/dev/null) || return 1
    version=${version#uv }
    minor=${version#*.}
    [ "${version%%.*}" -gt 0 ] || [ "${minor%%.*}" -ge 8 ]
}

fetch() {
    python=$(sh "$root/scripts/python.sh")
    echo "Getting uv into .build/uv" >&2
    rm -rf "$private"
    # Some machines forbid pip outside an environment, or make it install for the user; neither fits a private folder.
    PIP_REQUIRE_VIRTUALENV=0 PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
    export PIP_REQUIRE_VIRTUALENV PIP_USER PIP_DISABLE_PIP_VERSION_CHECK PIP_ROOT_USER_ACTION
    set -- install --quiet --require-hashes --only-binary :all: -r "$root/requirements/build.txt"
    if "$python" -m venv "$private" >/dev/null 2>&1; then
        "$private/bin/python" -m pip "$@" >&2
    elif rm -rf "$private" && "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip "$@" --target "$private" >&2
    else
        echo "$python has neither venv nor pip, so nothing can be installed." >&2
        echo "On Debian and Ubuntu they are a package of their own: apt-get install python3-venv" >&2
        exit 1
    fi
}

if recent uv; then
    uv=uv
else
    uv=$private/bin/uv
    recent "$uv" || fetch "$@"
fi

# uv does not read pip's settings. Where pip is told of another index or certificate, tell uv, and print neither.
pip_setting() {
    for python in "$(sh "$root/scripts/python.sh")" "$private/bin/python"; do
        for section in global install; do
            "$python" -m pip config get "$section.$1" 2>/dev/null && return
        done
    done || true
}
if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
    index=${PIP_INDEX_URL:-$(pip_setting index-url)}
    if [ -n "$index" ]; then export UV_DEFAULT_INDEX="$index"; fi
fi
if [ -z "${SSL_CERT_FILE:-}" ]; then
    certificate=${PIP_CERT:-$(pip_setting cert)}
    if [ -n "$certificate" ]; then export SSL_CERT_FILE="$certificate"; fi
fi
# Like pip, trust whom the machine trusts (a company's own certificate, say); uv on its own brings a list of its own.
if [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] || [ "$(uname)" = Darwin ]; then
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
fi

# The machine's own Python is the one to use: fetch no other.
UV_PYTHON_DOWNLOADS=never exec "$uv" "$@"
