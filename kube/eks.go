package kube

import (
	"cmp"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// An eksHint is what a kubeconfig tells of the cluster in EKS; "" for what it does not.
type eksHint struct{ name, region string }

var (
	// As aws eks update-kubeconfig names clusters, contexts and users.
	clusterARN = regexp.MustCompile(`arn:aws[a-z-]*:eks:([a-z0-9-]+):\d{12}:cluster/([A-Za-z0-9][A-Za-z0-9_-]*)`)
	// As eksctl names them, a context with USER@ before it.
	eksctlName = regexp.MustCompile(`(?:^|@)([A-Za-z0-9][A-Za-z0-9_-]*)\.([a-z0-9-]+)\.eksctl\.io$`)
	// As EKS names the hosts of API servers, the second one with dual stack.
	eksHost = regexp.MustCompile(`\.([a-z0-9-]+)\.eks\.amazonaws\.com(?:\.cn)?$|\.eks-cluster\.([a-z0-9-]+)\.api\.(?:aws|amazonwebservices\.com\.cn)$`)
)

// hintOf takes the most specific source first: the command that gets the user's token,
// the names that tools give to clusters and contexts, the host of the API server.
func hintOf(raw clientcmdapi.Config, context, server string) eksHint {
	var all []eksHint
	names := []string{context}
	if c := raw.Contexts[context]; c != nil {
		if user := raw.AuthInfos[c.AuthInfo]; user != nil && user.Exec != nil {
			all = append(all, hintOfCommand(user.Exec.Command, user.Exec.Args))
		}
		names = []string{c.Cluster, context}
	}
	for _, name := range names {
		if m := clusterARN.FindStringSubmatch(name); m != nil {
			all = append(all, eksHint{m[2], m[1]})
		}
		if m := eksctlName.FindStringSubmatch(name); m != nil {
			all = append(all, eksHint{m[1], m[2]})
		}
	}
	if u, err := url.Parse(server); err == nil {
		if m := eksHost.FindStringSubmatch(u.Hostname()); m != nil {
			all = append(all, eksHint{"", cmp.Or(m[1], m[2])})
		}
	}
	var best eksHint
	for _, h := range all {
		best.name = cmp.Or(best.name, h.name)
		best.region = cmp.Or(best.region, h.region)
	}
	return best
}

// hintOfCommand reads aws eks get-token and aws-iam-authenticator token. Commands of
// other clouds have flags of the same names.
func hintOfCommand(command string, args []string) eksHint {
	if !strings.Contains(path.Base(command), "aws") && !slices.Contains(args, "eks") {
		return eksHint{}
	}
	var h eksHint
	for _, flag := range []string{"cluster-name", "cluster-id", "i"} {
		name, _ := argument(args, flag)
		h.name = cmp.Or(h.name, name)
	}
	h.region, _ = argument(args, "region")
	return h
}
