// Command golangci-lint is golangci-lint with two module plugins compiled in: the linter of Kubernetes API conventions,
// and the one that checks the key-value pairs of structured logging.
//
// `golangci-lint custom` makes the same program, but it clones golangci-lint from GitHub for that; this way the Go module
// proxy and checksums are enough, and go.mod pins the whole thing.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"
	_ "sigs.k8s.io/kube-api-linter"
	_ "sigs.k8s.io/logtools/logcheck/gclplugin"
)

func main() {
	info := commands.BuildInfo{GoVersion: runtime.Version(), Version: pinnedVersion(), Commit: "none", Date: "unknown"}
	if err := commands.Execute(info); err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "The command is terminated due to an error: %v\n", err)
		os.Exit(exitcodes.Failure)
	}
}

// pinnedVersion is the version of golangci-lint that go.mod asks for: the version of this main package means nothing.
func pinnedVersion() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, module := range build.Deps {
		if module.Path == "github.com/golangci/golangci-lint/v2" {
			return module.Version[1:]
		}
	}
	return "unknown"
}
