#!/bin/sh
# Make .venv with exactly what requirements.lock names, and the packages as they stand in this folder.
set -eu
cd "$(dirname "$0")/.."

python=$(scripts/find_python.sh)
if ! .venv/bin/python -c '' 2>/dev/null; then
    echo "Setting up .venv with $python ..."
    rm -rf .venv
    "$python" -m venv .venv
fi

uv=$(sed -n 's/^\(uv==[^ ;]*\).*/\1/p' requirements.lock)
if ! .venv/bin/uv --version 2>/dev/null | grep -qF "uv ${uv#uv==} "; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$uv"
fi

echo "Installing what requirements.lock names ..."
.venv/bin/uv pip sync --quiet --python .venv/bin/python requirements.lock
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps \
    --editable ./tap-seoshop --editable ./target-copernica --editable ./seoshop-copernica --editable ./sandbox \
    --editable ./tap-copernica-optouts --editable ./target-seoshop-optouts
touch .venv/.installed
