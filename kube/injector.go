package kube

import (
	"context"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// What main.go and pkg/cache of aws/amazon-eks-pod-identity-webhook take.
const (
	injectorNamespace = "eks" // unless --namespace says otherwise
	injectorConfigMap = "pod-identity-webhook"
	injectorKey       = "config"
)

// switches are those of facts.InjectorFlags that never take the next argument.
var switches = []string{"sts-regional-endpoint", "watch-config-map", "compose-role-arn"}

// injectorIn returns the pod identity webhook that a pod runs, or nil. An image of
// another name is known by two of the webhook's own flags.
func injectorIn(workload facts.Ref, pod *corev1.PodSpec) *facts.Injector {
	for _, c := range pod.Containers {
		flags := injectorFlags(slices.Concat(c.Command, c.Args))
		own := len(flags)
		if _, common := flags["namespace"]; common {
			own--
		}
		if strings.HasSuffix(imageName(c.Image), "pod-identity-webhook") || own >= 2 {
			return &facts.Injector{Workload: workload, Image: c.Image, Flags: flags}
		}
	}
	return nil
}

func injectorFlags(args []string) map[string]string {
	flags := map[string]string{}
	for _, name := range facts.InjectorFlags {
		read := argument
		if slices.Contains(switches, name) {
			read = switched
		}
		if value, ok := read(args, name); ok {
			flags[name] = value
		}
	}
	return flags
}

// hosts are the Deployments and DaemonSets of the namespaces that webhooks are served from.
type hosts map[string]listings

// hosts lists what the first round did not.
func (c *Client) hosts(ctx context.Context, r *round, backends []*backend, all listings, asked facts.Asked) hosts {
	known := hosts{}
	for _, b := range backends {
		ns := b.Namespace
		switch {
		case known[ns] != nil:
			continue
		case asked.Selector == "" && (asked.Namespace == "" || asked.Namespace == ns):
			known[ns] = all
			continue
		}
		known[ns] = listings{}
		for _, kind := range []facts.Kind{facts.Deployment, facts.DaemonSet} {
			known[ns][kind] = new(facts.Fact[objects])
			learn(r, known[ns][kind], listCall(kind), func() (objects, error) { return c.list(ctx, kind, ns, metav1.ListOptions{}) })
		}
	}
	return known
}

// configuredRoles look into the webhook's ConfigMap in a namespace.
type configuredRoles func(namespace string) facts.Fact[map[string]facts.MappedRole]

// injector is the pod identity webhook among what serves the webhooks.
func injector(webhooks facts.Fact[map[string]facts.WebhookConfiguration], backends []*backend, known hosts, roles configuredRoles) facts.Fact[facts.Injector] {
	return then(webhooks, func(map[string]facts.WebhookConfiguration) (facts.Injector, error) {
		found, err := injectorBehind(backends, known)
		if err != nil {
			return found, err
		}
		found.Roles = mappedRoles(found, roles)
		return found, nil
	})
}

// injectorBehind finds the pod identity webhook among what serves the webhooks.
func injectorBehind(backends []*backend, known hosts) (facts.Injector, error) {
	var gap error
	for _, b := range backends {
		var found []facts.Injector
		for _, kind := range []facts.Kind{facts.Deployment, facts.DaemonSet} {
			listed, err := known[b.Namespace][kind].Get()
			if err != nil {
				gap = err
				continue
			}
			for _, key := range slices.Sorted(maps.Keys(listed)) {
				o := listed[key]
				if o.injector != nil && o.ref.Namespace == b.Namespace && b.selects(o.workload.Template.Labels) {
					found = append(found, *o.injector)
				}
			}
		}
		switch _, unselected := b.selector.Get(); {
		case len(found) > 1 && unselected != nil:
			gap = unselected // which of them answers
		case len(found) > 0:
			return found[0], nil
		}
	}
	if gap == nil {
		gap = &facts.Gap{Kind: facts.Absent, Detail: "no pod identity webhook runs in the cluster"}
	}
	return facts.Injector{}, gap
}

// mappedRoles are those of the ConfigMap that the webhook watches, if it does.
func mappedRoles(i facts.Injector, roles configuredRoles) facts.Fact[map[string]facts.MappedRole] {
	value, given := i.Flags["watch-config-map"]
	if on, err := strconv.ParseBool(value); !given || value != "" && (err != nil || !on) {
		return facts.Missing[map[string]facts.MappedRole](&facts.Gap{Kind: facts.Absent, Detail: "the webhook does not watch a ConfigMap"})
	}
	namespace := injectorNamespace
	if given, ok := i.Flags["namespace"]; ok {
		namespace = given
	}
	if strings.Contains(namespace, "$(") { // by the downward API
		namespace = i.Workload.Namespace
	}
	return roles(namespace)
}

// configuredRoles reads the webhook's ConfigMap. A webhook that watches one that is not
// there maps no account.
func (c *Client) configuredRoles(ctx context.Context, namespace string) facts.Fact[map[string]facts.MappedRole] {
	return ask("get configmaps", func() (map[string]facts.MappedRole, error) {
		m, err := whole(c.kube.CoreV1().ConfigMaps(namespace).Get(ctx, injectorConfigMap, metav1.GetOptions{}))
		switch {
		case apierrors.IsNotFound(err):
			return map[string]facts.MappedRole{}, nil
		case err != nil:
			return nil, err
		}
		return parseMappedRoles(m.Data[injectorKey])
	})
}

// parseMappedRoles reads JSON by namespace/name of service accounts.
func parseMappedRoles(text string) (map[string]facts.MappedRole, error) {
	roles := map[string]facts.MappedRole{}
	if text == "" {
		return roles, nil
	}
	var entries map[string]*struct {
		RoleARN, Audience string
		UseRegionalSTS    bool
		TokenExpiration   int64
	}
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return nil, &facts.Gap{Kind: facts.Malformed, Detail: oneLine("key " + injectorKey + " of ConfigMap " + injectorConfigMap + ": " + err.Error())}
	}
	for account, e := range entries {
		if e != nil {
			roles[account] = facts.MappedRole{RoleARN: e.RoleARN, Audience: e.Audience, RegionalSTS: e.UseRegionalSTS, ExpirationSeconds: e.TokenExpiration}
		}
	}
	return roles, nil
}

// imageName is the last part of an image's name, without tag and digest.
func imageName(image string) string {
	repository, _, _ := strings.Cut(image, "@")
	name, _, _ := strings.Cut(path.Base(repository), ":")
	return name
}
