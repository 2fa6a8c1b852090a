package kube

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// A kubeconfig is the part of a kubeconfig that is in use.
type kubeconfig struct {
	context   string // "" in a pod
	namespace string
	hint      eksHint
	rest      *rest.Config
}

func loadKubeconfig(flags *genericclioptions.ConfigFlags) (kubeconfig, error) {
	loader := flags.ToRawKubeConfigLoader()
	raw, err := loader.RawConfig()
	if err != nil {
		return kubeconfig{}, fmt.Errorf("read the kubeconfig: %s", oneLine(err.Error()))
	}
	k := kubeconfig{context: raw.CurrentContext}
	if flags.Context != nil {
		k.context = cmp.Or(*flags.Context, k.context)
	}
	if flags.APIServer == nil || *flags.APIServer == "" {
		if err := usable(raw, k.context, loader.ConfigAccess().GetLoadingPrecedence()); err != nil {
			return k, err
		}
	}
	if k.rest, err = flags.ToRESTConfig(); err != nil {
		return k, fmt.Errorf("use the kubeconfig: %s", oneLine(err.Error()))
	}
	if k.namespace, _, err = loader.Namespace(); err != nil {
		return k, fmt.Errorf("use the kubeconfig: %s", oneLine(err.Error()))
	}
	k.hint = hintOf(raw, k.context, k.rest.Host)
	return k, nil
}

// usable says why no cluster can be reached with a kubeconfig that can be read.
func usable(raw clientcmdapi.Config, context string, files []string) error {
	if len(raw.Clusters) == 0 {
		if _, err := rest.InClusterConfig(); !errors.Is(err, rest.ErrNotInCluster) {
			return err
		}
		return fmt.Errorf("no cluster is configured in %s, and this is no pod; set KUBECONFIG or pass --kubeconfig",
			strings.Join(files, ", "))
	}
	all := strings.Join(slices.Sorted(maps.Keys(raw.Contexts)), ", ")
	if context == "" {
		return fmt.Errorf("the kubeconfig chooses no context; pass --context, which may be %s", all)
	}
	chosen := raw.Contexts[context]
	switch {
	case chosen == nil:
		return fmt.Errorf("the kubeconfig has no context %q; --context may be %s", context, all)
	case raw.Clusters[chosen.Cluster] == nil: // clientcmd would take localhost:8080
		return fmt.Errorf("context %s of the kubeconfig names cluster %q, which is not in it", context, chosen.Cluster)
	case chosen.AuthInfo != "" && raw.AuthInfos[chosen.AuthInfo] == nil:
		return fmt.Errorf("context %s of the kubeconfig names user %q, who is not in it", context, chosen.AuthInfo)
	}
	return nil
}

// withoutUser is the URL of the API server without user info and query.
func withoutUser(server string) string {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return "https://" + server[strings.LastIndex(server, "@")+1:]
	}
	return u.Scheme + "://" + u.Host + u.Path
}

// fingerprint is the SHA-256 in hex of the first certificate that the client trusts,
// or "" when it is told of none.
func fingerprint(tls rest.TLSClientConfig) string {
	text := tls.CAData
	if len(text) == 0 && tls.CAFile != "" {
		text, _ = os.ReadFile(tls.CAFile)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			sum := sha256.Sum256(block.Bytes)
			return hex.EncodeToString(sum[:])
		}
	}
	return ""
}
