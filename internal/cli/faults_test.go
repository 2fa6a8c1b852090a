package cli

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irsa-doctor/irsa-doctor/internal/faulty"
)

var update = flag.Bool("update", false, "rewrite "+faultsFile)

// few are faults that answers meet in different places of the program.
var few = []string{"403", "429 once", "reset in the middle"}

const faultsFile = "testdata/faults.txt"

// TestFaults has every call of every way to look fail in every way, one at a time. The
// calls are those that the runs without a fault made. With -short, as under the race
// detector, they fail in few ways.
func TestFaults(t *testing.T) {
	want := readVerdicts(t)
	got := verdicts{}
	known := map[string]bool{}
	var mu sync.Mutex
	survived := 0
	t.Run("each", func(t *testing.T) {
		for _, way := range ways {
			l := newLab(t)
			l.showProof()
			args := append(way.setUp(l), "-o", "json")
			whole := l.open(t, args)
			healthy := whole.run("hasty")
			if healthy.Code != way.code {
				t.Fatalf("%s: exit %d, %s%s", way.name, healthy.Code, healthy.Stdout, healthy.Stderr)
			}
			for _, call := range whole.calls() {
				name := call.String()
				if known[like(call)] && !slices.Contains(way.again, name) || way.but == name {
					continue
				}
				known[like(call)] = true
				got[name] = map[string]string{}
				for _, fault := range faulty.Faults() {
					if !fault.Of(call.Name) || testing.Short() && !slices.Contains(few, fault.Name) {
						continue
					}
					t.Run(strings.ReplaceAll(name, "/", "|")+"/"+fault.Name, func(t *testing.T) {
						t.Parallel()
						verdict := l.spoil(t, args, call, fault, healthy)
						mu.Lock()
						defer mu.Unlock()
						got[name][fault.Name] = verdict
						if known := want.of(name, fault.Name); fault.Effect != faulty.Late && verdict != known && !*update {
							t.Errorf("the verdict is %s\n%s has %s", verdict, faultsFile, cmp.Or(known, "none"))
						}
						if !t.Failed() {
							survived++
						}
					})
				}
			}
		}
	})
	for call := range want {
		if got[call] == nil && !*update {
			t.Errorf("%s has %s, which is called no more", faultsFile, call)
		}
	}
	if *update && !t.Failed() {
		got.write(t)
	}
	t.Logf("%d faults survived, of %d calls", survived, len(got))
}

// spoil looks with one call spoilt, and returns the verdict.
func (l *lab) spoil(t *testing.T, args []string, call faulty.Call, fault faulty.Fault, healthy faulty.Outcome) string {
	g := l.open(t, args)
	g.kube.Spoil(call, fault)
	g.aws.Spoil(call, fault)
	profile, limit := "hasty", 20*time.Second
	switch fault.Effect {
	case faulty.Survived:
		profile = "patient"
	case faulty.Late:
		g.args, limit = append(g.args, "--timeout", "500ms"), 10*time.Second
	}
	begun := time.Now()
	got := g.run(profile)
	if took := time.Since(begun); took > limit {
		t.Errorf("it takes %s", took)
	}
	if !g.kube.Spoilt() && !g.aws.Spoilt() && fault.Effect != faulty.Late {
		t.Error("the call is not made")
	}
	for _, wrong := range faulty.Judge(call, fault, healthy, got) {
		t.Error(wrong)
	}
	return faulty.Verdict(healthy, got)
}

// verdicts are what comes of each fault of each call.
type verdicts map[string]map[string]string

// of is the verdict on a fault: its own, or the one of all faults that have none.
func (v verdicts) of(call, fault string) string { return cmp.Or(v[call][fault], v[call][""]) }

// readVerdicts reads lines of calls, each followed by indented ones of a verdict and,
// after a colon, of the faults that it is for.
func readVerdicts(t *testing.T) verdicts {
	f, err := os.Open(faultsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v := verdicts{}
	call := ""
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line, indented := strings.CutPrefix(lines.Text(), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case !indented:
			call = line
			v[call] = map[string]string{}
		default:
			verdict, faults, _ := strings.Cut(line, ": ")
			for fault := range strings.SplitSeq(faults, ", ") {
				v[call][fault] = verdict
			}
		}
	}
	return v
}

const faultsHead = `# What becomes of each call that fails: the exit code, the checks that passed and do no longer (without), and
# those that fail or warn for it (with), where the answer says that something is not there. A verdict is of the
# faults after the colon or, without one, of all others; it holds in the first set-up of ways_test.go that makes
# the call. go test ./internal/cli -run TestFaults -update writes it; read the diff.
`

func (v verdicts) write(t *testing.T) {
	var b strings.Builder
	b.WriteString(faultsHead)
	for _, call := range slices.Sorted(maps.Keys(v)) {
		of := map[string][]string{} // faults by verdict
		for _, fault := range faulty.Faults() {
			if verdict := v[call][fault.Name]; verdict != "" && fault.Effect != faulty.Late {
				of[verdict] = append(of[verdict], fault.Name)
			}
		}
		all := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(len(of[b])-len(of[a]), cmp.Compare(a, b)) })
		fmt.Fprintf(&b, "%s\n\t%s\n", call, all[0])
		for _, verdict := range all[1:] {
			fmt.Fprintf(&b, "\t%s: %s\n", verdict, strings.Join(of[verdict], ", "))
		}
	}
	if err := os.WriteFile(faultsFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
