package aws

import (
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func TestSameCluster(t *testing.T) {
	blue := facts.EKSCluster{Name: "blue", Endpoint: "https://ABC.gr7.us-west-2.eks.amazonaws.com", CA: "aa", Issuer: "https://" + issuer}
	young := facts.EKSCluster{Name: "blue"} // while it is created
	for _, c := range []struct {
		name        string
		cluster     facts.Cluster
		issuer      string
		eks         facts.EKSCluster
		same, known bool
		why         string
	}{
		{"issuers agree", facts.Cluster{Server: "https://127.0.0.1:8443", CA: "bb"}, "https://" + issuer, blue, true, true, issuer},
		{"issuers differ", facts.Cluster{Server: blue.Endpoint, CA: "aa"}, "https://kubernetes.default.svc", blue, false, true, "https://kubernetes.default.svc"},
		{"CAs agree", facts.Cluster{Server: "https://127.0.0.1:8443", CA: "AA"}, "", blue, true, true, "SHA-256 aa"},
		{"endpoints agree", facts.Cluster{Server: "https://abc.gr7.us-west-2.eks.amazonaws.com:443/"}, "", blue, true, true, "abc.gr7.us-west-2"},
		{"an own CA at the endpoint", facts.Cluster{Server: blue.Endpoint, CA: "bb"}, "", blue, true, true, "abc.gr7.us-west-2"},
		{"both differ", facts.Cluster{Server: "https://DEF.gr7.us-west-2.eks.amazonaws.com", CA: "bb"}, "", blue, false, true, "their CA certificates differ"},
		{"proxy without CA", facts.Cluster{Server: "https://rancher.example.com/k8s/clusters/c-1"}, "", blue, false, false, "rancher.example.com"},
		{"CA differs, no server", facts.Cluster{CA: "bb"}, "", blue, false, false, "may be a proxy"},
		{"nothing of EKS", facts.Cluster{Server: "https://127.0.0.1:8443", CA: "bb"}, "https://" + issuer, young, false, false, "neither issuer"},
		{"nothing of the cluster", facts.Cluster{Server: "::", CA: ""}, "", blue, false, false, "neither issuer"},
	} {
		same, known, why := SameCluster(c.cluster, c.issuer, c.eks)
		if same != c.same || known != c.known || !strings.Contains(why, c.why) {
			t.Errorf("%s: %t, %t: %s", c.name, same, known, why)
		}
	}
}
