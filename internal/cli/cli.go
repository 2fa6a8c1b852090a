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
	"sync"
	"syscall"
	"time"

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
	ctx            context.Context // done when the user interrupts
	stdin          io.Reader
	stdout, stderr io.Writer
	pause          time.Duration // of --wait, before its second look
}

// quiet keeps from stderr what client-go logs: its errors say the same.
var quiet = sync.OnceFunc(func() { klog.SetLogger(logr.Discard()) })

// Run is main without the process: it returns what to exit with.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	quiet()
	frugal()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	p := &program{ctx, stdin, stdout, stderr, 2 * time.Second}
	return p.run(args)
}

func (p *program) run(args []string) int {
	app := p.app()
	err := app.RunContext(p.ctx, arrange(app, args))
	if err == nil {
		return exitOK
	}
	e, ok := errors.AsType[*exit](err)
	if !ok {
		e = &exit{code: exitNothing, err: err}
	}
	if e.err != nil {
		fmt.Fprintf(p.stderr, "irsa-doctor: %s\n", clean(e.err.Error()))
	}
	if e.hint != "" {
		fmt.Fprintf(p.stderr, "hint: %s\n", clean(e.hint))
	}
	return e.code
}

func (p *program) app() *cli.App {
	commands := []*cli.Command{
		p.checkCommand(), p.bundleCommand(), p.diffCommand(), p.permissionsCommand(), p.demoCommand(), p.explainCommand(), p.completionCommand(), p.versionCommand(),
	}
	for _, c := range commands {
		c.OnUsageError, c.HideHelpCommand = onUsageError, true
	}
	return &cli.App{
		Name:  "irsa-doctor",
		Usage: "find the broken link between a service account and its AWS role",
		Description: "irsa-doctor looks at a cluster and at IAM, read-only, and says which link of IAM roles for\n" +
			"service accounts is broken, why, what error the pod sees because of it, and what to type to mend it.",
		HideVersion:               true,
		Flags:                     []cli.Flag{&cli.BoolFlag{Name: "version", Usage: "print the version", DisableDefaultText: true}},
		EnableBashCompletion:      true,
		DisableSliceFlagSeparator: true, // a path may hold a comma
		Writer:                    p.stdout,
		ErrWriter:                 p.stderr,
		ExitErrHandler:            func(*cli.Context, error) {}, // Run exits, nobody else
		OnUsageError:              onUsageError,
		Action:                    p.noCommand,
		Commands:                  commands,
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

// atMost refuses more arguments than a command takes, rather than leave them unread.
func atMost(n int, action cli.ActionFunc) cli.ActionFunc {
	return func(c *cli.Context) error {
		if c.NArg() > n {
			return refuse("irsa-doctor "+c.Command.Name+" --help", "%s does not know what to do with %q", c.Command.Name, c.Args().Get(n))
		}
		return action(c)
	}
}

func (p *program) noCommand(c *cli.Context) error {
	if c.Bool("version") {
		return p.version(c)
	}
	if c.NArg() > 0 {
		return refuse("irsa-doctor check "+c.Args().First()+", or irsa-doctor --help", "there is no command %q", c.Args().First())
	}
	return cli.ShowAppHelp(c)
}
