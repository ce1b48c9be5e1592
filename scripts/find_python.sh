#!/bin/sh
# Print the first Python that can make this project's environment: 3.11 or later, able to make a virtual one.
# A Python that PYTHON names is the only candidate.
set -eu

usable='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
old=
for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    for candidate in $(command -v "$name" 2>/dev/null || true) "/usr/bin/$name" "/usr/local/bin/$name"; do
        if [ -x "$candidate" ] && "$candidate" -c "$usable" >/dev/null 2>&1; then
            "$candidate" -c 'import sys; print(sys.executable)'
            exit 0
        fi
        if [ -x "$candidate" ] && [ -z "$old" ]; then
            old=" $candidate is $("$candidate" --version 2>&1 | head -n 1), which is too old or lacks that module."
        fi
    done
done
echo "No Python 3.11 or later with its venv module was found.$old Install one (on Debian and Ubuntu: python3 and" \
     "python3-venv), or name it: make PYTHON=/path/to/python3 ..." >&2
exit 1
