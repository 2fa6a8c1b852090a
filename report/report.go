// Package report renders a Report, one file a format. It computes nothing about the
// chain and decides nothing: what it shows was said by the checks. Every string of a
// report may come from a hostile cluster; each format cleans or escapes all of them.
package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// A Format writes a report.
type Format func(io.Writer, *checks.Report, Options) error

// Options say how to render. The zero value renders for a plain terminal of 80 columns.
type Options struct {
	Tool  Tool
	Color bool // colour the terminal formats
	ASCII bool // keep the terminal formats to ASCII, but for the commands
	Width int  // columns of the terminal; 0 means 80; it is taken for 40 at least and 120 at most
	// FailOn is the result from which on JUnit shows a failure, Fail or Warn; "" means never.
	FailOn checks.Result
}

// A Tool names the program that made the report; unknown parts are "".
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
}

var formats = map[string]Format{
	"table":    Table,
	"short":    Short,
	"markdown": Markdown,
	"json":     JSON,
	"junit":    JUnit,
	"html":     HTML,
}

// Names returns the names of the formats, sorted.
func Names() []string { return slices.Sorted(maps.Keys(formats)) }

// Lookup returns the format of that name.
func Lookup(name string) (Format, error) {
	if f, ok := formats[name]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("format %q is none of %s", name, strings.Join(Names(), ", "))
}
