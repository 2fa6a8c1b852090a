package aws

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// SameCluster says whether the cluster that the kubeconfig reaches is the one that
// EKS described, whether that can be told, and by what. apiServerIssuer is the
// issuer that the API server itself names, or "". A kubeconfig that goes through a
// proxy shows another endpoint, or another CA, than EKS; only both together tell.
func SameCluster(c facts.Cluster, apiServerIssuer string, e facts.EKSCluster) (same, known bool, why string) {
	if apiServerIssuer != "" && e.Issuer != "" {
		if apiServerIssuer == e.Issuer {
			return true, true, "both have the issuer " + e.Issuer
		}
		return false, true, fmt.Sprintf("the API server's issuer is %s, that of EKS cluster %s is %s", apiServerIssuer, e.Name, e.Issuer)
	}
	server, endpoint := host(c.Server), host(e.Endpoint)
	knowCA, knowHost := c.CA != "" && e.CA != "", server != "" && endpoint != ""
	switch {
	case knowCA && strings.EqualFold(c.CA, e.CA):
		return true, true, "both have the CA certificate with SHA-256 " + e.CA
	case knowHost && server == endpoint:
		return true, true, "both have the endpoint " + endpoint
	case knowCA && knowHost:
		return false, true, fmt.Sprintf("the API server is %s, the endpoint of EKS cluster %s is %s, and their CA certificates differ", server, e.Name, endpoint)
	case knowHost:
		return false, false, fmt.Sprintf("the API server is %s, the endpoint of EKS cluster %s is %s; there may be a proxy between them", server, e.Name, endpoint)
	case knowCA:
		return false, false, fmt.Sprintf("the CA certificates of the kubeconfig and of EKS cluster %s differ; there may be a proxy between them", e.Name)
	}
	return false, false, "neither issuer, CA certificate nor endpoint is known of both"
}

// host is the host name of a URL, in lower case, or "".
func host(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
