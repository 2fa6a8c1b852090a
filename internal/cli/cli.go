// Package cli is the command line: it reads flags, has the collectors look, the
// checks judge and the report written, and decides nothing but the exit code.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/urfave/cli/v2"
	"k8s.io/klog/v2"
)

// Exit codes; see the README.
const (
	exitOK          = 0
	exitFindings    = 1   // findings at or above --fail-on
	exitNothing     = 2   // nothing was audited: usage or configuration
	exitIncomplete  = 3   // something could not be read, or no target was found
	exitInterrupted = 130 // what was found is printed
)

// An exit ends the program with a code. Its err, if any, has not been printed yet.
type exit struct {
	code int
	err  error
	hint string // what to do about err, or ""
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// refuse is the exit of a run that audited nothing.
func refuse(hint, format string, args ...any) error {
	return &exit{exitNothing, fmt.Errorf(format, args...), hint}
}

// A program is one run: its streams, and what ends it early.
type program struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
}

// Run is main without the process: it returns what to exit with.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	klog.SetLogger(logr.Discard()) // client-go repeats there what its errors say
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := &program{ctx, stdin, stdout, stderr}
	app := p.app()
	err := app.RunContext(ctx, arrange(app, args))
	if err == nil {
		return exitOK
	}
	e, ok := errors.AsType[*exit](err)
	if !ok {
		e = &exit{exitNothing, err, "irsa-doctor help"}
	}
	if e.err != nil {
		fmt.Fprintf(stderr, "irsa-doctor: %s\n", clean(e.err.Error()))
	}
	if e.hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", clean(e.hint))
	}
	return e.code
}

func (p *program) app() *cli.App {
	commands := []*cli.Command{
		p.checkCommand(), p.demoCommand(), p.explainCommand(), p.completionCommand(), p.versionCommand(),
	}
	for _, c := range commands {
		c.OnUsageError, c.HideHelpCommand = onUsageError, true
	}
	return &cli.App{
		Name:  "irsa-doctor",
		Usage: "find the broken link between a service account and its AWS role",
		Description: "irsa-doctor looks at a cluster and at IAM, read-only, and says which link of IAM roles for\n" +
			"service accounts is broken, why, what error the pod sees because of it, and what to type to mend it.",
		HideVersion:          true,
		EnableBashCompletion: true,
		Writer:               p.stdout,
		ErrWriter:            p.stderr,
		ExitErrHandler:       func(*cli.Context, error) {}, // Run exits, nobody else
		OnUsageError:         onUsageError,
		Action:               noCommand,
		Commands:             commands,
	}
}

// onUsageError keeps the library from printing its help on stdout, where reports go.
func onUsageError(c *cli.Context, err error, _ bool) error {
	name := "irsa-doctor"
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != name {
		name += " " + c.Command.Name
	}
	return refuse(name+" --help", "%w", err)
}

func noCommand(c *cli.Context) error {
	if c.NArg() > 0 {
		return refuse("irsa-doctor check "+c.Args().First()+", or irsa-doctor --help", "there is no command %q", c.Args().First())
	}
	return cli.ShowAppHelp(c)
}
