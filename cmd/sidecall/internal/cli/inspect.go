package cli

import "github.com/spf13/cobra"

func (a *app) inspectCommand() *cobra.Command { return &cobra.Command{Use: "inspect FILE"} }
