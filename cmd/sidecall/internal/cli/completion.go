package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/linker/diag"
)

func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print a script that completes sidecall's commands in a shell",
		Example: `  source <(sidecall completion bash)
  sidecall completion zsh > "${fpath[1]}/_sidecall"
  sidecall completion fish > ~/.config/fish/completions/sidecall.fish`,
		ValidArgs: shells,
		Args:      noMore(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{message: "completion: which shell?", hint: "usage: " + cmd.UseLine()}
			}
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.stdout, true)
			case "zsh":
				return root.GenZshCompletion(a.stdout)
			case "fish":
				return root.GenFishCompletion(a.stdout, true)
			}
			out := &usageError{message: fmt.Sprintf("completion: unknown shell %q", args[0]), hint: "usage: " + cmd.UseLine()}
			if near, ok := diag.Similar(args[0], shells); ok {
				out.hint = "did you mean " + near + "?"
			}
			return out
		},
	}
}

// completeFlag offers the values of a flag that depend on the command.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func getenv(name string) string { return os.Getenv(name) }

// outputFlag is -o of a command that prints in these formats.
func outputFlag(cmd *cobra.Command, formats ...string) {
	settings.Flags(cmd.Flags(), settings.Output)
	cmd.Flags().Lookup(settings.Output).Usage += ": " + strings.Join(formats, ", ")
	completeFlag(cmd, settings.Output, formats...)
}
