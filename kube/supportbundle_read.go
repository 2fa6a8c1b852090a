package kube

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// read projects a file's objects as those of the API are.
func (b *SupportBundle) read(p place, r io.Reader) {
	switch {
	case p.errors:
		b.errors[p.directory] = readErrors(r)
	case p.file == versionFile:
		b.version = readVersion(p, r)
	case p.directory == namespacesName:
		b.readNamespaces(p, r)
	case p.directory == webhooksName:
		b.readWebhooks(p, r)
	default:
		n := b.stored[p.namespace]
		if n == nil {
			n = &storedNamespace{objects: map[facts.Kind]facts.Fact[objects]{}}
			b.stored[p.namespace] = n
		}
		b.readListing(p, r, n)
	}
}

func (b *SupportBundle) readListing(p place, r io.Reader, n *storedNamespace) {
	switch p.directory {
	case podDir:
		n.pods = b.readPods(p, r)
	case eventDir:
		n.events = b.readEvents(p, r)
	case policyDir:
		n.policies = b.readPolicies(p, r)
	case configMapDir:
		n.configMaps = b.readConfigMaps(p, r)
	case serviceDir:
		n.services = b.readServices(p, r)
	case endpointDir:
		n.endpoints = b.readEndpoints(p, r)
	default:
		kind := kindDirs[p.directory]
		n.objects[kind] = b.readObjects(p, r, kind)
	}
}

func (b *SupportBundle) readObjects(p place, r io.Reader, kind facts.Kind) facts.Fact[objects] {
	switch kind {
	case facts.Deployment:
		return readProjected(b, p, r, deployment, func(d *appsv1.Deployment) *corev1.PodSpec { return &d.Spec.Template.Spec })
	case facts.StatefulSet:
		return readProjected(b, p, r, statefulSet, func(s *appsv1.StatefulSet) *corev1.PodSpec { return &s.Spec.Template.Spec })
	case facts.DaemonSet:
		return readProjected(b, p, r, daemonSet, func(d *appsv1.DaemonSet) *corev1.PodSpec { return &d.Spec.Template.Spec })
	case facts.ReplicaSet:
		return readProjected(b, p, r, replicaSet, func(r *appsv1.ReplicaSet) *corev1.PodSpec { return &r.Spec.Template.Spec })
	case facts.Job:
		return readProjected(b, p, r, job, func(j *batchv1.Job) *corev1.PodSpec { return &j.Spec.Template.Spec })
	case facts.CronJob:
		return readProjected(b, p, r, cronJob, func(c *batchv1.CronJob) *corev1.PodSpec { return &c.Spec.JobTemplate.Spec.Template.Spec })
	}
	return readProjected(b, p, r, serviceAccount, func(*corev1.ServiceAccount) *corev1.PodSpec { return new(corev1.PodSpec) })
}

func readProjected[O kubeObject[T], T any](b *SupportBundle, p place, r io.Reader, project func(O) object, pods func(O) *corev1.PodSpec) facts.Fact[objects] {
	found := objects{}
	return readItems(b, p, r, &found, func(o O) seen {
		known, spec := project(o), pods(o)
		hide(&known.workload.Template.Spec, spec)
		found[known.ref.Key()] = known
		return seen{known.ref, known.controller, known.workload, known.injector, decisive(spec)}
	})
}

func (b *SupportBundle) readPods(p place, r io.Reader) facts.Fact[podListing] {
	found := podListing{shapes{}, objects{}}
	return readItems(b, p, r, &found, func(pod *corev1.Pod) seen {
		shape := shapeOf(pod)
		hide(&shape.Spec, &pod.Spec)
		found.shapes.add(shape)
		o := podObject(pod, shape)
		found.objects[o.ref.Key()] = o
		return seen{o.ref, o.controller, shape, decisive(&pod.Spec)}
	})
}

func (b *SupportBundle) readEvents(p place, r io.Reader) facts.Fact[[]facts.FailedCreate] {
	var found []facts.FailedCreate
	return readItems(b, p, r, &found, func(e *corev1.Event) seen {
		if e.Reason != failedCreateReason {
			return seen{e.Reason}
		}
		f, ok := failedCreate(e)
		if ok {
			found = append(found, f)
		}
		return seen{e.InvolvedObject, f.Message}
	})
}

func (b *SupportBundle) readPolicies(p place, r io.Reader) facts.Fact[[]facts.NetworkPolicy] {
	var found []facts.NetworkPolicy
	return readItems(b, p, r, &found, func(policy *networkingv1.NetworkPolicy) seen {
		if restrictsEgress(&policy.Spec) {
			found = append(found, networkPolicy(policy))
		}
		return seen{policy.Name, policy.Spec}
	})
}

func (b *SupportBundle) readConfigMaps(p place, r io.Reader) facts.Fact[storedConfigMaps] {
	var found storedConfigMaps
	return readItems(b, p, r, &found, func(m *corev1.ConfigMap) seen {
		switch m.Name {
		case accountMap, teamMap:
			found.roleMaps = append(found.roleMaps, roleMap(m))
		case injectorConfigMap:
			found.webhook = m.Data[injectorKey]
		default:
			return seen{m.Name}
		}
		return seen{m.Data}
	})
}

func (b *SupportBundle) readServices(p place, r io.Reader) facts.Fact[map[string]map[string]string] {
	found := map[string]map[string]string{}
	return readItems(b, p, r, &found, func(s *corev1.Service) seen {
		found[s.Name] = s.Spec.Selector
		return seen{s.Name, s.Spec.Selector}
	})
}

func (b *SupportBundle) readEndpoints(p place, r io.Reader) facts.Fact[map[string]readiness] {
	found := map[string]readiness{}
	return readItems(b, p, r, &found, func(s *discoveryv1.EndpointSlice) seen {
		service := s.Labels[discoveryv1.LabelServiceName]
		if found[service] == nil {
			found[service] = readiness{}
		}
		found[service].add(s)
		return seen{s.Labels, s.Endpoints}
	})
}

func (b *SupportBundle) readWebhooks(p place, r io.Reader) {
	found := map[string]facts.WebhookConfiguration{}
	b.webhooks = readItems(b, p, r, &found, func(m *admissionv1.MutatingWebhookConfiguration) seen {
		known := webhookConfiguration(m)
		if len(known.Webhooks) > 0 {
			found[m.Name] = known
		}
		return seen{m.Name, m.Webhooks, known.Meta}
	})
}

// readNamespaces takes one namespace, an array, or a list of Kubernetes.
func (b *SupportBundle) readNamespaces(p place, r io.Reader) {
	found := map[string]facts.Namespace{}
	var err error
	b.form, err = eachObject(b, p, r, func(n *corev1.Namespace) seen {
		found[n.Name] = facts.Namespace{Meta: meta(n)}
		return seen{n.Name, found[n.Name]}
	})
	b.namespaces = readFact(p, b.form, err, &found)
}

func readVersion(p place, r io.Reader) facts.Fact[string] {
	var known struct {
		Info struct{ GitVersion string } `json:"info"`
	}
	switch err := json.NewDecoder(r).Decode(&known); {
	case errors.Is(err, io.EOF): // an empty file
		return facts.Fact[string]{}
	case err != nil:
		return facts.Missing[string](&facts.Gap{Kind: facts.Malformed, Detail: oneLine(p.file + ": " + err.Error())})
	case known.Info.GitVersion == "":
		return facts.Missing[string](&facts.Gap{Kind: facts.Malformed, Detail: p.file + " holds no version"})
	case masked(known.Info.GitVersion):
		return facts.Missing[string](&facts.Gap{Kind: facts.NotCollected, Detail: p.file + " hides the version"})
	}
	return facts.Known(known.Info.GitVersion)
}

// readErrors reads texts by namespace, or a list of texts, which is for all of them.
func readErrors(r io.Reader) map[string]string {
	var raw json.RawMessage
	var all []string
	by := map[string]string{}
	if json.NewDecoder(io.LimitReader(r, documentLimit)).Decode(&raw) != nil || json.Unmarshal(raw, &by) == nil {
		return by
	}
	if json.Unmarshal(raw, &all) == nil && len(all) > 0 {
		return map[string]string{"": strings.Join(all, "; ")}
	}
	return nil
}
