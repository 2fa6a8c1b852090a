package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/report"
)

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{Name: "version", Usage: "print the version", Action: atMost(0, p.version)}
}

func (p *program) version(*cli.Context) error {
	t := tool()
	fmt.Fprintf(p.stdout, "%s %s", t.Name, t.Version)
	if t.Commit != "" {
		fmt.Fprintf(p.stdout, " (%s)", t.Commit)
	}
	fmt.Fprintf(p.stdout, " %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// tool is what this program was built from.
func tool() report.Tool {
	t := report.Tool{Name: "irsa-doctor", Version: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t
	}
	if t.Version = info.Main.Version; t.Version == "" || t.Version == "(devel)" {
		t.Version = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			t.Commit = s.Value[:12]
		}
	}
	return t
}
