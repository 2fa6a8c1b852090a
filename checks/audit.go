package checks

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

// An Audit is a snapshot under examination: what was asked for, resolved once into
// the objects that checks judge.
type Audit struct {
	*facts.Snapshot

	targets   []*Workload // what was asked for, found or not
	workloads []*Workload // those of them that were found
	found     map[facts.Ref]*Workload
	bindings  []*Binding
	deciding  map[facts.Ref]*Binding // of bindings, by the object: see bindingOf
	bound     map[bindingKey]*Binding
	gaps      []error // listings that could not be had, so that something may be overlooked
	trusts    map[*Binding]*trust
	// trustRemedies are by the role's ARN; see trustRemedy.
	trustRemedies map[string]Remedy

	alive     map[facts.Ref][]facts.PodShape // by the workload on top
	succeeded map[facts.Ref]bool             // whether all pods of a workload that has some did
}

// NewAudit resolves what the snapshot was taken for.
func NewAudit(s *facts.Snapshot) *Audit {
	a := &Audit{
		Snapshot: s, found: map[facts.Ref]*Workload{}, deciding: map[facts.Ref]*Binding{}, bound: map[bindingKey]*Binding{},
		trusts: map[*Binding]*trust{}, trustRemedies: map[string]Remedy{}, alive: map[facts.Ref][]facts.PodShape{}, succeeded: map[facts.Ref]bool{},
	}
	for _, p := range s.Cluster.Pods.Or(nil) {
		others, some := a.succeeded[p.Owner]
		a.succeeded[p.Owner] = p.Phase == "Succeeded" && (others || !some)
		if p.Alive() {
			a.alive[p.Owner] = append(a.alive[p.Owner], p)
		}
	}
	all := a.everyWorkload()
	if len(s.Asked.Targets) > 0 {
		a.resolveTargets(all)
	} else {
		a.discover(all)
	}
	a.bind()
	return a
}

// everyWorkload returns the workloads of the snapshot in the order of their text.
func (a *Audit) everyWorkload() []*Workload {
	var all []*Workload
	for _, kind := range facts.WorkloadKinds {
		listing, looked := a.Cluster.Workloads[kind]
		byKey, err := listing.Get()
		if err != nil {
			if looked || len(a.Cluster.Workloads) == 0 {
				a.gaps = append(a.gaps, err)
			}
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(byKey)) {
			namespace, name, _ := strings.Cut(key, "/")
			all = append(all, &Workload{Ref: facts.Ref{Kind: kind, Namespace: namespace, Name: name}, Workload: byKey[key]})
		}
	}
	return all
}

// resolveTargets takes the workloads that were named, and those that run as a
// service account that was named.
func (a *Audit) resolveTargets(all []*Workload) {
	for _, ref := range a.Asked.Targets {
		if ref.Kind == facts.ServiceAccountKind {
			for _, w := range all {
				if w.account() == ref {
					a.take(w)
				}
			}
			continue
		}
		if top, ok := a.Cluster.Owners[ref]; ok {
			ref = top
		}
		i := slices.IndexFunc(all, func(w *Workload) bool { return w.Ref == ref })
		if i >= 0 {
			a.take(all[i])
			continue
		}
		a.targets = append(a.targets, &Workload{Ref: ref, err: a.whyNot(ref)})
	}
}

// take puts a workload in scope, once.
func (a *Audit) take(w *Workload) {
	if a.found[w.Ref] != nil {
		return
	}
	a.found[w.Ref] = w
	a.attach(w)
	a.workloads = append(a.workloads, w)
	a.targets = append(a.targets, w)
}

// whyNot says why a workload is not in the snapshot: it is absent only from a
// complete listing.
func (a *Audit) whyNot(ref facts.Ref) error {
	if _, err := a.Cluster.Workloads[ref.Kind].Get(); err != nil {
		return err
	}
	return &facts.Gap{Kind: facts.Absent, Detail: ref.String()}
}

// discover takes every workload that uses web identity, or surely means to.
func (a *Audit) discover(all []*Workload) {
	for _, w := range all {
		inScope := a.Asked.Namespace == "" || w.Namespace == a.Asked.Namespace
		if inScope && !a.past(w) && (w.wantsRole() || a.accountWantsRole(w.account()) || len(a.heldRoles(w.Ref)) > 0) {
			a.take(w)
		}
	}
}

// past says whether the workload is of the past: a revision that another controller keeps,
// or a pod or a Job that is done and well.
func (a *Audit) past(w *Workload) bool {
	switch w.Kind {
	case facts.ReplicaSet:
		return w.Replicas == 0 && len(a.alive[w.Ref]) == 0
	case facts.Job, facts.Pod:
		return a.succeeded[w.Ref]
	}
	return false
}

// heldRoles are the role ARNs that the living pods of a workload were created with, for
// their tokens.
func (a *Audit) heldRoles(workload facts.Ref) []string {
	var roles []string
	for _, p := range a.alive[workload] {
		for _, c := range p.Spec.Containers {
			_, token := c.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
			if arn, ok := c.Literal("AWS_ROLE_ARN"); ok && token && arn != "" && !slices.Contains(roles, arn) {
				roles = append(roles, arn)
			}
		}
	}
	return roles
}

// accountWantsRole says whether a service account shows a sign of wanting a role.
func (a *Audit) accountWantsRole(ref facts.Ref) bool {
	sa, err := a.serviceAccount(ref)
	if err != nil {
		return false
	}
	for key := range sa.Annotations {
		if namesRole(key) {
			return true
		}
	}
	_, mapped := a.webhook().Identity(ref.Namespace, ref.Name, sa)
	return mapped
}

// serviceAccount returns the account; the error is a *facts.Gap, absent when the
// listing is complete without it.
func (a *Audit) serviceAccount(ref facts.Ref) (facts.ServiceAccount, error) {
	accounts, err := a.Cluster.ServiceAccounts.Get()
	if err != nil {
		return facts.ServiceAccount{}, err
	}
	sa, ok := accounts[ref.Key()]
	if !ok {
		return sa, &facts.Gap{Kind: facts.Absent, Detail: ref.String()}
	}
	return sa, nil
}

// Targets are the objects that a diagnosis is made for: the workloads in scope,
// found or not, and the service accounts in scope that no workload uses.
func (a *Audit) Targets() []facts.Ref {
	var refs []facts.Ref
	for _, w := range a.targets {
		refs = append(refs, w.Ref)
	}
	for _, b := range a.bindings {
		if len(b.Workloads) == 0 && !b.Pinned {
			refs = append(refs, b.Account)
		}
	}
	return refs
}

// Workloads are those in scope that were found. The error says why there is none,
// or why some may be overlooked.
func (a *Audit) Workloads() ([]*Workload, error) {
	for _, w := range a.targets {
		if w.err != nil {
			return a.workloads, w.err
		}
	}
	if len(a.gaps) > 0 {
		return a.workloads, a.gaps[0]
	}
	return a.workloads, nil
}

// Bindings are the service accounts in scope with the roles they mean. The error is
// as that of Workloads.
func (a *Audit) Bindings() ([]*Binding, error) {
	if _, err := a.Cluster.ServiceAccounts.Get(); err != nil {
		return a.bindings, err
	}
	_, err := a.Workloads()
	return a.bindings, err
}

// Containers are the containers of Workloads.
func (a *Audit) Containers() ([]Container, error) {
	workloads, err := a.Workloads()
	var containers []Container
	for _, w := range workloads {
		pod, _ := w.Effective()
		for _, c := range pod.Spec.Containers {
			containers = append(containers, Container{w, a.asRun(w, c)})
		}
	}
	return containers, err
}

// asRun is the container with the environment that a live proof saw in it: what its
// spec takes from elsewhere is known then.
func (a *Audit) asRun(w *Workload, c facts.Container) facts.Container {
	i := slices.IndexFunc(a.Executions.Or(nil), func(x facts.Execution) bool {
		return x.Workload == w.Ref && x.Container == c.Name && x.Gap == nil
	})
	if i < 0 {
		return c
	}
	seen := a.Executions.Or(nil)[i].Env
	c.Env, c.EnvFrom = slices.Clone(c.Env), nil
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		e := facts.Env{Name: name}
		if facts.KeepValue(name) {
			e.Value, e.Empty = new(seen[name]), seen[name] == ""
		}
		at := slices.IndexFunc(c.Env, func(known facts.Env) bool { return known.Name == name })
		switch {
		case at < 0:
			c.Env = append(c.Env, e)
		case c.Env[at].From != "":
			c.Env[at] = e
		}
	}
	return c
}

// A Whole is the cluster as an object: what a check of GrainCluster judges.
type Whole struct{ audit *Audit }

func (Whole) Object() string         { return "cluster" }
func (w Whole) Affects() []facts.Ref { return w.audit.Targets() }

// whole is the list of a check that judges the cluster itself.
func (a *Audit) whole() ([]Whole, error) { return []Whole{{a}}, nil }

// issuer returns the URL of the issuer of the cluster's tokens. EKS and the API
// server are the sources; whether they agree is for issuer-known to say.
func (a *Audit) issuer() (string, error) {
	if eks, err := a.AWS.EKS.Get(); err == nil && eks.Issuer != "" {
		return eks.Issuer, nil
	}
	discovery, err := a.Issuer.APIServer.Get()
	if err == nil && discovery.Issuer != "" {
		return discovery.Issuer, nil
	}
	for _, t := range a.Tokens.Or(nil) {
		if t.Issuer != "" && t.Source != "file" {
			return t.Issuer, nil
		}
	}
	if err == nil {
		err = &facts.Gap{Kind: facts.Malformed, Call: "get /.well-known/openid-configuration", Detail: "it names no issuer"}
	}
	return "", err
}

// onEKS says whether the cluster is one of EKS, which AWS runs the webhook and the
// issuer of.
func (a *Audit) onEKS() bool {
	if _, err := a.AWS.EKS.Get(); err == nil {
		return true
	}
	issuer, err := a.issuer()
	return err == nil && region.IsEKSIssuer(issuer)
}

// region returns the cluster's region, or "" when it is not known.
func (a *Audit) region() string {
	if eks, err := a.AWS.EKS.Get(); err == nil {
		if parts := strings.SplitN(eks.ARN, ":", 6); len(parts) == 6 {
			return parts[3]
		}
	}
	issuer, err := a.issuer()
	if err != nil {
		return ""
	}
	return region.OfIssuer(issuer)
}

// context is the kubeconfig context that commands name, so that they act on this
// cluster wherever they are pasted; "" in a pod.
func (a *Audit) context() string { return cmp.Or(a.Asked.Context, a.Cluster.Context) }

func (a *Audit) identity() Identity {
	id := Identity{Context: a.Cluster.Context, Server: a.Cluster.Server, Region: a.region()}
	id.Version = a.Cluster.Version.Or("")
	if eks, err := a.AWS.EKS.Get(); err == nil {
		id.Name = eks.Name
	}
	id.Issuer, _ = a.issuer()
	if caller, err := a.AWS.Caller.Get(); err == nil {
		id.Account, id.Caller = caller.Account, caller.ARN
	}
	return id
}

// role returns what IAM says of the role with exactly this ARN. It is absent when
// the account has a role of that name under another path.
func (a *Audit) role(arn string) (facts.Role, error) {
	parsed, ok := facts.ParseRoleARN(arn)
	if !ok {
		return facts.Role{}, &facts.Gap{Kind: facts.Absent, Detail: "role " + arn}
	}
	role, err := a.AWS.Accounts[parsed.Account].Roles[parsed.Name].Get()
	switch {
	case err == nil && role.ARN != arn:
		err = &facts.Gap{Kind: facts.Absent, Detail: "role " + arn}
	case facts.KindOf(err) == facts.NotCollected:
		err = &facts.Gap{Kind: facts.NotCollected, Call: "iam:GetRole", Detail: "nobody looked for " + arn}
	}
	return role, err
}

// provider returns the account's OIDC provider for exactly this issuer.
func (a *Audit) provider(account, issuer string) (facts.Provider, error) {
	provider, err := a.AWS.Accounts[account].Provider[strings.TrimPrefix(issuer, "https://")].Get()
	if facts.KindOf(err) == facts.NotCollected {
		err = &facts.Gap{Kind: facts.NotCollected, Call: "iam:GetOpenIDConnectProvider", Detail: "nobody looked in account " + account}
	}
	return provider, err
}

func byObject[O object](x, y O) int { return cmp.Compare(x.Object(), y.Object()) }

// webhook is the pod identity webhook as it is set up in this cluster.
func (a *Audit) webhook() inject.Webhook { return inject.Of(a.Snapshot) }

// webhookUnknown says why it is not known how the webhook is set up, so that webhook is
// one with defaults. That of EKS is known.
func (a *Audit) webhookUnknown() error {
	if a.onEKS() {
		return nil
	}
	_, err := a.Cluster.Injector.Get()
	return unlessAbsent(err)
}

// accountRef reads a key namespace/name.
func accountRef(key string) facts.Ref {
	namespace, name, _ := strings.Cut(key, "/")
	return facts.Ref{Kind: facts.ServiceAccountKind, Namespace: namespace, Name: name}
}
