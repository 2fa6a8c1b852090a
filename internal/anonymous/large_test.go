package anonymous

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// BenchmarkAnonymize is for as many accounts as a large cluster has, each with a role, a
// Deployment and five pods of names of their own.
func BenchmarkAnonymize(b *testing.B) {
	s := large(10_000)
	for b.Loop() {
		Anonymize(s)
	}
}

// large is a snapshot with n service accounts.
func large(n int) *facts.Snapshot {
	s := fixtures.Healthy()
	accounts, deployments := *s.Cluster.ServiceAccounts.Value, *s.Cluster.Workloads[facts.Deployment].Value
	roles := s.AWS.Accounts["111122223333"].Roles
	account, deployment, role := accounts["ack-system/ack-s3-controller"], deployments["ack-system/ack-s3-controller"], *roles["ack-s3-controller"].Value
	shape := (*s.Cluster.Pods.Value)[0]
	d := newDictionary()
	for i := range n {
		draw := d.draw("name", i)
		name := fmt.Sprintf("%s-%s", string(draw.fresh("payments", true)), string(draw.fresh("writer", true)))
		key := fmt.Sprintf("team-%s/%s", string(d.draw("team", i%200).fresh("orders", true)), name)
		account.Annotations = map[string]string{facts.RoleARNAnnotation: "arn:aws:iam::111122223333:role/" + name}
		accounts[key] = account
		namespace, _, _ := strings.Cut(key, "/")
		owner := facts.Ref{Kind: facts.Deployment, Namespace: namespace, Name: name}
		deployment.Template.Spec.ServiceAccount = name
		deployments[key] = deployment
		role.Name, role.ARN = name, "arn:aws:iam::111122223333:role/"+name
		role.TrustPolicy = facts.Document(strings.ReplaceAll(string(role.TrustPolicy), "ack-system:ack-s3-controller", namespace+":"+name))
		roles[name] = facts.Known(role)
		role = *roles["ack-s3-controller"].Value
		shape.Owner, shape.Count, shape.Names = owner, 5, nil
		for range 3 {
			id := []byte{byte(draw.below(256)), byte(draw.below(256)), byte(draw.below(256)), byte(draw.below(256))}
			shape.Names = append(shape.Names, name+"-"+hex.EncodeToString(id)+"-"+string(draw.fresh("x2b7k", true)))
		}
		*s.Cluster.Pods.Value = append(*s.Cluster.Pods.Value, shape)
	}
	return s
}
