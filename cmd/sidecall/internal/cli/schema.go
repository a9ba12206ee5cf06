package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/linker/manifest"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the manifest, for editors",
		Example: `  sidecall schema > sidecall.schema.json
  # and as the first line of a manifest, for editors with the YAML language server:
  # yaml-language-server: $schema=sidecall.schema.json`,
		Args: noMore(0),
		RunE: func(*cobra.Command, []string) error {
			if _, err := a.stdout.Write(manifest.Schema()); err != nil {
				return fmt.Errorf("printing the schema: %w", err)
			}
			return nil
		},
	}
}
