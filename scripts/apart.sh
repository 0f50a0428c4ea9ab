#!/bin/sh
# Make .build/NAME from requirements/NAME.txt: what only one command needs, and too much for everybody's environment. LeadLoop
# itself is not in it; whoever runs it puts LeadLoop on the path. Done once, and again when the locked packages change.
#     sh scripts/apart.sh mlflow
set -eu

cd -- "$(dirname -- "$0")/.."
place=.build/$1
lock=requirements/$1.txt
made_of=$(pwd; cat "$lock" scripts/apart.sh | cksum)
if [ -f "$place/.ready" ] && [ "$(cat "$place/.ready")" = "$made_of" ]; then exit 0; fi

sh scripts/uv.sh venv --quiet --clear --python "$(sh scripts/python.sh)" "$place"
sh scripts/uv.sh pip sync --quiet --python "$place/bin/python" --require-hashes --only-binary :all: "$lock"
echo "$made_of" > "$place/.ready"
