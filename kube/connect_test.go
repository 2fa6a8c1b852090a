package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

const twoContexts = `{apiVersion: v1, kind: Config, current-context: dev,
contexts: [{name: dev, context: {cluster: c, user: u, namespace: team}}, {name: prod, context: {cluster: c, user: u}}],
clusters: [{name: c, cluster: {server: "https://user:CANARY@api.example.com:6443/path?x=CANARY"}}],
users: [{name: u, user: {username: user, password: CANARY}}]}`

func TestConnect(t *testing.T) {
	with := func(flag func(*genericclioptions.ConfigFlags) **string, value string) func(*genericclioptions.ConfigFlags) {
		return func(f *genericclioptions.ConfigFlags) { *flag(f) = &value }
	}
	context := func(f *genericclioptions.ConfigFlags) **string { return &f.Context }
	namespace := func(f *genericclioptions.ConfigFlags) **string { return &f.Namespace }
	for _, tc := range []struct {
		name, kubeconfig   string
		set                func(*genericclioptions.ConfigFlags)
		context, namespace string
		err                string
	}{
		{name: "current context", kubeconfig: twoContexts, context: "dev", namespace: "team"},
		{name: "named context", kubeconfig: twoContexts, set: with(context, "prod"), context: "prod", namespace: "default"},
		{name: "named namespace", kubeconfig: twoContexts, set: with(namespace, "other"), context: "dev", namespace: "other"},
		{name: "unknown context", kubeconfig: twoContexts, set: with(context, "porduction"),
			err: `the kubeconfig has no context "porduction"; --context may be dev, prod`},
		{name: "no context", kubeconfig: strings.Replace(twoContexts, "current-context: dev,", "", 1),
			err: "the kubeconfig chooses no context; pass --context, which may be dev, prod"},
		{name: "nothing configured", kubeconfig: `{apiVersion: v1, kind: Config}`,
			err: "no cluster is configured in FILE, and this is no pod; set KUBECONFIG or pass --kubeconfig"},
		{name: "no YAML", kubeconfig: "a: b: c", err: "read the kubeconfig: error loading config file"},
		{name: "dangling cluster", kubeconfig: strings.Replace(twoContexts, "cluster: c, user: u, namespace", "cluster: gone, user: u, namespace", 1),
			err: `context dev of the kubeconfig names cluster "gone", which is not in it`},
		{name: "dangling user", kubeconfig: strings.Replace(twoContexts, "user: u, namespace", "user: gone, namespace", 1),
			err: `context dev of the kubeconfig names user "gone", who is not in it`},
		{name: "wrong timeout", kubeconfig: twoContexts, set: with(func(f *genericclioptions.ConfigFlags) **string { return &f.Timeout }, "soon"),
			err: "use the kubeconfig: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			flags := flagsFor(t, tc.kubeconfig)
			if tc.set != nil {
				tc.set(flags)
			}
			c, err := Connect(flags, "irsa-doctor/test")
			if tc.err != "" {
				want := strings.Replace(tc.err, "FILE", *flags.KubeConfig, 1)
				if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
					t.Fatalf("error %v, want one line that begins %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.context != tc.context || c.Namespace() != tc.namespace || c.server != "https://api.example.com:6443/path" || c.ca != "" {
				t.Errorf("context %q, namespace %q, server %q, CA %q", c.context, c.Namespace(), c.server, c.ca)
			}
		})
	}
	t.Run("missing file", func(t *testing.T) {
		flags := genericclioptions.NewConfigFlags(true)
		flags.KubeConfig = new("testdata/none")
		if _, err := Connect(flags, ""); err == nil || !strings.HasPrefix(err.Error(), "read the kubeconfig: ") {
			t.Error(err)
		}
	})
}

func TestConnectInPod(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
	t.Setenv("KUBERNETES_SERVICE_PORT", "443")
	_, err := Connect(flagsFor(t, `{apiVersion: v1, kind: Config}`), "")
	if err == nil || !strings.Contains(err.Error(), "serviceaccount/token") { // this test runs in no pod
		t.Error(err)
	}
}

func TestFingerprint(t *testing.T) {
	s := kubetest.Start(t)
	ca, _ := pem.Decode(s.CA())
	sum := sha256.Sum256(ca.Bytes)
	if got := connect(t, s).ca; got != hex.EncodeToString(sum[:]) {
		t.Errorf("fingerprint %s, want %x", got, sum)
	}
}

func TestEKSHint(t *testing.T) {
	const arn = "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod_1"
	exec := func(command string, args ...string) *clientcmdapi.ExecConfig {
		return &clientcmdapi.ExecConfig{Command: command, Args: args}
	}
	for _, tc := range []struct {
		name, context, cluster, server string
		exec                           *clientcmdapi.ExecConfig
		want                           eksHint
	}{
		{name: "nothing", cluster: "kind"},
		{name: "aws", exec: exec("aws", "--region", "us-west-2", "eks", "get-token", "--cluster-name", "prod", "--output", "json"), want: eksHint{"prod", "us-west-2"}},
		{name: "aws with equals signs", exec: exec("/usr/local/bin/aws", "eks", "get-token", "--cluster-name=prod", "--region=us-west-2"), want: eksHint{"prod", "us-west-2"}},
		{name: "cluster ID", exec: exec("aws", "eks", "get-token", "--cluster-id", "local-1"), want: eksHint{"local-1", ""}},
		{name: "authenticator", exec: exec("aws-iam-authenticator", "token", "-i", "prod"), server: "https://D5.gr7.eu-west-1.eks.amazonaws.com", want: eksHint{"prod", "eu-west-1"}},
		{name: "wrapped", exec: exec("vault-run", "--", "aws", "eks", "get-token", "--cluster-name", "prod"), want: eksHint{"prod", ""}},
		{name: "another cloud's flags", exec: exec("oci", "ce", "cluster", "generate-token", "--cluster-id", "ocid1.cluster", "--region", "us-ashburn-1")},
		{name: "flag without value", exec: exec("aws", "eks", "get-token", "--cluster-name")},
		{name: "ARN of the cluster", cluster: arn, want: eksHint{"prod_1", "cn-north-1"}},
		{name: "ARN of the context", context: arn, cluster: "x", want: eksHint{"prod_1", "cn-north-1"}},
		{name: "the command wins", cluster: arn, exec: exec("aws", "eks", "get-token", "--cluster-name", "other"), want: eksHint{"other", "cn-north-1"}},
		{name: "eksctl's cluster", cluster: "prod.us-east-1.eksctl.io", want: eksHint{"prod", "us-east-1"}},
		{name: "eksctl's context", context: "ada@prod.us-east-1.eksctl.io", want: eksHint{"prod", "us-east-1"}},
		{name: "host", server: "https://D5.sk1.us-gov-west-1.eks.amazonaws.com:443", want: eksHint{"", "us-gov-west-1"}},
		{name: "host in China", server: "https://D5.yl4.cn-north-1.eks.amazonaws.com.cn", want: eksHint{"", "cn-north-1"}},
		{name: "dual-stack host", server: "https://D5.gr7.eks-cluster.us-west-2.api.aws", want: eksHint{"", "us-west-2"}},
		{name: "host that only looks alike", server: "https://a.us-west-2.eks.amazonaws.com.example.org"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw := clientcmdapi.Config{
				Contexts:  map[string]*clientcmdapi.Context{tc.context: {Cluster: tc.cluster, AuthInfo: "u"}},
				AuthInfos: map[string]*clientcmdapi.AuthInfo{"u": {Exec: tc.exec}},
			}
			if got := hintOf(raw, tc.context, tc.server); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
	if got := hintOf(clientcmdapi.Config{}, "", ""); got != (eksHint{}) {
		t.Errorf("of nothing: %+v", got)
	}
}
