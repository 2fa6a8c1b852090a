package checks

import (
	"fmt"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

var RoleARNFormat = register(&Check{
	ID:    "role-arn-format",
	Link:  LinkServiceAccount,
	Stage: StageARN,
	Grain: GrainBinding,
	Worst: Error,
	Title: "what the service account names is the ARN of an IAM role",
	Why: "The webhook does not examine the annotation: it gives the pod whatever is there, blanks and placeholders and all, and " +
		"writes a warning to its own log. STS then answers ValidationError: Request ARN is invalid.",
	Fix: "Write the ARN as IAM shows it: arn:PARTITION:iam::ACCOUNT:role/PATH/NAME, with the path of the role and without quotes, " +
		"blanks or a line end. Restart the pods: they keep the value that they were created with.",
	Refs: []string{
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
	},
	Judge: each((*Audit).Bindings, roleARNFormat),
})

func roleARNFormat(a *Audit, b *Binding) Finding {
	if b.RoleARN == "" {
		if _, err := a.serviceAccount(b.Account); err != nil {
			return missing(err)
		}
		return skip("it names no role")
	}
	problem, meant := examineRoleARN(b.RoleARN)
	if problem == "" {
		return a.rolePartition(b)
	}
	if !b.Pinned && !strings.Contains(b.RoleARN, "arn:") && bareName.MatchString(b.RoleARN) {
		if err := a.webhookUnknown(); err != nil {
			return missing(err)
		}
		if a.webhook().ComposesARN {
			return pass("it names %s, which the webhook makes an ARN of (--compose-role-arn)", b.RoleARN)
		}
	}
	f := fail("%s %s; expected arn:PARTITION:iam::ACCOUNT:role/NAME", a.namesTheRole(b), problem).detail("value: %q", b.RoleARN)
	if !b.Pinned && bareName.MatchString(b.RoleARN) {
		f = f.detail("only a webhook of one's own, with --compose-role-arn, makes an ARN of a bare name")
	}
	// STS takes no shorter one at all. Source: RoleArn of AssumeRoleWithWebIdentity.
	if len(b.RoleARN) >= 20 {
		f = f.seen("%s", logged("ValidationError: Request ARN is invalid", b.Workloads...))
	}
	return f.mend(a.nameRole(b, meant))
}

// namesTheRole is where the binding's role comes from, as a subject of a sentence.
func (a *Audit) namesTheRole(b *Binding) string {
	if b.Pinned {
		return "AWS_ROLE_ARN in the workload's manifest"
	}
	if sa, err := a.serviceAccount(b.Account); err == nil {
		if id, _ := a.webhook().Identity(b.Account.Namespace, b.Account.Name, sa); id.Mapped {
			return "the role ARN in the webhook's ConfigMap"
		}
	}
	return "the role ARN annotation"
}

// rolePartition judges a well-formed ARN by its partition, which no trust leaves.
func (a *Audit) rolePartition(b *Binding) Finding {
	arn, _ := facts.ParseRoleARN(b.RoleARN)
	if _, ok := region.PartitionByID(arn.Partition); !ok {
		return note("partition %s is not one that irsa-doctor knows", arn.Partition)
	}
	home, _, _ := region.Lookup(a.region())
	if home.ID == "" || home.ID == arn.Partition {
		return pass("it is the ARN of a role")
	}
	return fail("%s is of partition %s, and the cluster's region %s is in %s: no role can be had across partitions",
		a.namesTheRole(b), arn.Partition, a.region(), home.ID).
		detail("value: %q", b.RoleARN).
		mend(Remedy{Text: fmt.Sprintf("name a role of an account in %s, arn:%s:iam::…", home.ID, home.ID), Owner: a.ownerOfRoleName(b)})
}

// nameRole is the remedy that puts the right ARN where the wrong one is; meant is "" when
// it is not known.
func (a *Audit) nameRole(b *Binding, meant string) Remedy {
	r := Remedy{Text: fmt.Sprintf("put the ARN of the role in its place%s", anew(b.Workloads)), Owner: a.ownerOfRoleName(b)}
	if meant == "" {
		return r
	}
	sa, err := a.serviceAccount(b.Account)
	switch id, _ := a.webhook().Identity(b.Account.Namespace, b.Account.Name, sa); {
	case b.Pinned:
		r.Text = "set AWS_ROLE_ARN to " + meant
		for _, w := range b.Workloads {
			for _, c := range w.Template.Spec.Containers {
				if arn, _ := c.Literal("AWS_ROLE_ARN"); arn == b.RoleARN {
					r.Edits = append(r.Edits, a.setEnv(Container{w, c}, "AWS_ROLE_ARN", meant)...)
				}
			}
		}
	case err == nil && !id.Mapped:
		key := a.webhook().Prefix + "/role-arn"
		r.Text = "annotate the service account with " + meant + anew(b.Workloads)
		r.Edits = append([]edit.Edit{edit.Annotate{Context: a.context(), Object: b.Account, Key: key, Value: meant}}, a.restarts(b.Workloads)...)
	default:
		r.Text = fmt.Sprintf("put %s in its place%s", meant, anew(b.Workloads))
	}
	return r
}

// ownerOfRoleName says who manages the object that names the binding's role.
func (a *Audit) ownerOfRoleName(b *Binding) string {
	if b.Pinned && len(b.Workloads) > 0 {
		return ownerOf(b.Workloads[0].Meta)
	}
	sa, err := a.serviceAccount(b.Account)
	if err != nil {
		return ""
	}
	return ownerOf(sa.Meta)
}
