// Command awscli stands in for the AWS CLI: it knows the commands that the doctor prints
// and those that the tests type, and refuses all others. What it knows, it does as the
// AWS CLI does: by the SDK, with the environment's credentials and AWS_ENDPOINT_URL.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

// The exit codes are the AWS CLI's.
const (
	refused = 254 // by the service
	misused = 252
	failed  = 255
)

func main() {
	err := run(context.Background(), os.Args[1:])
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "aws:", err)
	var answer smithy.APIError
	var misuse usage
	switch {
	case errors.As(err, &misuse):
		os.Exit(misused)
	case errors.As(err, &answer):
		os.Exit(refused)
	}
	os.Exit(failed)
}

// A usage error is in what was typed.
type usage string

func (u usage) Error() string { return string(u) }

func run(ctx context.Context, words []string) error {
	name := strings.Join(words[:min(2, len(words))], " ")
	c, known := commands[name]
	if !known {
		return usage("unknown command: " + strings.Join(words, " "))
	}
	given, err := parse(words[2:], c.options)
	if err != nil {
		return err
	}
	var options []func(*config.LoadOptions) error
	if profile := given.text("profile"); profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if region := given.text("region"); region != "" {
		options = append(options, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return err
	}
	answer, err := c.do(ctx, cfg, given)
	if err != nil {
		return err
	}
	return show(answer)
}

// given are the values of the options that were typed.
type given map[string][]string

// parse takes the options of a command, all of them required, and the two that all
// commands have.
func parse(words, options []string) (given, error) {
	g, name := given{}, ""
	for _, word := range words {
		option, is := strings.CutPrefix(word, "--")
		switch {
		case is && !slices.Contains(options, option) && option != "profile" && option != "region":
			return nil, usage("unknown option: " + word)
		case is && g[option] != nil:
			return nil, usage("given twice: " + word)
		case is:
			name, g[option] = option, []string{}
		case name == "" || len(g[name]) > 0 && !strings.HasSuffix(name, "-list"):
			return nil, usage("unknown argument: " + word)
		case strings.HasPrefix(word, "file://"), strings.HasPrefix(word, "fileb://"):
			return nil, usage("files are not read: " + word)
		default:
			g[name] = append(g[name], word)
		}
	}
	for _, option := range options {
		if g[option] == nil {
			return nil, usage("missing option: --" + option)
		}
	}
	for option, values := range g {
		if len(values) == 0 {
			return nil, usage("expected a value: --" + option)
		}
	}
	return g, nil
}

func (g given) text(option string) string { return strings.Join(g[option], " ") }

// value is an option as the SDK takes it.
func (g given) value(option string) *string { return new(g.text(option)) }

// show prints an answer that says something.
func show(answer any) error {
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	delete(fields, "ResultMetadata")
	if len(fields) == 0 {
		return nil
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "    ")
	return out.Encode(fields)
}
