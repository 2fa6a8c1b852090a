package cli

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/aws"
	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
	"github.com/irsa-doctor/irsa-doctor/kube"
)

// permissions runs the command, which must succeed.
func permissions(t *testing.T, args ...string) string {
	t.Helper()
	o := run(t.Context(), "", append([]string{"permissions"}, args...)...)
	if o.code != exitOK || o.stderr != "" {
		t.Fatalf("permissions %q: exit %d, %s", args, o.code, o.stderr)
	}
	return o.stdout
}

// Rights are what somebody has: in RBAC, as the caller of AWS, and as the auditor.
type rights struct {
	grants          []grant
	caller, auditor policy
}

// rights are those that permissions prints for the scene.
func (s scene) rights(t *testing.T) rights {
	t.Helper()
	flags := strings.Fields(s.permissions)
	r := rights{grants: grantsOf(t, permissions(t, append(flags, "-o", "rbac")...))}
	if err := json.Unmarshal([]byte(permissions(t, append(flags, "-o", "iam")...)), &r.caller); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(permissions(t, flags...)) {
		if sids, ok := strings.CutPrefix(line, "# Each role of --aws-role-arn needs these statements in a policy of its own: "); ok {
			r.auditor.Version = r.caller.Version
			for sid := range strings.SplitSeq(strings.TrimSpace(sids), ", ") {
				i := slices.IndexFunc(r.caller.Statement, func(s statement) bool { return s.Sid == sid })
				r.auditor.Statement = append(r.auditor.Statement, r.caller.Statement[i])
			}
		}
	}
	return r
}

// A loss is a right that is taken away, by the name of the call, and what is left.
type loss struct {
	call, place string // place tells rights to the same call apart: " in ack-system", or " as the auditor"
	rest        rights
}

// losses are all rights, one at a time.
func (r rights) losses() (all []loss) {
	for i, g := range r.grants {
		lost := loss{call: g.call(), rest: r}
		if g.namespace != "" {
			lost.place = " in " + g.namespace
		}
		lost.rest.grants = slices.Delete(slices.Clone(r.grants), i, i+1)
		all = append(all, lost)
	}
	for _, action := range r.caller.actions() {
		lost := loss{call: action, rest: r}
		lost.rest.caller = r.caller.without(action)
		all = append(all, lost)
	}
	for _, action := range r.auditor.actions() {
		lost := loss{call: action, place: " as the auditor", rest: r}
		lost.rest.auditor = r.auditor.without(action)
		all = append(all, lost)
	}
	return all
}

func (p policy) actions() (all []string) {
	for _, s := range p.Statement {
		all = append(all, s.Action...)
	}
	return all
}

func (p policy) without(action string) policy {
	rest := policy{Version: p.Version}
	for _, s := range p.Statement {
		s.Action = slices.DeleteFunc(slices.Clone(s.Action), func(a string) bool { return a == action })
		rest.Statement = append(rest.Statement, s)
	}
	return rest
}

// have has both servers answer to somebody with these rights alone.
func (l *lab) have(paths []string, r rights) {
	l.guard(paths, r.grants)
	document := func(p policy) awstest.Document {
		b, err := json.Marshal(p)
		if err != nil {
			l.t.Fatal(err)
		}
		return awstest.Document(b)
	}
	l.aws.Edit(func(w *awstest.World) {
		w.Credentials[alice].Policies = []awstest.Document{document(r.caller)}
		for _, a := range w.Accounts {
			if role := a.Roles["auditor"]; role != nil {
				role.Inline, role.Confined = map[string]awstest.Document{"reads": document(r.auditor)}, true
			}
		}
	})
}

// optional are the calls whose loss may cost a hint and no answer.
func optional(t *testing.T) (calls []string) {
	t.Helper()
	inAWS, err := aws.Rights(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range kube.Rights(kube.Look{Webhook: "irsa"}) {
		if r.Optional {
			for _, resource := range r.Resources {
				calls = append(calls, grant{verb: r.Verbs[0], resource: resource}.call())
			}
		}
	}
	for _, r := range inAWS {
		if r.Optional {
			calls = append(calls, r.Actions...)
		}
	}
	return calls
}

// with returns what looks at the scene with some rights.
func (s scene) with(t *testing.T) func(*testing.T, rights) (*lab, outcome) {
	look := append([]string{"check", "-o", "json"}, strings.Fields(s.check)...)
	free := newLab(t)
	s.setUp(free)
	free.run(look...)
	var paths []string
	for _, r := range free.kube.Requests() {
		paths = append(paths, r.Path)
	}
	return func(t *testing.T, r rights) (*lab, outcome) {
		l := newLab(t)
		s.setUp(l)
		l.have(paths, r)
		return l, l.run(look...)
	}
}

// TestRightsBesideAnotherWebhook holds that no answer depends on what may not be read of a
// webhook of somebody else's.
func TestRightsBesideAnotherWebhook(t *testing.T) {
	t.Parallel()
	for _, s := range scenes {
		if strings.HasPrefix(s.check, "-A") || strings.HasPrefix(s.check, "--ack") {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			beside := s
			beside.setUp = func(l *lab) { s.setUp(l); l.addInjector() }
			l, o := beside.with(t)(t, s.rights(t))
			if r := o.report(t); o.code != exitOK || !r.Summary.Complete || len(r.Summary.Gaps) > 0 {
				t.Errorf("exit %d, %+v", o.code, r.Summary)
			}
			if !slices.ContainsFunc(l.kube.Requests(), func(q kubetest.Request) bool { return strings.HasPrefix(q.Path, "/api/v1/namespaces/mesh/services/") }) {
				t.Error("the other webhook's Service is not asked for")
			}
		})
	}
}

// TestLeastPrivilege looks with exactly the rights that permissions prints, which answer
// all, and with each of them taken away, which leaves something unknown or, where the
// right is optional, nothing.
func TestLeastPrivilege(t *testing.T) {
	t.Parallel()
	var printed, tried sync.Map // rights by name
	optional := optional(t)
	t.Run("scenes", func(t *testing.T) {
		for _, s := range scenes {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				all, with := s.rights(t), s.with(t)
				l, o := with(t, all)
				if r := o.report(t); o.code != exitOK || !r.Summary.Complete || len(r.Summary.Gaps) > 0 {
					t.Fatalf("with all rights: exit %d, %+v", o.code, r.Summary)
				}
				l.unrefused(t, all)
				for _, lost := range all.losses() {
					name := lost.call + lost.place
					printed.Store(name, s.name)
					if !regexp.MustCompile(s.tries).MatchString(name) {
						continue
					}
					tried.Store(name, s.name)
					t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
						t.Parallel()
						_, o := with(t, lost.rest)
						if s.vital {
							o.refused(t, lost.call, "forbidden")
							return
						}
						r := o.report(t)
						if slices.Contains(optional, lost.call) {
							if o.code != exitOK || !r.Summary.Complete {
								t.Errorf("exit %d, %+v, though the right is optional", o.code, r.Summary)
							}
						} else if o.code != exitIncomplete || r.Summary.Unknown == 0 || !slices.Contains(r.Summary.MissingPermissions, lost.call) {
							t.Errorf("exit %d, %+v; want exit 3, and the right among the missing", o.code, r.Summary)
						}
					})
				}
			})
		}
	})
	for name, where := range printed.Range {
		if _, ok := tried.Load(name); !ok {
			t.Errorf("%s of the scene %s is never taken away", name, where)
		}
	}
}
