package anonymous

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var update = flag.Bool("update", false, "rewrite words.txt")

// TestWords holds words.txt to the words in the sources of what speaks in a snapshot or a
// report, and of what recognises errors.
func TestWords(t *testing.T) {
	found := map[string]bool{}
	for _, dir := range []string{
		"../../checks", "../../checks/facts", "../../checks/policy", "../../checks/inject", "../../checks/region",
		"../../checks/edit", "../../checks/symptom", "../../kube", "../../aws", "../token",
	} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(dir, "holds no sources", err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				readWords(t, file, found)
			}
		}
	}
	want := strings.Join(slices.Sorted(maps.Keys(found)), "\n") + "\n"
	if *update {
		if err := os.WriteFile("words.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if words != want {
		t.Error("words.txt is not what the sources say: go test ./internal/anonymous -run TestWords -update")
	}
}

// readWords adds the words of the texts in a source.
func readWords(t *testing.T, file string, found map[string]bool) {
	t.Helper()
	for _, text := range literals(t, file) {
		for p := range pieces(text) {
			if !p.run || !strings.ContainsFunc(p.text, unicode.IsLetter) {
				continue
			}
			found[folded(p.text)] = true
			for w := range byHumps(p.text) {
				found[w] = true
			}
		}
	}
}

// literals are the texts in a source.
func literals(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		if _, ok := n.(*ast.ImportSpec); ok {
			return false
		}
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
		return true
	})
	return all
}

// recognised are texts in the checks that are compared with names: keys of annotations and
// labels, keys of conditions, beginnings of names, hosts.
var recognised = regexp.MustCompile(`^(?:[\w.-]+\.[\w-]+/[\w-]*|aws:[\w:-]+|[a-z]+-|[\w-]+(?:\.[\w-]+)+)$`)

// TestVocabulary wants every word to stay by which a check knows something.
func TestVocabulary(t *testing.T) {
	n := &Names{words: newDictionary(), runs: map[string][]string{}}
	found := 0
	for _, dir := range []string{"checks", "checks/facts", "checks/inject"} {
		files, err := filepath.Glob("../../" + dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(dir, "holds no sources", err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || filepath.Base(file) == "secret.go" { // which knows no names
				continue
			}
			for _, text := range literals(t, file) {
				if !recognised.MatchString(text) {
					continue
				}
				found++
				for p := range pieces(text) {
					for w := range byHumps(p.text) {
						if p.run && len(n.stranger(w)) > 0 {
							t.Errorf("%s: %q of %q is no word of the vocabulary", file, w, text)
						}
					}
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d texts are known by the checks", found)
	}
}

// stranger is the first word of a folded run that does not stay, or "".
func (n *Names) stranger(run string) string {
	for _, w := range n.wordsOf(run) {
		if !n.words.stays(w) {
			return w
		}
	}
	return ""
}
