package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
	"github.com/irsa-doctor/irsa-doctor/report"
)

var update = flag.Bool("update", false, "rewrite the generated docs and the expected output of the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"irsa-doctor": main})
}

// TestScripts runs the command as a user does, without cluster and account.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "fixtures/cli",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Setenv("KUBECONFIG", "nowhere")
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			return nil
		},
	})
}

// TestReadme keeps README's example, its table of checks and its count of incidents in
// step with the program.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme = between(t, readme, "checks", generate(t, report.Index))
	readme = between(t, readme, "incidents", quote(t, "docs/incidents.md", "incidents"))
	upToDate(t, "README.md", between(t, readme, "demo", example(t)))
}

// example is what make demo prints.
func example(t *testing.T) []byte {
	t.Helper()
	s, err := fixtures.Scenarios()[0].Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	table, err := report.Lookup("table")
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.NewBufferString("```\n")
	if err := table(b, checks.Run(s, checks.All()), report.Options{FailOn: checks.Fail}); err != nil {
		t.Fatal(err)
	}
	b.WriteString("```\n")
	return b.Bytes()
}

// between puts text between the markers of a name.
func between(t *testing.T, doc []byte, name string, text []byte) []byte {
	t.Helper()
	head, _, tail := cutAtMarkers(t, doc, name)
	return slices.Concat(head, text, tail)
}

// quote returns what another document has between its markers of a name.
func quote(t *testing.T, file, name string) []byte {
	t.Helper()
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := cutAtMarkers(t, doc, name)
	return text
}

// cutAtMarkers splits a document after the first and before the second marker of a name.
func cutAtMarkers(t *testing.T, doc []byte, name string) (head, text, tail []byte) {
	t.Helper()
	begin, end := []byte("<!-- "+name+": begin -->\n"), []byte("<!-- "+name+": end -->\n")
	i, j := bytes.Index(doc, begin), bytes.Index(doc, end)
	if i < 0 || j < i {
		t.Fatalf("a document has lost its markers of %s", name)
	}
	i += len(begin)
	return doc[:i], doc[i:j], doc[j:]
}

// TestManual keeps docs/checks.md in step with the checks.
func TestManual(t *testing.T) {
	upToDate(t, "docs/checks.md", generate(t, report.Manual))
}

func generate(t *testing.T, write func(io.Writer, []*checks.Check) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, checks.All()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func upToDate(t *testing.T, file string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err == nil && bytes.Equal(got, want) {
		return
	}
	if !*update {
		t.Fatalf("%s is behind the checks; run: go test . -update", file)
	}
	if err := os.WriteFile(file, want, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestImports holds the law of the folders: what looks judges nothing, what judges
// does no I/O, and what renders computes nothing.
func TestImports(t *testing.T) {
	const module = "github.com/irsa-doctor/irsa-doctor/"
	for _, law := range []struct {
		pkg, mustNot, why string
	}{
		{"./checks/...", module + "(kube|aws|report|fixtures|internal)", "checks depend on facts only"},
		{"./checks/facts", module + "(checks/policy|checks/inject|checks/edit)", "facts judge nothing"},
		{"./kube", module + "(aws|report|fixtures|internal|checks/(policy|inject|edit))", "kube learns and judges nothing"},
		{"./aws", module + "(kube|report|fixtures|internal|checks/(policy|inject|edit))", "aws learns and judges nothing"},
		{"./report", module + "(kube|aws|fixtures|internal)", "report renders what checks said"},
		{"./internal/token", module + "(kube|aws|report|fixtures)", "token decodes and verifies"},
		{"./internal/archive", module + "(kube|aws|checks|report|fixtures|internal/(cli|bundle|secret))", "an archive is read whatever it holds"},
		{"./internal/secret", module + "(kube|aws|report|fixtures|internal/(cli|bundle))", "the last look at a file knows facts only"},
		{"./internal/anonymous", module + "(kube|aws|report|fixtures|internal/(cli|bundle))", "stand-ins are put into facts"},
		{"./internal/bundle", module + "(kube|aws|fixtures|internal/(cli|anonymous|token))", "a bundle holds what was seen and said"},
		{".", module + "internal/(awstest|kubetest|faulty)", "the doubles of AWS and of Kubernetes are for tests"},
		{"./internal/awstest", module + "(kube|aws|checks|report|fixtures|internal/(cli|token|kubetest))", "a double knows nothing of the doctor"},
		{"./internal/kubetest", module + "(kube|aws|checks|report|fixtures|internal/(cli|token|awstest))", "a double knows nothing of the doctor"},
		{".", "testing", "tests stay out of the program"},
	} {
		out, err := exec.Command("go", "list", "-deps", law.pkg).Output()
		if err != nil {
			t.Fatalf("go list %s: %v", law.pkg, err)
		}
		forbidden := regexp.MustCompile("^(" + law.mustNot + ")(/|$)")
		for dep := range strings.FieldsSeq(string(out)) {
			if forbidden.MatchString(dep) {
				t.Errorf("%s imports %s: %s", law.pkg, dep, law.why)
			}
		}
	}
}
