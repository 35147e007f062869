#!/usr/bin/env bash
# Inputs in PORTLINT_* -> portlint installed; the output `python` is the interpreter that has it.
set -euo pipefail

python=${PORTLINT_PYTHON:-$(command -v python3 || command -v python)}
case $python in
*$'\n'*) echo "python: one path is wanted" >&2 && exit 2 ;;
esac
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "portlint needs Python 3.11 or newer, as actions/setup-python installs it" >&2
    exit 2
fi

# -P: the working directory is the audited repository, and nothing of it may be imported.
if [ -z "$PORTLINT_PYTHON" ]; then
    home=$RUNNER_TEMP/portlint-env
    "$python" -P -m venv "$home"
    python=$home/bin/python
    [ -x "$python" ] || python=$home/Scripts/python.exe # Windows
fi

# The runner has checked out all of the action's repository: this is portlint at the same revision.
what=${PORTLINT_VERSION:-$GITHUB_ACTION_PATH/../../..}
if [ "$what" != none ]; then
    "$python" -P -m pip install --quiet --disable-pip-version-check -- "$what"
fi
"$python" -P -m portlint --version
printf 'python=%s\n' "$python" >>"$GITHUB_OUTPUT"
