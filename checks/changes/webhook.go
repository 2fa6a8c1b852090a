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

func (l *ledger) webhooks(was, now facts.Cluster) {
	listing[facts.WebhookConfiguration]{
		what: "webhooks",
		link: checks.LinkWebhook,
		place: func(name string) place {
			return place{object: "mutatingwebhookconfiguration/" + name, link: checks.LinkWebhook, scope: everywhere}
		},
		meta: func(c facts.WebhookConfiguration) facts.Meta { return c.Meta },
		each: func(p place, x, y facts.WebhookConfiguration) {
			l.compare(p, webhookItems(x), webhookItems(y))
		},
	}.compare(l, was.Webhooks, now.Webhooks)
	for _, key := range slices.Sorted(maps.Keys(now.Backends)) {
		if was, ok := was.Backends[key]; ok {
			p := place{object: "service/" + key, link: checks.LinkWebhook, scope: everywhere}
			single(l, p, was, now.Backends[key], func(x, y facts.Backend) {
				l.values(p, "ready endpoints", []string{some(x.Ready)}, []string{some(y.Ready)})
			})
		}
	}
	p := whole("pod identity webhook", checks.LinkWebhook)
	single(l, p, was.Injector, now.Injector, func(x, y facts.Injector) {
		l.compare(p, injectorItems(x), injectorItems(y))
		roles := p.of("ConfigMap", checks.LinkWebhook)
		single(l, roles, x.Roles, y.Roles, func(x, y map[string]facts.MappedRole) {
			l.compare(roles, mapped(x), mapped(y))
		})
	})
}

func some(n int) string {
	if n == 0 {
		return "none"
	}
	return "some"
}

func webhookItems(c facts.WebhookConfiguration) items {
	i := items{}
	for _, w := range c.Webhooks {
		part := "webhook " + w.Name
		i[part] = []string{"is called when a pod is created"}
		address := w.URL
		if s := w.Service; s != nil {
			address = fmt.Sprintf("service %s port %d", s.Key(), s.Port)
		}
		i.add(join(part, "address"), address)
		i.add(join(part, "failure policy"), w.FailurePolicy)
		i.add(join(part, "reinvocation policy"), w.ReinvocationPolicy)
		i.add(join(part, "namespaces"), selector(w.Namespaces))
		i.add(join(part, "objects"), selector(w.Objects))
		i[join(part, "match conditions")] = w.MatchConditions
		i.add(join(part, "timeout"), fmt.Sprintf("%d s", w.TimeoutSeconds))
		i.add(join(part, "CA bundle"), caBundle(w.CABundle))
	}
	return i
}

func caBundle(b facts.CABundle) string {
	switch {
	case b.Empty:
		return "none"
	case b.Problem != "":
		return b.Problem
	case b.NotAfter.IsZero():
		return ""
	}
	return "expires " + b.NotAfter.UTC().Format(time.DateTime) + " UTC"
}

func injectorItems(x facts.Injector) items {
	i := items{}
	i.add("workload", x.Workload.String())
	i.add("image", x.Image)
	for flag, value := range x.Flags {
		i["--"+flag] = []string{quoted(value)}
	}
	return i
}

func mapped(roles map[string]facts.MappedRole) items {
	i := items{}
	for account, m := range roles {
		text := m.RoleARN
		if m.Audience != "" {
			text += ", audience " + m.Audience
		}
		if m.RegionalSTS {
			text += ", regional STS"
		}
		if m.ExpirationSeconds != 0 {
			text += fmt.Sprintf(", %d s", m.ExpirationSeconds)
		}
		i.add(account, text)
	}
	return i
}

// selected are the labels that webhooks select on, on one of the sides.
func selected(sides ...facts.Cluster) map[string]bool {
	keys := map[string]bool{facts.SkipLabel: true}
	for _, c := range sides {
		for _, configuration := range c.Webhooks.Or(nil) {
			for _, w := range configuration.Webhooks {
				for _, s := range []facts.Selector{w.Namespaces, w.Objects} {
					for key := range s.MatchLabels {
						keys[key] = true
					}
					for _, e := range s.Expressions {
						keys[e.Key] = true
					}
				}
			}
		}
	}
	return keys
}

// selector is a selector as kubectl writes it.
func selector(s facts.Selector) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		parts = append(parts, key+"="+s.MatchLabels[key])
	}
	for _, e := range s.Expressions {
		switch e.Operator {
		case "Exists":
			parts = append(parts, e.Key)
		case "DoesNotExist":
			parts = append(parts, "!"+e.Key)
		default:
			parts = append(parts, fmt.Sprintf("%s %s (%s)", e.Key, strings.ToLower(e.Operator), strings.Join(e.Values, ",")))
		}
	}
	return strings.Join(parts, ",")
}
