#!/bin/sh
# Run pytest (arguments after the first) on another Python, such as 3.13, in an environment of its own.
# Where that Python is not installed, say so and leave. With SDK=pre on the newest singer-sdk there is, pre-releases
# too, or not at all where the lock has that one.
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

place=.venv-$version sdk=
if [ "${SDK:-}" = pre ]; then
    sdk=$(echo 'singer-sdk[msgspec,testing]' | .venv/bin/uv pip compile --quiet --prerelease allow --no-deps \
        --no-header --no-annotate --python "$found" -) || {
        echo "No package index could be asked for a newer singer-sdk: nothing was run on one."
        exit 0
    }
    if grep -qF "singer-sdk==${sdk##*==}" requirements.lock; then
        echo "There is no singer-sdk after ${sdk##*==}, which the lock has: nothing was run on a newer one."
        exit 0
    fi
    echo "On ${sdk}:"
    place=$place-${sdk##*==}
fi
if [ requirements.lock -nt "$place/.installed" ] || ! "$place/bin/python" -c '' 2>/dev/null; then
    echo "Setting up $place with $found ..."
    .venv/bin/uv venv --quiet --clear --python "$found" "$place"
    .venv/bin/uv pip sync --quiet --python "$place/bin/python" requirements.lock
    [ -z "$sdk" ] || .venv/bin/uv pip install --quiet --prerelease allow --python "$place/bin/python" "$sdk"
    .venv/bin/uv pip install --quiet --python "$place/bin/python" --no-deps \
        --editable ./tap-seoshop --editable ./target-copernica --editable ./seoshop-copernica --editable ./sandbox \
        --editable ./tap-copernica-optouts --editable ./target-seoshop-optouts
    touch "$place/.installed"
fi
exec "$place/bin/python" -m pytest "$@"
