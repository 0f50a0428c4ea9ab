#!/bin/sh
# Make .venv from the locked requirements, with LeadLoop itself in it. Done once, and again when something it is made of changes.
set -eu

cd -- "$(dirname -- "$0")/.."
lock=requirements/dev.txt
stamp=.venv/.ready

# The folder counts too: an environment does not survive being moved.
made_of=$(pwd; cat "$lock" pyproject.toml src/leadloop/__init__.py scripts/environment.sh scripts/openmp.py | cksum)
version='import sys; print(sys.version_info[:2])'
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$made_of" ] && has=$(.venv/bin/python -c "$version" 2>/dev/null); then
    if [ -z "${PYTHON:-}" ] || [ "$has" = "$("$PYTHON" -c "$version" 2>/dev/null)" ]; then exit 0; fi
fi

python=$(sh scripts/python.sh)
echo "Making .venv with $python" >&2
rm -rf .venv
sh scripts/uv.sh venv --quiet --python "$python" .venv
sh scripts/uv.sh pip sync --quiet --python .venv/bin/python --require-hashes --only-binary :all: "$lock"
sh scripts/uv.sh pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
.venv/bin/python scripts/openmp.py
echo "$made_of" > "$stamp"
