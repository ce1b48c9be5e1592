#!/bin/sh
# Run pytest (arguments after the first) on another Python, such as 3.13, in an environment of its own.
# Where that Python is not installed, say so and leave.
set -eu
cd "$(dirname "$0")/.."

version=$1
shift

found=
for candidate in "$(command -v "python$version" || true)" "$HOME/.pyenv/versions/$version"*/bin/python \
    "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version"*/bin/python "/usr/bin/python$version"; do
    # A shim may be found and yet not run.
    if [ -n "$candidate" ] && "$candidate" -c 'import venv' >/dev/null 2>&1; then
        found=$candidate
        break
    fi
done
if [ -z "$found" ]; then
    echo "Python $version is not installed here: the tests were not run on it."
    exit 0
fi

place=.venv-$version
if [ requirements.lock -nt "$place/.installed" ] || ! "$place/bin/python" -c '' 2>/dev/null; then
    echo "Setting up $place with $found ..."
    .venv/bin/uv venv --quiet --clear --python "$found" "$place"
    .venv/bin/uv pip sync --quiet --python "$place/bin/python" requirements.lock
    .venv/bin/uv pip install --quiet --python "$place/bin/python" --no-deps \
        --editable ./tap-seoshop --editable ./target-copernica --editable ./seoshop-copernica --editable ./sandbox \
        --editable ./tap-copernica-optouts --editable ./target-seoshop-optouts
    touch "$place/.installed"
fi
exec "$place/bin/python" -m pytest "$@"
