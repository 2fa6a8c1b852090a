package kube

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// shapeOf is what a check reads of a pod. Its Owner is what makes it, or itself.
func shapeOf(p *corev1.Pod) facts.PodShape {
	created := utc(p.CreationTimestamp.Time)
	s := facts.PodShape{
		Owner: controllerOf(p), Count: 1, Names: []string{p.Name}, Oldest: created, Newest: created,
		Phase: string(p.Status.Phase), Terminating: p.DeletionTimestamp != nil, Waiting: waiting(&p.Status),
		PodTemplate: facts.PodTemplate{Labels: common(p.Labels), Annotations: kept(p.Annotations), Spec: podSpec(&p.Spec)},
	}
	if s.Owner.IsZero() {
		s.Owner = refOf(facts.Pod, p)
	}
	for key := range s.Annotations {
		if strings.HasPrefix(key, "vpc.amazonaws.com/") { // addresses, by the VPC resource controller
			delete(s.Annotations, key)
		}
	}
	return s
}

func waiting(s *corev1.PodStatus) []string {
	var all []string
	for _, c := range slices.Concat(s.InitContainerStatuses, s.ContainerStatuses) {
		if w := c.State.Waiting; w != nil && w.Reason != "" {
			all = append(all, c.Name+": "+w.Reason)
		}
	}
	return all
}

// Shapes are by the digest of what must be alike.
type shapes map[[sha256.Size]byte]*facts.PodShape

const samples = 3 // of names, the first ones in their order

// add counts the pods of a shape to those that are like them.
func (s shapes) add(p facts.PodShape) {
	key := digest(p)
	have := s[key]
	if have == nil {
		s[key] = &p
		return
	}
	have.Count += p.Count
	names := slices.Sorted(slices.Values(slices.Concat(have.Names, p.Names)))
	have.Names = names[:min(len(names), samples)]
	if p.Oldest.Before(have.Oldest) {
		have.Oldest = p.Oldest
	}
	have.Newest = latest(have.Newest, p.Newest)
}

// digest is the same for shapes that differ only in which pods they are of.
func digest(p facts.PodShape) [sha256.Size]byte {
	alike := facts.PodShape{Owner: p.Owner, Phase: p.Phase, Terminating: p.Terminating, Waiting: p.Waiting, PodTemplate: p.PodTemplate}
	b, err := json.Marshal(alike)
	if err != nil {
		panic(err) // a PodShape is plain data, which always marshals
	}
	return sha256.Sum256(b)
}

func (s shapes) sorted() []facts.PodShape {
	all := make([]facts.PodShape, 0, len(s))
	for _, p := range s {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b facts.PodShape) int {
		return cmp.Or(cmp.Compare(a.Owner.String(), b.Owner.String()), a.Oldest.Compare(b.Oldest), slices.Compare(a.Names, b.Names))
	})
	return all
}
