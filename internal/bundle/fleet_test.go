package bundle

import (
	"fmt"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// fleet is the healthy controller n times, each with an account and a role of its own and
// five pods, in namespaces of ten. Of every tenth the trust policy names another account.
func fleet(n int) *facts.Snapshot {
	s := fixtures.Healthy()
	s.Asked, s.Cluster.Namespace = facts.Asked{}, ""
	const name, key = "ack-s3-controller", "ack-system/ack-s3-controller"
	workloads, accounts := s.Cluster.Workloads[facts.Deployment].Or(nil), s.Cluster.ServiceAccounts.Or(nil)
	namespaces, roles := s.Cluster.Namespaces.Or(nil), s.AWS.Accounts["111122223333"].Roles
	workload, account, namespace, pod := workloads[key], accounts[key], namespaces["ack-system"], s.Cluster.Pods.Or(nil)[0]
	role := roles[name].Or(facts.Role{})
	var pods []facts.PodShape
	for i := range n {
		ref := facts.Ref{Kind: facts.Deployment, Namespace: fmt.Sprintf("team-%d", i/10), Name: fmt.Sprintf("app-%d", i)}
		own := strings.NewReplacer(name, ref.Name, "ack-system", ref.Namespace)
		template := func(t facts.PodTemplate) facts.PodTemplate {
			t = t.Clone()
			t.Spec.ServiceAccount = ref.Name
			for c := range t.Spec.Containers {
				for e, v := range t.Spec.Containers[c].Env {
					if v.Value != nil {
						t.Spec.Containers[c].Env[e].Value = new(own.Replace(*v.Value))
					}
				}
			}
			return t
		}
		w, a, r, p := workload, account, role, pod
		w.Template = template(w.Template)
		a.Annotations = map[string]string{}
		for k, v := range account.Annotations {
			a.Annotations[k] = own.Replace(v)
		}
		r.Name, r.ARN, r.TrustPolicy = ref.Name, own.Replace(r.ARN), facts.Document(own.Replace(string(r.TrustPolicy)))
		if i%10 == 0 {
			r.TrustPolicy = facts.Document(strings.ReplaceAll(string(r.TrustPolicy), ":"+ref.Name, ":other"))
		}
		p.Owner, p.Count, p.PodTemplate = ref, 5, template(p.PodTemplate)
		p.Names = []string{ref.Name + "-6bd4f9c8d7-aaaaa", ref.Name + "-6bd4f9c8d7-bbbbb", ref.Name + "-6bd4f9c8d7-ccccc"}
		workloads[ref.Key()], accounts[ref.Key()], namespaces[ref.Namespace], roles[r.Name] = w, a, namespace, facts.Known(r)
		pods = append(pods, p)
	}
	delete(workloads, key)
	delete(accounts, key)
	s.Cluster.Pods = facts.Known(pods)
	return s
}
