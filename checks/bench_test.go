package checks_test

import (
	"fmt"
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
