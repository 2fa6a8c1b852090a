package edit

import (
	"maps"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Annotate sets or removes an annotation of a service account. Pods that exist keep
// what they were given.
type Annotate struct {
	Context string
	Object  facts.Ref
	Key     string
	Value   string
	Remove  bool // then Value does not count
}

func (e Annotate) Command() Command {
	if e.Remove {
		return kubectl(e.Context, e.Object, "annotate", slash(e.Object), e.Key+"-")
	}
	return kubectl(e.Context, e.Object, "annotate", slash(e.Object), e.Key+"="+e.Value, "--overwrite")
}

func (e Annotate) Apply(s *facts.Snapshot) {
	accounts := s.Cluster.ServiceAccounts.Or(nil)
	sa, ok := accounts[e.Object.Key()]
	if !ok || e.Object.Kind != facts.ServiceAccountKind {
		return
	}
	annotations := map[string]string{}
	maps.Copy(annotations, sa.Annotations)
	if annotations[e.Key] = e.Value; e.Remove {
		delete(annotations, e.Key)
	}
	sa.Annotations = annotations
	accounts[e.Object.Key()] = sa
}

// CreateServiceAccount makes a service account. The pods that waited for it are then
// created.
type CreateServiceAccount struct {
	Context   string
	Namespace string
	Name      string
}

func (e CreateServiceAccount) object() facts.Ref {
	return facts.Ref{Kind: facts.ServiceAccountKind, Namespace: e.Namespace, Name: e.Name}
}

func (e CreateServiceAccount) Command() Command {
	return kubectl(e.Context, e.object(), "create", "serviceaccount", e.Name)
}

func (e CreateServiceAccount) Apply(s *facts.Snapshot) {
	accounts := s.Cluster.ServiceAccounts
	if accounts.Value == nil || accounts.Gap != nil {
		return
	}
	if *accounts.Value == nil {
		*accounts.Value = map[string]facts.ServiceAccount{}
	}
	if _, ok := (*accounts.Value)[e.object().Key()]; ok {
		return
	}
	(*accounts.Value)[e.object().Key()] = facts.ServiceAccount{Meta: facts.Meta{CreatedAt: s.TakenAt}}
	for kind, listing := range s.Cluster.Workloads {
		for key, w := range listing.Or(nil) {
			ref := refOf(kind, key)
			if ref.Namespace == e.Namespace && w.Template.Spec.Account() == e.Name && rolls(kind) && w.Replicas > 0 && !alive(s, ref) {
				rollOut(s, ref)
			}
		}
	}
}

// DeleteAssociation removes the EKS Pod Identity association of a service account.
type DeleteAssociation struct {
	Profile string
	Region  string
	Cluster string
	ID      string
	Account facts.Ref
}

func (e DeleteAssociation) Command() Command {
	return aws(e.Profile, e.Region, "eks", "delete-pod-identity-association", "--cluster-name", e.Cluster, "--association-id", e.ID)
}

func (e DeleteAssociation) Apply(s *facts.Snapshot) {
	associations := s.AWS.Associations.Or(nil)
	if associations[e.Account.Key()].ID == e.ID {
		delete(associations, e.Account.Key())
	}
}
