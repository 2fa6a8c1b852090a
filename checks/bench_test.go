package checks_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// BenchmarkRun judges and diagnoses the healthy example.
func BenchmarkRun(b *testing.B) {
	s := fixtures.Healthy()
	for b.Loop() {
		checks.Run(s, checks.All())
	}
}

// BenchmarkFleet judges workloads that are all broken: each has its prognosis.
func BenchmarkFleet(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := fleet(n)
			for b.Loop() {
				checks.Run(s, checks.All())
			}
		})
	}
}

// BenchmarkTenants judges workloads that have a role each, a tenth of them broken.
func BenchmarkTenants(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := tenants(n, n/10)
			for b.Loop() {
				checks.Run(s, checks.All())
			}
		})
	}
}

// tenants is the healthy example n times with roles of their own, of which some trust
// another service account.
func tenants(n, broken int) *facts.Snapshot {
	s := fixtures.Healthy()
	s.Asked = facts.Asked{}
	account := s.AWS.Accounts["111122223333"]
	deployments, accounts, pods := map[string]facts.Workload{}, map[string]facts.ServiceAccount{}, []facts.PodShape{}
	const key, role = "ack-system/ack-s3-controller", "ack-s3-controller"
	deployment := s.Cluster.Workloads[facts.Deployment].Or(nil)[key]
	sa := s.Cluster.ServiceAccounts.Or(nil)[key]
	pod := s.Cluster.Pods.Or(nil)[0]
	granted := account.Roles[role].Or(facts.Role{})
	arn := granted.ARN
	account.Roles = map[string]facts.Fact[facts.Role]{}
	for i := range n {
		namespace := fmt.Sprintf("team-%d", i)
		ref := facts.Ref{Kind: facts.Deployment, Namespace: namespace, Name: role}
		r := granted
		r.Name, r.ARN = fmt.Sprintf("tenant-%d", i), fmt.Sprintf("arn:aws:iam::111122223333:role/tenant-%d", i)
		if i >= broken {
			r.TrustPolicy = facts.Document(strings.ReplaceAll(string(r.TrustPolicy), "ack-system", namespace))
		}
		account.Roles[r.Name] = facts.Known(r)
		a := sa
		a.Annotations = map[string]string{facts.RoleARNAnnotation: r.ARN}
		p := pod
		p.Owner, p.PodTemplate = ref, pod.PodTemplate.Clone()
		for j, e := range p.Spec.Containers[0].Env {
			if e.Value != nil && *e.Value == arn {
				p.Spec.Containers[0].Env[j].Value = new(r.ARN)
			}
		}
		deployments[ref.Key()], accounts[ref.Key()] = deployment, a
		pods = append(pods, p)
	}
	s.AWS.Accounts["111122223333"] = account
	s.Cluster.Workloads[facts.Deployment] = facts.Known(deployments)
	s.Cluster.ServiceAccounts, s.Cluster.Pods = facts.Known(accounts), facts.Known(pods)
	return s
}

// fleet is the healthy example n times, with the region of each missing.
func fleet(n int) *facts.Snapshot {
	s := fixtures.Healthy()
	s.Asked = facts.Asked{}
	deployments := s.Cluster.Workloads[facts.Deployment].Or(nil)
	accounts := s.Cluster.ServiceAccounts.Or(nil)
	pods := s.Cluster.Pods.Or(nil)
	wl, sa, pod := deployments["ack-system/ack-s3-controller"], accounts["ack-system/ack-s3-controller"], pods[0]
	pod.Spec.Containers[0].Env[1].Value = new("")
	wl.Template.Spec.Containers[0].Env[1].Value = new("")
	for i := range n {
		namespace := fmt.Sprintf("team-%d", i)
		ref := facts.Ref{Kind: facts.Deployment, Namespace: namespace, Name: "ack-s3-controller"}
		deployments[ref.Key()], accounts[ref.Key()] = wl, sa
		pod.Owner = ref
		pods = append(pods, pod)
	}
	s.Cluster.Pods = facts.Known(pods)
	return s
}
