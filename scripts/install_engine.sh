#!/bin/sh
# Make .venv-NAME with exactly what deploy/NAME/requirements.lock names, and our three packages as they stand here.
set -eu
cd "$(dirname "$0")/.."

engine=$1
into=.venv-$engine
lock=deploy/$engine/requirements.lock
echo "Installing what $lock names into $into ..."
.venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python "$into"
.venv/bin/uv pip sync --quiet --python "$into/bin/python" "$lock"
.venv/bin/uv pip install --quiet --python "$into/bin/python" --no-deps \
    --editable ./tap-seoshop --editable ./target-copernica --editable ./seoshop-copernica
touch "$into/.installed"
