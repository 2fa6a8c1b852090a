// Package kube learns facts from the Kubernetes API, and judges nothing. It only
// reads, but for the token and the command that a live proof asks for. What can be
// asked at once is asked at once, in lists rather than object by object. What can not
// be learnt is a *facts.Gap in the fact's place, never an empty list. Secrets are not
// read, and every text of the cluster's is hostile.
package kube

import (
	"context"
	"fmt"
	"net"
	"time"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // OpenID Connect users
	"k8s.io/client-go/rest"
)

// A Client reads one cluster. Its methods may be called at once from several
// goroutines. Their errors are *facts.Gap.
type Client struct {
	context   string
	namespace string
	server    string
	ca        string
	hint      eksHint
	config    *rest.Config
	shown     *shown
	kube      kubernetes.Interface
	stop      context.CancelFunc // of all connections
}

const dialTimeout = 10 * time.Second

// Connect reads the kubeconfig as kubectl does, or the pod's own account where there
// is none, and asks no server anything. Its errors are one line that says what to do.
func Connect(flags *genericclioptions.ConfigFlags, userAgent string) (*Client, error) {
	k, err := loadKubeconfig(flags)
	if err != nil {
		return nil, err
	}
	config := rest.CopyConfig(k.rest)
	config.UserAgent = userAgent
	config.QPS = -1 // parallelCalls bounds the load, and the API server knows its limits
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	config.WarningHandlerWithContext = rest.NoWarnings{}
	life, stop := context.WithCancel(context.Background())
	config.Dial = dialUntil(life, &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second})
	shown := new(shown)
	shown.note(config)
	set, err := kubernetes.NewForConfig(config)
	if err != nil {
		stop()
		return nil, fmt.Errorf("use the kubeconfig: %s", oneLine(err.Error()))
	}
	return &Client{
		context: k.context, namespace: k.namespace, config: config, shown: shown, kube: set, stop: stop,
		server: withoutUser(config.Host), ca: fingerprint(config.TLSClientConfig), hint: k.hint,
	}, nil
}

// dialUntil dials connections that are closed when life is over.
func dialUntil(life context.Context, d *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d.DialContext(ctx, network, address)
		if err == nil {
			context.AfterFunc(life, func() { conn.Close() })
		}
		return conn, err
	}
}

// Close closes all connections. The Client can not be used any more.
func (c *Client) Close() { c.stop() }

// Namespace is the one that the flags or the kubeconfig choose, "default" otherwise.
func (c *Client) Namespace() string { return c.namespace }

// EKSHint returns what the kubeconfig tells of the cluster's name in EKS and of its
// region; "" for what it does not tell.
func (c *Client) EKSHint() (name, region string) { return c.hint.name, c.hint.region }
