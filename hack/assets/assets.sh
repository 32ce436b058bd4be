#!/usr/bin/env bash
# Finds or makes a Kubernetes control plane for tests and the demo: etcd, kube-apiserver, kube-controller-manager
# and kubectl. The last line of stdout is the directory that holds them; everything said on the way goes to stderr.
#
# In this order: $KUBEBUILDER_ASSETS; the user's cache; what setup-envtest can download; a build from the Go modules
# that go.mod beside this script pins. The last needs nothing but Go and a module proxy, and a few minutes, once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$here/../tools
binaries='etcd kube-apiserver kube-controller-manager kubectl'

say() { printf 'assets: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# pinned prints the version of a module that go.mod requires.
pinned() { awk -v module="$1" '$1 == module && $2 ~ /^v/ { print $2; exit }' "$here/go.mod"; }

# --- What somebody else provides -------------------------------------------------------------------------------------

use_given() {
  local name missing=''
  for name in $binaries; do
    [[ -x $1/$name ]] || missing+=" $name"
  done
  [[ -z $missing ]] || die "KUBEBUILDER_ASSETS is $1, but this is not there or not executable:$missing." \
    'Add it (setup-envtest does not ship kube-controller-manager), or unset KUBEBUILDER_ASSETS to have everything made here.'
  (cd "$1" && pwd)
}

# --- The cache -------------------------------------------------------------------------------------------------------

checksums() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

# intact says whether a cache directory is whole: the list of checksums is written last, so a build that was cut short
# has none, and a file that was truncated, replaced or lost since does not match it.
intact() {
  local name
  for name in $binaries; do
    [[ -x $1/$name ]] || return 1
  done
  (cd "$1" && checksums --check --status SHA256SUMS 2>/dev/null)
}

# lock makes a second `make` wait for the first instead of building the same again. Without flock (macOS) it is a
# directory that names its owner, so that one left by a killed process is recognised.
lock() {
  if command -v flock >/dev/null; then
    exec 9>"$1"
    flock --nonblock 9 || { say 'another make is at it; waiting for it to finish'; flock 9; }
    return
  fi
  local owner
  until mkdir "$1.d" 2>/dev/null; do
    owner=$(cat "$1.d/pid" 2>/dev/null) || { sleep 1; owner=$(cat "$1.d/pid" 2>/dev/null) || owner=0; }
    if [[ $owner == 0 ]] || ! kill -0 "$owner" 2>/dev/null; then rm -rf "$1.d"; else sleep 1; fi
  done
  echo $$ >"$1.d/pid"
  lockdir=$1.d
}

# --- Making it -------------------------------------------------------------------------------------------------------

# download copies into $1 what setup-envtest has, or can get. Asking what there is comes first and has little time: behind
# a firewall that swallows packets nobody should wait long for what cannot come.
download() {
  local minor=${kubernetes#v} envtest found
  minor=${minor%.*}
  command -v timeout >/dev/null || return 0
  envtest=$(go -C "$tools" tool -n setup-envtest 2>/dev/null) || return 0
  found=$("$envtest" use "$minor.x" --installed-only --print path 2>/dev/null) || {
    say "asking setup-envtest for Kubernetes $minor (20 s at most)"
    timeout 20 "$envtest" list "$minor.x" >/dev/null 2>&1 && found=$(timeout 300 "$envtest" use "$minor.x" --print path)
  } || { say 'no download possible; building from the Go modules instead'; return 0; }
  say "taking what setup-envtest has in $found"
  cp "$found"/* "$1/"
}

# borrow_kubectl takes the kubectl on the PATH if Kubernetes supports it against this apiserver: one minor version apart at most.
borrow_kubectl() {
  local theirs ours=${kubernetes#v1.}
  theirs=$(kubectl version --client -o json 2>/dev/null | sed -nE 's/.*"gitVersion": *"v1\.([0-9]+)\..*/\1/p' | head -n1) || return 1
  [[ -n $theirs ]] || return 1
  ours=${ours%%.*}
  ((theirs - ours <= 1 && ours - theirs <= 1)) || return 1
  cp "$(command -v kubectl)" "$1/kubectl"
  # A kubectl that is only a front for another one does not survive being copied.
  runs "$1/kubectl" >/dev/null 2>&1 || { rm -f "$1/kubectl"; return 1; }
  say "kubectl: the one on the PATH (v1.$theirs)"
}

# build compiles one binary into $1. A release's own build sets the version by the same linker flags; without them the
# apiserver calls itself v0.0.0 and clients that look at the version go wrong.
build() {
  local into=$1 name=$2 package=$3 estimate=$4 flags='-s -w' started=$SECONDS variable
  for variable in gitVersion="$kubernetes" gitMajor=1 gitMinor="$(cut -d. -f2 <<<"$kubernetes")" gitTreeState=clean; do
    flags+=" -X k8s.io/component-base/version.$variable -X k8s.io/client-go/pkg/version.$variable"
  done
  say "building $name: $estimate"
  (cd "$here" && go build -v -o "$into/$name" -trimpath -buildvcs=false -ldflags "$flags" "$package" 2>&1) | progress "$name"
  say "built $name in $((SECONDS - started)) s"
}

# progress turns the list of packages that `go build -v` prints into a line now and then, and passes on what is not one.
progress() {
  local line packages=0 modules=0 started=$SECONDS next=$((SECONDS + 20))
  while IFS= read -r line; do
    case $line in
      'go: downloading '*) modules=$((modules + 1)) ;;
      *' '*) printf '%s\n' "$line" >&2 ;;
      *) packages=$((packages + 1)) ;;
    esac
    ((SECONDS < next)) && continue
    say "  $1: $modules modules downloaded, $packages packages compiled after $((SECONDS - started)) s"
    next=$((SECONDS + 20))
  done
}

# runs says whether a binary starts here at all: right platform, not cut short, no noexec mount.
runs() {
  if [[ ${1##*/} == kubectl ]]; then "$1" version --client; else "$1" --version; fi </dev/null
}

# make_all fills the directory $1 and seals it with the checksums.
make_all() {
  local name
  download "$1"
  [[ -x $1/kubectl ]] || borrow_kubectl "$1" || true
  [[ -x $1/etcd ]] || build "$1" etcd go.etcd.io/etcd/server/v3 'less than a minute'
  [[ -x $1/kube-apiserver ]] || build "$1" kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver \
    'about 4 minutes on two cores, once; later runs and other clones find it in the cache'
  [[ -x $1/kube-controller-manager ]] || build "$1" kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager \
    'about a minute and a half more'
  [[ -x $1/kubectl ]] || build "$1" kubectl k8s.io/kubernetes/cmd/kubectl 'about half a minute'
  for name in $binaries; do
    runs "$1/$name" >/dev/null || die "$name was made, but does not run here"
  done
  # shellcheck disable=SC2086 # a list of names
  (cd "$1" && checksums $binaries >SHA256SUMS)
}

# --- The order of things ---------------------------------------------------------------------------------------------

lockdir=''
stage=''
trap 'rm -rf ${stage:+"$stage"} ${lockdir:+"$lockdir"}' EXIT
# Without these two the shell would die of the signal and skip the trap above.
trap 'exit 130' INT
trap 'exit 143' TERM

if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
  use_given "$KUBEBUILDER_ASSETS"
  exit
fi

# Settings for some other build (a vendor directory, another platform, a workspace) must not leak into this one. GOFLAGS
# gets a value because an empty one would let the user's `go env -w` through.
unset GOOS GOARCH
export GOFLAGS=-mod=readonly GOWORK=off CGO_ENABLED=0

kubernetes=$(pinned k8s.io/kubernetes)
platform=$(go env GOHOSTOS GOHOSTARCH | paste -sd- -)
cache=${XDG_CACHE_HOME:-${HOME:?HOME is not set: set it, or XDG_CACHE_HOME, or KUBEBUILDER_ASSETS}/.cache}/arize-operator/assets
key=kubernetes-$kubernetes-etcd-$(pinned go.etcd.io/etcd/server/v3)-$platform

if ! intact "$cache/$key"; then
  mkdir -p "$cache"
  lock "$cache/$key.lock"
  if ! intact "$cache/$key"; then
    [[ ! -e $cache/$key ]] || say "the cache in $cache/$key is incomplete or damaged; making it again"
    stage=$(mktemp -d "$cache/$key.XXXXXX")
    make_all "$stage"
    rm -rf "${cache:?}/$key"
    chmod 755 "$stage"
    mv "$stage" "$cache/$key"
    say "the control plane is in $cache/$key"
  fi
fi
printf '%s\n' "$cache/$key"
