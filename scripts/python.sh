#!/bin/sh
# Print the Python to use: the one named in PYTHON, else the first on the PATH that LeadLoop runs on.
set -eu

suits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))'
# Ask each one: a name on the PATH can be a shim that refuses to run.
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3.14 python3 python}; do
    if "$candidate" -c "$suits" 2>/dev/null; then
        exec "$candidate" -c 'import sys; print(sys.executable)'
    fi
done

if [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is not a Python 3.11, 3.12, 3.13 or 3.14 that runs. Name another, or leave PYTHON out." >&2
else
    echo "LeadLoop needs Python 3.11 or newer (up to 3.14), and none was found on the PATH." >&2
    echo "Install it (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.13)," >&2
    echo "or name the one to use: make demo PYTHON=/path/to/python3.13" >&2
fi
exit 1
