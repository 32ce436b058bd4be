#!/usr/bin/env bash
# Regenerates everything that is generated and fails if that changed a file: somebody forgot to run make, or edited the
# result by hand. Changes that were there before do not count, so that it is of use before a commit, too.
set -euo pipefail
cd "$(dirname "$0")/.."

# state is what git sees: changes to tracked files, and the names and contents of untracked ones.
state() {
  git diff HEAD
  git ls-files --others --exclude-standard -z | xargs -0 -r git hash-object
  git status --porcelain
}

before=$(state)
make generate manifests api-docs
if after=$(state); [[ $after != "$before" ]]; then
  diff <(printf '%s\n' "$before") <(printf '%s\n' "$after") >&2 || true
  echo "verify: generated files were out of date; commit what 'make generate manifests api-docs' made of them" >&2
  exit 1
fi

for module in . hack/assets hack/lint hack/tools; do
  echo "go mod tidy -diff in $module"
  go -C "$module" mod tidy -diff || { echo "verify: run 'go mod tidy' in $module" >&2; exit 1; }
done
