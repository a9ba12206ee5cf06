package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
)

// buildInfo says what this binary was made of, as far as the build recorded it.
type buildInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Wazero   string `json:"wazero"`
}

func readBuildInfo() buildInfo {
	out := buildInfo{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Wazero: "(unknown)"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out
	}
	if info.Main.Version != "" {
		out.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			out.Revision = s.Value
		case "vcs.time":
			out.Time = s.Value
		case "vcs.modified":
			out.Modified = s.Value == "true"
		}
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/tetratelabs/wazero" {
			out.Wazero = m.Version
		}
	}
	return out
}

func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, and what sidecall was built with",
		Example: `  sidecall version
  sidecall version -o json | jq -r .wazero`,
		Args: noMore(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
			if err != nil {
				return err
			}
			return a.version(format)
		},
	}
	outputFlag(cmd, "text", "json")
	return cmd
}

func (a *app) version(format string) error {
	info := readBuildInfo()
	if format == "json" {
		return a.printJSON(info)
	}
	_, err := fmt.Fprintf(a.stdout, "sidecall %s (%s, %s, wazero %s)\n", info.Version, info.Go, info.Platform, info.Wazero)
	return err
}

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(report.CleanJSON(a.stdout))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("printing JSON: %w", err)
	}
	return nil
}
