package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

var (
	//go:embed html/page.html
	pageText string
	//go:embed html/style.css
	pageStyle string
	//go:embed html/script.js
	pageScript string
)

// pageTemplate escapes all that it is given but the program's own style and script.
var pageTemplate = template.Must(template.New("page").Parse(pageText))

// HTML writes the report as one page that needs no other file and no network, and is whole
// without its script. Its policy forbids the browser to load or run what is not its own.
func HTML(w io.Writer, r *checks.Report, o Options) error {
	b := bufio.NewWriter(w)
	page := newPage(r, o.Tool)
	page.Style, page.Script = template.CSS(pageStyle), template.JS(pageScript)
	page.Policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + digest(pageStyle) + "; script-src " + digest(pageScript)
	if err := pageTemplate.Execute(b, page); err != nil {
		return err
	}
	return b.Flush()
}

// digest names a text as Content Security Policy Level 3 does in a source list.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
