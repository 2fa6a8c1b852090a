package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/irsa-doctor/irsa-doctor/aws"
	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
	"github.com/irsa-doctor/irsa-doctor/internal/secret"
	"github.com/irsa-doctor/irsa-doctor/internal/token"
	"github.com/irsa-doctor/irsa-doctor/kube"
)

// A looker takes snapshots of one cluster and its accounts.
type looker struct {
	kube   *kube.Client
	aws    *aws.Client
	asked  facts.Asked
	ack    string // service of the ACK controller to look for, or ""
	named  bool   // the user named the EKS cluster, so that it must be this one
	proofs proofs
	limit  time.Duration // of one look
	tokens tokens
}

func (p *program) lookerOf(c *cli.Context) (*looker, error) {
	flags := genericclioptions.NewConfigFlags(true)
	set := func(to **string, flag string) {
		if value := c.String(flag); value != "" {
			*to = &value
		}
	}
	set(&flags.Context, "context")
	set(&flags.KubeConfig, "kubeconfig")
	set(&flags.Namespace, "namespace")
	set(&flags.Timeout, "request-timeout")
	k, err := kube.Connect(flags, "irsa-doctor/"+tool().Version)
	if err != nil {
		return nil, refuse("", "%w", err)
	}
	l := &looker{kube: k, ack: c.String("ack"), named: c.IsSet("eks-cluster"), limit: c.Duration("timeout")}
	if l.limit <= 0 {
		return nil, refuse("--timeout TIME, such as --timeout 2m", "--timeout %s gives no time to look", l.limit)
	}
	if l.asked, err = askedOf(c, k); err != nil {
		return nil, err
	}
	if l.proofs, err = p.proofsOf(c); err != nil {
		return nil, err
	}
	name, hinted := k.EKSHint()
	if !l.named {
		l.asked.EKSCluster = name
	}
	options := aws.Options{
		Profile: c.String("profile"), Region: c.String("region"), EndpointURL: c.String("endpoint-url"),
		RoleARNs: c.StringSlice("aws-role-arn"), Version: tool().Version,
	}
	if options.Region == "" {
		options.Region = hinted
	}
	ctx, cancel := context.WithTimeout(p.ctx, l.limit)
	defer cancel()
	l.aws, err = aws.Connect(ctx, options)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, &exit{exitIncomplete, fmt.Errorf("--timeout %s was over before anything was found: %w", l.limit, err), ""}
	}
	return nil, refuse("", "%w", err)
}

func (l *looker) close() {
	l.kube.Close()
	l.aws.Close()
}

// held are the secrets that the look has held. None may be kept or written.
func (l *looker) held() secret.Held {
	return slices.Concat(l.kube.Credentials(), l.aws.Credentials(), l.tokens.all(), []string{string(l.proofs.file)})
}

// askedOf reads what the user wants looked at.
func askedOf(c *cli.Context, k *kube.Client) (facts.Asked, error) {
	asked := facts.Asked{
		Namespace: k.Namespace(), Selector: c.String("selector"), ACK: c.String("ack"),
		EKSCluster: c.String("eks-cluster"), Context: c.String("context"), Profile: c.String("profile"), Region: c.String("region"),
	}
	if _, err := labels.Parse(asked.Selector); err != nil {
		return asked, refuse("-l app=web,tier!=cache", "-l %q: %w", asked.Selector, err)
	}
	var err error
	if asked.Error, err = givenError(c, ""); err != nil {
		return asked, err
	}
	if asked.Targets, err = parseTargets(c.Args().Slice(), asked.Namespace); err != nil {
		return asked, err
	}
	switch {
	case asked.ACK != "" && len(asked.Targets) > 0:
		return asked, refuse("leave one of them out", "--ack finds the target itself, and a target is named too")
	case asked.ACK != "" && asked.Selector != "":
		return asked, refuse("leave one of them out", "--ack finds the target itself, and -l chooses among workloads")
	case asked.Selector != "" && len(asked.Targets) > 0:
		return asked, refuse("leave one of them out", "-l chooses among workloads, and a target is named too")
	case c.Bool("all-namespaces") && len(asked.Targets) > 0:
		return asked, refuse("use -n NAMESPACE", "a target is in one namespace, and -A means all of them")
	case c.Bool("all-namespaces"):
		asked.Namespace = ""
	}
	return asked, nil
}

// look takes a snapshot. Without one, the error is why nothing could be audited. With
// one, it is that the time was over: the snapshot holds what was found until then. What
// could not be read otherwise is a gap in the snapshot.
func (l *looker) look(ctx context.Context) (*facts.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, l.limit)
	defer cancel()
	s := &facts.Snapshot{Version: facts.SchemaVersion, TakenAt: time.Now().UTC().Truncate(time.Second), Asked: l.asked}
	var published token.Keys
	group, first := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := l.findACK(first, &s.Asked); err != nil {
			return err
		}
		s.Cluster = l.kube.Collect(first, s.Asked)
		return unreachable(first, s.Cluster)
	})
	group.Go(func() error {
		s.Issuer, published = l.issuer(first)
		return nil
	})
	group.Go(func() error {
		var err error
		if s.AWS, err = l.aws.Begin(first, l.asked.EKSCluster); err != nil && first.Err() == nil {
			return refuse("", "%w", err)
		}
		return l.noSuchCluster(s.AWS)
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := l.sameCluster(s); err != nil {
		return nil, err
	}
	secret.Scrub(s, l.held()) // before what is in it is asked for elsewhere
	l.learn(ctx, s, published)
	secret.Scrub(s, l.held())
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return s, fmt.Errorf("--timeout %s is over; the report holds what was found until then", l.limit)
	}
	return s, nil
}

// findACK names the ACK controller as the target.
func (l *looker) findACK(ctx context.Context, asked *facts.Asked) error {
	if l.ack == "" {
		return nil
	}
	found, err := l.kube.FindACK(ctx, l.ack)
	switch {
	case ctx.Err() != nil:
		return &exit{exitIncomplete, fmt.Errorf("--timeout %s was over before the ACK controller of %s was found", l.limit, l.ack), "name it as deploy/NAME -n NAMESPACE"}
	case err != nil:
		return refuse("name it as deploy/NAME -n NAMESPACE", "look for the ACK controller of %s: %w", l.ack, err)
	case len(found) == 0:
		return &exit{exitIncomplete, fmt.Errorf("no deployment runs the ACK controller of %s", l.ack), "--ack takes the service as in the controller's name: s3 for ack-s3-controller"}
	case len(found) > 1:
		var all []string
		for _, ref := range found {
			all = append(all, fmt.Sprintf("deploy/%s -n %s", ref.Name, ref.Namespace))
		}
		return refuse("name one: "+strings.Join(all, ", or "), "%d deployments run the ACK controller of %s", len(found), l.ack)
	}
	asked.Targets, asked.Namespace = found, found[0].Namespace
	return nil
}

// unreachable is the refusal when the API server answered nothing that is of use,
// unless it was not given the time.
func unreachable(ctx context.Context, c facts.Cluster) error {
	_, err := c.Version.Get()
	if err == nil || ctx.Err() != nil {
		return nil
	}
	for _, listing := range c.Workloads {
		if _, err := listing.Get(); err == nil {
			return nil
		}
	}
	return refuse("kubectl version tells whether it is up; --context chooses another", "reach the API server %s: %w", c.Server, err)
}

// noSuchCluster is the refusal when EKS does not know the cluster that the user named,
// or when the credentials can not name anybody.
func (l *looker) noSuchCluster(a facts.AWS) error {
	_, err := a.EKS.Get()
	if l.named && facts.KindOf(err) == facts.Absent {
		return refuse("aws eks list-clusters lists them; --region and --profile choose where to look", "EKS cluster %s: %w", l.asked.EKSCluster, err)
	}
	return nil
}

// sameCluster holds the EKS cluster against the one that the kubeconfig reaches. The
// associations of a cluster that may be another one say nothing of this one.
func (l *looker) sameCluster(s *facts.Snapshot) error {
	eks, err := s.AWS.EKS.Get()
	if err != nil {
		s.AWS.Associations = facts.Missing[map[string]facts.Association](err)
		return nil
	}
	same, known, why := aws.SameCluster(s.Cluster, s.Issuer.APIServer.Or(facts.Discovery{}).Issuer, eks)
	switch {
	case !known || same:
		return nil
	case l.named:
		return refuse("--context chooses another cluster, --eks-cluster another name, --region another region",
			"EKS cluster %s is not the one that the kubeconfig reaches: %s", eks.Name, why)
	}
	gap := &facts.Gap{Kind: facts.NotCollected, Call: "eks:DescribeCluster", Detail: "the kubeconfig's cluster is not EKS's " + eks.Name + ": " + why + "; name it with --eks-cluster"}
	s.AWS.EKS, s.AWS.Associations = facts.Missing[facts.EKSCluster](gap), facts.Missing[map[string]facts.Association](gap)
	return nil
}

// learn asks what depends on the first answers, as much at once as can be: AWS for the
// roles and providers that matter, the live proofs, and the issuer for what it publishes
// where AWS does not run it.
func (l *looker) learn(ctx context.Context, s *facts.Snapshot, published token.Keys) {
	if names := checks.Wants(s).Associations; len(names) > 0 { // whose roles are wanted next
		l.aws.Learn(ctx, &s.AWS, aws.Want{Associations: names})
	}
	wanted, v := checks.Wants(s), verifier{s.Issuer, published}
	issuer := s.Issuer.APIServer.Or(facts.Discovery{}).Issuer
	var second sync.WaitGroup
	second.Go(func() { l.aws.Learn(ctx, &s.AWS, aws.Want{Roles: wanted.Roles, Issuers: wanted.Issuers}) })
	second.Go(func() { s.Tokens, s.Executions = l.prove(ctx, wanted, v) })
	if issuer != "" && !region.IsEKSIssuer(issuer) {
		second.Go(func() {
			got := token.Fetch(ctx, issuer, token.FetchOptions{})
			s.Issuer.Public, s.Issuer.PublicKeys, s.Issuer.TLS = got.Public, got.PublicKeys, got.TLS
		})
	}
	second.Wait()

	known := func(issuer string) bool { return slices.Contains(wanted.Issuers, issuer) }
	if more := slices.DeleteFunc(checks.Wants(s).Issuers, known); len(more) > 0 { // that tokens name
		l.aws.Learn(ctx, &s.AWS, aws.Want{Issuers: more})
	}
}
