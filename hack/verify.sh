#!/usr/bin/env bash
# Regenerates everything that is generated and fails if that changed a file: somebody forgot to run make, or edited the
# result by hand. Changes that were there before do not count, so that it is of use before a commit, too. Then checks the
# go.mod of every module in the arguments.
set -euo pipefail
cd "$(dirname "$0")/.."

generated=(api/v1alpha1/zz_generated.deepcopy.go config/crd/bases config/rbac/role.yaml docs/reference/api.md)

# state is what git would see of the generated files, whether they are tracked already or not.
state() {
  git diff HEAD -- "${generated[@]}"
  git ls-files --others --exclude-standard -z -- "${generated[@]}" | while IFS= read -r -d "" file; do git hash-object "$file"; done
}

before=$(state)
make --no-print-directory generate manifests api-docs
if after=$(state); [[ $after != "$before" ]]; then
  git --no-pager diff HEAD -- "${generated[@]}" >&2
  git status --short -- "${generated[@]}" >&2
  echo "verify: generated files were out of date; commit what 'make generate manifests api-docs' made of them" >&2
  exit 1
fi

for module in "${@:?no modules to check: use make verify}"; do
  echo "go mod tidy -diff in $module"
  go -C "$module" mod tidy -diff || { echo "verify: run 'go mod tidy' in $module" >&2; exit 1; }
done
