package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/irsa-doctor/irsa-doctor/aws"
	"github.com/irsa-doctor/irsa-doctor/kube"
)

func (p *program) permissionsCommand() *cli.Command {
	return &cli.Command{
		Name:  "permissions",
		Usage: "print the RBAC and the IAM policy that check needs with the flags that you choose",
		Description: "Nothing is asked, neither the cluster nor AWS, and nothing is changed. The rights are the least with which check\n" +
			"answers all that it is asked:\n\n" +
			"irsa-doctor permissions -n shop -o rbac --bind serviceaccount:ci:audit | kubectl apply -f -\n" +
			"irsa-doctor permissions -o iam > policy.json\n" +
			"aws iam put-user-policy --user-name audit --policy-name irsa-doctor --policy-document file://policy.json",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "namespace", Aliases: []string{"n"}, Usage: "for looks into `NAMESPACE`, else into all"},
			&cli.BoolFlag{Name: "all-namespaces", Aliases: []string{"A"}, Usage: "for looks into all namespaces, as without -n", DisableDefaultText: true},
			&cli.StringFlag{Name: "ack", Usage: "for check --ack `SERVICE`, whose controller is in the namespace of -n"},
			&cli.BoolFlag{Name: "mint", Usage: "for check --mint", DisableDefaultText: true},
			&cli.BoolFlag{Name: "exec", Usage: "for check --exec", DisableDefaultText: true},
			&cli.StringFlag{Name: "webhook-namespace", Usage: "`NAMESPACE` in which the pod identity webhook runs, where the cluster is not EKS's"},
			&cli.StringSliceFlag{Name: "aws-role-arn", Usage: "for check --aws-role-arn `ARN`; repeatable"},
			&cli.StringFlag{Name: "bind", Usage: "bind the RBAC to `WHO`: user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "text, rbac or iam (`FORMAT`)", Value: "text"},
		},
		Action: atMost(0, p.permissions),
	}
}

func (p *program) permissions(c *cli.Context) error {
	look, err := rightsLook(c)
	if err != nil {
		return err
	}
	who, err := subject(c.String("bind"))
	if err != nil {
		return err
	}
	roles := c.StringSlice("aws-role-arn")
	inAWS, err := aws.Rights(roles)
	if err != nil {
		return refuse("", "%w", err)
	}
	switch format := c.String("output"); format {
	case "text":
		fmt.Fprintln(p.stdout, "# Kubernetes RBAC. -o rbac prints this part alone, for kubectl apply -f -")
		writeRBAC(p.stdout, look, who)
		fmt.Fprintln(p.stdout, "\n# The IAM policy for whoever calls AWS. -o iam prints the policy alone, for aws iam put-user-policy or put-role-policy")
		writeReasons(p.stdout, inAWS)
		if len(roles) > 0 {
			writeInRoles(p.stdout, inAWS)
		}
		return writePolicy(p.stdout, inAWS)
	case "rbac":
		writeRBAC(p.stdout, look, who)
		return nil
	case "iam":
		return writePolicy(p.stdout, inAWS)
	default:
		return refuse("-o text, rbac or iam", "-o %q is no format", format)
	}
}

// rightsLook reads the look that the rights are for.
func rightsLook(c *cli.Context) (kube.Look, error) {
	look := kube.Look{
		Namespace: c.String("namespace"), Webhook: c.String("webhook-namespace"),
		FindACK: c.String("ack") != "", Mint: c.Bool("mint"), Exec: c.Bool("exec"),
	}
	if look.Namespace != "" && c.Bool("all-namespaces") {
		return look, refuse("leave one of them out", "-n means one namespace, and -A all of them")
	}
	for _, name := range []string{look.Namespace, look.Webhook} {
		if name != "" && len(validation.IsDNS1123Label(name)) > 0 {
			return look, refuse("", "%q can not be the name of a namespace", name)
		}
	}
	return look, nil
}

// subject reads whom to bind the rights to; nil when that is nobody.
func subject(text string) (*rbacv1.Subject, error) {
	kind, name, _ := strings.Cut(text, ":")
	namespace, account, _ := strings.Cut(name, ":")
	switch {
	case text == "":
		return nil, nil
	case kind == "user" && name != "":
		return &rbacv1.Subject{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: name}, nil
	case kind == "group" && name != "":
		return &rbacv1.Subject{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: name}, nil
	case kind == "serviceaccount" && len(validation.IsDNS1123Label(namespace)) == 0 && len(validation.IsDNS1123Subdomain(account)) == 0:
		return &rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account}, nil
	}
	return nil, refuse("--bind user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME", "--bind %q names nobody", text)
}
