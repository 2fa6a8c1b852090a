package changes

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// shapes are the pods that run or are about to, by their workload.
func shapes(all []facts.PodShape) map[facts.Ref][]facts.PodShape {
	byOwner := map[facts.Ref][]facts.PodShape{}
	for _, p := range all {
		if p.Alive() {
			byOwner[p.Owner] = append(byOwner[p.Owner], p)
		}
	}
	return byOwner
}

// pods compares the pods of workloads that have some on both sides. A pod never changes:
// others were created, the first of them after the first look.
func (l *ledger) pods(was, now map[facts.Ref][]facts.PodShape, in func(string) bool, keys map[string]bool, since time.Time, told map[string]bool) {
	var owners []facts.Ref
	for owner := range now {
		if len(was[owner]) > 0 && in(owner.Key()) {
			owners = append(owners, owner)
		}
	}
	slices.SortFunc(owners, func(x, y facts.Ref) int { return strings.Compare(x.String(), y.String()) })
	for _, owner := range owners {
		p := place{object: owner.String(), link: checks.LinkPod}
		for _, s := range now[owner] {
			if s.Oldest.After(since) && (p.at.IsZero() || s.Oldest.Before(p.at)) {
				p.at = s.Oldest
			}
		}
		here := &ledger{}
		here.pod(p, "pods", templates(was[owner]), templates(now[owner]), keys)
		for _, f := range here.facts {
			if !told[podFact(f)] {
				l.facts = append(l.facts, f)
			}
		}
	}
}

func templates(pods []facts.PodShape) []facts.PodTemplate {
	var all []facts.PodTemplate
	for _, p := range pods {
		all = append(all, p.PodTemplate)
	}
	return all
}

// pod compares pods as far as a check reads them. Of a container that only one side has
// nothing else is told.
func (l *ledger) pod(p place, part string, was, now []facts.PodTemplate, keys map[string]bool) {
	old, fresh := containers(was), containers(now)
	account := p.of(part, checks.LinkWorkload)
	l.values(account, "service account", accountNames(was), accountNames(now))
	body := p.of(part, checks.LinkPod)
	l.values(body, "containers", slices.Sorted(maps.Keys(old)), slices.Sorted(maps.Keys(fresh)))
	selectedLabels := func(p facts.PodTemplate) items { return labels(p.Labels, keys) }
	l.compare(p.of(part, checks.LinkWebhook), merged(was, selectedLabels), merged(now, selectedLabels))
	common := func(name string) bool { return old[name] && fresh[name] }
	read := func(p facts.PodTemplate) items { return podItems(p, common) }
	l.compare(body, merged(was, read), merged(now, read))
}

func accountNames(pods []facts.PodTemplate) []string {
	var all []string
	for _, p := range pods {
		all = append(all, p.Spec.Account())
	}
	return all
}

func containers(pods []facts.PodTemplate) map[string]bool {
	all := map[string]bool{}
	for _, p := range pods {
		for _, c := range p.Spec.Containers {
			all[c.Name] = true
		}
	}
	return all
}

// merged are the items of pods that are not all alike. Of what only some have it is said
// that others have none.
func merged(pods []facts.PodTemplate, of func(facts.PodTemplate) items) items {
	all, have := items{}, map[string]int{}
	for _, p := range pods {
		for name, values := range of(p) {
			all[name] = append(all[name], values...)
			have[name]++
		}
	}
	for name, n := range have {
		if n < len(pods) {
			all.add(name, "none in some of the pods")
		}
	}
	return all
}

func podItems(p facts.PodTemplate, has func(container string) bool) items {
	i := annotations(p.Annotations)
	s := p.Spec
	for key, value := range s.NodeSelector {
		i.add("node selector", key+"="+value)
	}
	i.add("host network", map[bool]string{true: "yes"}[s.HostNetwork])
	i.add("DNS policy", s.DNSPolicy)
	i.add("run as user", number(s.RunAsUser))
	i.add("group of files", number(s.FSGroup))
	for _, v := range s.Volumes {
		i.add("volume "+v.Name, volume(v))
	}
	for _, c := range s.Containers {
		if has(c.Name) {
			containerItems(i, c)
		}
	}
	return i
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

func volume(v facts.Volume) string {
	text := v.Kind
	if v.DefaultMode != nil {
		text += fmt.Sprintf(", mode %#o", *v.DefaultMode)
	}
	for _, t := range v.Tokens {
		audience := t.Audience
		if audience == "" {
			audience = "the API server"
		}
		text += fmt.Sprintf(", token for %s at %s, %d s", audience, t.Path, t.ExpirationSeconds)
	}
	return text
}

// containerItems are what a check reads of a container, and of its environment what
// belongs to AWS.
func containerItems(i items, c facts.Container) {
	of := " of " + c.Name
	i.add("kind"+of, c.Role)
	i.add("image"+of, c.Image)
	for _, e := range c.Env {
		ours := facts.KeepValue(e.Name) || facts.IsKey(e.Name) || strings.HasPrefix(e.Name, "AWS_")
		if last, _ := c.Getenv(e.Name); ours && last == e {
			i.add("env "+e.Name+of, variable(e))
		}
	}
	for _, e := range c.EnvFrom {
		i.add("env from"+of, strings.TrimSpace(e.Kind+" "+e.Name+" "+e.Prefix))
	}
	for _, m := range c.Mounts {
		text := m.Volume + " at " + m.Path
		if m.SubPath != "" {
			text += ", its " + m.SubPath
		}
		i.add("mounts"+of, text)
	}
	if c.RegionArg != nil {
		i.add("--aws-region"+of, quoted(*c.RegionArg))
	}
	for _, arn := range c.RoleArgs {
		i.add("role arguments"+of, arn)
	}
	i.add("user"+of, number(c.RunAsUser))
}

func variable(e facts.Env) string {
	switch {
	case e.From != "":
		return "from " + e.From
	case e.Empty:
		return quoted("")
	case e.Value != nil:
		return quoted(*e.Value)
	}
	return "a value that is not kept"
}
