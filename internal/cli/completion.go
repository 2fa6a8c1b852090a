package cli

import (
	"embed"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

//go:embed completion
var completions embed.FS

func (p *program) completionCommand() *cli.Command {
	shells := []string{"bash", "zsh", "fish"}
	return &cli.Command{
		Name:        "completion",
		Usage:       "print a completion script",
		ArgsUsage:   strings.Join(shells, "|"),
		Description: "source <(irsa-doctor completion bash)",
		Action: atMost(1, func(c *cli.Context) error {
			script, err := completions.ReadFile("completion/" + c.Args().First())
			if err != nil {
				return refuse("irsa-doctor completion "+strings.Join(shells, "|"), "there is no completion for shell %q", c.Args().First())
			}
			_, err = p.stdout.Write(script)
			return err
		}),
		BashComplete: func(*cli.Context) {
			for _, s := range shells {
				fmt.Fprintln(p.stdout, s)
			}
		},
	}
}
