package checks

import (
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Wanted is what has to be learnt from AWS about what is in scope, sorted.
type Wanted struct {
	Roles        []string // role ARNs as the cluster names them, perhaps malformed
	Issuers      []string // URLs
	Associations []string // service accounts as namespace/name
	Tokens       []TokenWanted
	Pods         []PodWanted
}

// A TokenWanted is a token like the one that a workload's containers read.
type TokenWanted struct {
	Account  facts.Ref
	Audience string
}

// A PodWanted is a running pod that stands for a workload.
type PodWanted struct {
	Workload   facts.Ref
	Pod        string
	Containers []string // its application containers
}

// Wants derives from what Kubernetes said what to ask AWS. It counts roles that are
// named in the wrong place too: a diagnosis has to know whether they would do.
func Wants(s *facts.Snapshot) Wanted {
	a := NewAudit(s)
	roles, issuers, associations := set{}, set{}, set{}
	tokens := map[TokenWanted]bool{}
	for _, b := range a.bindings {
		roles.addRole(b.RoleARN)
		associations.add(b.Account.Key())
		if sa, err := a.serviceAccount(b.Account); err == nil {
			roles.addRoles(sa.Annotations)
		}
		if as := b.Association; as != nil {
			roles.add(as.RoleARN.Or(""))
		}
		for _, audience := range a.audiencesOf(b) {
			tokens[TokenWanted{b.Account, audience}] = true
		}
	}
	for _, w := range a.workloads {
		roles.addRoles(w.Annotations)
		roles.addRoles(w.Template.Annotations)
		for _, p := range w.Pods {
			roles.addRoles(p.Annotations)
			for _, c := range p.Spec.Containers {
				if arn, ok := c.Literal("AWS_ROLE_ARN"); ok {
					roles.addRole(arn)
				}
			}
		}
	}
	if issuer, err := a.issuer(); err == nil {
		issuers.add(issuer)
	}
	if discovery, err := a.Issuer.APIServer.Get(); err == nil {
		issuers.add(discovery.Issuer)
	}
	for _, t := range a.Tokens.Or(nil) {
		issuers.add(t.Issuer)
	}
	return Wanted{
		Roles: roles.sorted(), Issuers: issuers.sorted(), Associations: associations.sorted(),
		Tokens: slices.SortedFunc(maps.Keys(tokens), func(x, y TokenWanted) int {
			return strings.Compare(x.Account.String()+x.Audience, y.Account.String()+y.Audience)
		}),
		Pods: a.runningPods(),
	}
}

// runningPods takes one of the newest running pods of each workload.
func (a *Audit) runningPods() []PodWanted {
	var wanted []PodWanted
	for _, w := range a.workloads {
		for _, p := range slices.Backward(w.Pods) {
			if p.Phase != "Running" || len(p.Names) == 0 {
				continue
			}
			pod := PodWanted{Workload: w.Ref, Pod: p.Names[0]}
			for _, c := range p.Spec.Containers {
				if !c.Init() {
					pod.Containers = append(pod.Containers, c.Name)
				}
			}
			wanted = append(wanted, pod)
			break
		}
	}
	return wanted
}

// audiencesOf are the audiences of the tokens that the binding's workloads read, or
// of the token that the webhook would have projected.
func (a *Audit) audiencesOf(b *Binding) []string {
	var audiences []string
	for _, w := range b.Workloads {
		for _, audience := range w.audiences() {
			if !slices.Contains(audiences, audience) {
				audiences = append(audiences, audience)
			}
		}
	}
	if len(audiences) > 0 {
		return audiences
	}
	if sa, err := a.serviceAccount(b.Account); err == nil {
		if id, ok := a.webhook().Identity(b.Account.Namespace, b.Account.Name, sa); ok {
			return []string{id.Audience}
		}
	}
	return nil
}

// A set collects texts; it leaves out "".
type set map[string]bool

func (s set) add(text string) {
	if text != "" {
		s[text] = true
	}
}

// addRole adds a role ARN as it is written, and the one that was meant.
func (s set) addRole(arn string) {
	s.add(arn)
	_, meant := examineRoleARN(arn)
	s.add(meant)
}

// addRoles adds the values of annotations that name roles.
func (s set) addRoles(annotations map[string]string) {
	for key, value := range annotations {
		if namesRole(key) {
			s.addRole(value)
		}
	}
}

func (s set) sorted() []string { return slices.Sorted(maps.Keys(s)) }
