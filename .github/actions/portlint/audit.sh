#!/usr/bin/env bash
# Inputs in PORTLINT_* -> annotations, a summary, SARIF, Markdown, outputs, and portlint's exit code.
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
work=$RUNNER_TEMP/portlint
mkdir -p "$work"
report=$work/report.json
sarif=${PORTLINT_SARIF:-$work/report.sarif}
comment=${PORTLINT_COMMENT:-$work/comment.md}
rm -f -- "$report" "$sarif" "$comment" # of an earlier step of this job

words=(--output "json=$report" --output "sarif=$sarif" --output "markdown=$comment")
flag() { if [ -n "$2" ]; then words+=("$1=$2"); fi; }
flag --chip "$PORTLINT_CHIP"
flag --stack "$PORTLINT_STACK"
flag --workload "$PORTLINT_WORKLOAD"
flag --fail-on "$PORTLINT_FAIL_ON"
flag --max-score "$PORTLINT_MAX_SCORE"
flag --baseline "$PORTLINT_BASELINE"
flag --diff-base "$PORTLINT_DIFF_BASE"
while IFS= read -r model; do flag --model "$model"; done <<<"$PORTLINT_MODELS"

# Annotations come from what is printed; a problem matcher would show each of them twice.
case $PORTLINT_ANNOTATIONS in
true) words+=(--format github) ;;
false) words+=(--format concise) ;;
*) echo "annotations: write true or false" >&2 && exit 2 ;;
esac

words+=(--)
while IFS= read -r path; do
    if [ -n "$path" ]; then words+=("$path"); fi
done <<<"$PORTLINT_PATHS"

code=0
"$PORTLINT_PYTHON" -P -m portlint audit "${words[@]}" || code=$?
if [ -d "$PORTLINT_CACHE_DIR" ]; then echo "kept=true" >>"$GITHUB_OUTPUT"; fi
"$PORTLINT_PYTHON" "$here/outputs.py" "$report" "$sarif" "$comment" "$code"
exit "$code"
