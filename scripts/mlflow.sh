#!/bin/sh
# Make .build/mlflow: a real MLflow server, and with the locked base requirements what serving a version needs. LeadLoop itself
# is not in it; tests put it on the path. Done once, and again when the locked packages change.
set -eu

cd -- "$(dirname -- "$0")/.."
place=.build/mlflow
made_of=$(pwd; cat requirements/mlflow.txt scripts/mlflow.sh | cksum)
if [ -f "$place/.ready" ] && [ "$(cat "$place/.ready")" = "$made_of" ]; then exit 0; fi

sh scripts/uv.sh venv --quiet --clear --python "$(sh scripts/python.sh)" "$place"
sh scripts/uv.sh pip sync --quiet --python "$place/bin/python" --require-hashes --only-binary :all: requirements/mlflow.txt
echo "$made_of" > "$place/.ready"
