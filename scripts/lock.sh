#!/bin/sh
# Pin every package with its hashes, for all platforms and Pythons at once. Pins stay as they are where they still fit;
# with UPGRADE=1 each moves to the newest release.
set -eu

cd -- "$(dirname -- "$0")/.."

lock() {
    into=$1
    shift
    echo "requirements/$into" >&2
    sh scripts/uv.sh pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --output-file "requirements/$into" "$@"
}

# The whole comes first, and the parts follow it: one version of each package in every file.
lock dev.txt ${UPGRADE:+--upgrade} pyproject.toml --extra train --extra mlflow --extra postgres --extra otel --extra client --extra calls \
    --extra notify --extra dask --extra docs --group build --group dev
server="--extra postgres --extra otel --extra calls --extra notify"
lock train.txt --upgrade --constraint requirements/dev.txt pyproject.toml $server --extra train
lock serve.txt --upgrade --constraint requirements/dev.txt pyproject.toml $server
lock base.txt --upgrade --constraint requirements/dev.txt pyproject.toml
lock build.txt --upgrade --constraint requirements/dev.txt --group build
lock recommender.txt --upgrade --constraint requirements/dev.txt pyproject.toml $server --extra train --extra recommender --group dev
lock mlflow.txt --upgrade --constraint requirements/dev.txt pyproject.toml --group mlflow-server
lock bentoml.txt --upgrade --constraint requirements/base.txt pyproject.toml --group bentoml-server
lock mutants.txt --upgrade --constraint requirements/dev.txt --group mutants
# Not held to the rest: gbstats asks for older releases.
lock oracles.txt --upgrade --group oracles

# Which index the packages came from is each machine's own business.
if grep -nE '://|^--|@ ' requirements/*.txt; then
    echo "These lines name an address; the locked requirements may hold none." >&2
    exit 1
fi
