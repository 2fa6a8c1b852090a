package report_test

import (
	"slices"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
	"github.com/irsa-doctor/irsa-doctor/report"
)

var tool = report.Tool{Name: "irsa-doctor", Version: "v1.0.0", Commit: "0123456"}

// typed is an edit that is nothing but its command.
type typed edit.Command

func (t typed) Command() edit.Command { return edit.Command(t) }
func (typed) Apply(*facts.Snapshot)   {}

var (
	roleExists = &checks.Check{
		ID: "role-exists", Link: checks.LinkRole, Stage: checks.StageConditions, Grain: checks.GrainRole,
		Worst: checks.Error, Title: "the role exists in the account of its ARN",
		Why: "STS answers AccessDenied for a role that is not there, as it does for one that does not trust the caller.",
		Fix: "create the role, or correct the annotation",
	}
	trustPolicySubject = &checks.Check{
		ID: "trust-policy-subject", Link: checks.LinkTrustPolicy, Stage: checks.StageConditions, Grain: checks.GrainRole,
		Worst: checks.Error, Title: "the trust policy admits the service account's subject",
		Why: "STS compares the token's sub claim with the trust policy's condition, character by character. " +
			"The pod sees: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity.",
		Fix: "make the condition on <issuer>:sub equal system:serviceaccount:NAMESPACE:NAME",
		Refs: []string{
			"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
			"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
		},
	}
	trustPolicyScope = &checks.Check{
		ID: "trust-policy-scope", Link: checks.LinkTrustPolicy, Stage: checks.StageConditions, Grain: checks.GrainRole,
		Worst: checks.Warning, Title: "the trust policy admits no more than the accounts meant",
	}
	podInjected = &checks.Check{
		ID: "pod-injected", Link: checks.LinkPod, Stage: checks.StageChain, Grain: checks.GrainWorkload,
		Worst: checks.Error, Title: "the running pods carry the web identity variables",
	}
	issuerReachable = &checks.Check{
		ID: "issuer-discovery", Link: checks.LinkIssuer, Stage: checks.StageSignature, Grain: checks.GrainCluster,
		Worst: checks.Error, Title: "the issuer serves its discovery document",
	}
	providerThumbprint = &checks.Check{
		ID: "provider-thumbprint", Link: checks.LinkProvider, Stage: checks.StageProvider, Grain: checks.GrainProvider,
		Worst: checks.Notice, Title: "the provider's thumbprint is the issuer's",
	}
	sessionPolicies = &checks.Check{
		ID: "permissions-network", Link: checks.LinkPermissions, Stage: checks.StageCall, Grain: checks.GrainRole,
		Worst: checks.Warning, Title: "no condition on the network keeps the role from what it may do",
	}
)

const issuer = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"

var (
	api     = facts.Ref{Kind: facts.Deployment, Namespace: "payments", Name: "api"}
	worker  = facts.Ref{Kind: facts.StatefulSet, Namespace: "payments", Name: "worker"}
	reports = facts.Ref{Kind: facts.CronJob, Namespace: "payments", Name: "reports"}
	ebs     = facts.Ref{Kind: facts.Deployment, Namespace: "kube-system", Name: "ebs-csi-controller"}
	s3      = facts.Ref{Kind: facts.Deployment, Namespace: "ack-system", Name: "ack-s3-controller"}
)

func samples() map[string]*checks.Report {
	return map[string]*checks.Report{
		"broken":     broken(),
		"explained":  explained(),
		"healthy":    newReport([]checks.Diagnosis{healthy(ebs)}, passes(ebs)),
		"incomplete": incomplete(),
		"many":       many(),
		"nothing":    newReport(nil, nil),
	}
}

// newReport is a report of the sample cluster with a summary that fits the findings.
func newReport(diagnoses []checks.Diagnosis, findings []checks.Finding) *checks.Report {
	r := &checks.Report{
		TakenAt: time.Date(2026, 11, 23, 3, 12, 45, 0, time.UTC),
		Cluster: checks.Identity{
			Context: "prod-admin", Server: "https://0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com", Name: "prod",
			Version: "v1.33.1-eks-abc1234", Issuer: "https://" + issuer, Region: "eu-west-1", Account: "111122223333",
			Caller: "arn:aws:sts::111122223333:assumed-role/ops/jane",
		},
		Diagnoses: diagnoses,
		Findings:  findings,
		Summary:   checks.Summary{Counts: map[checks.Result]int{}, Complete: true},
	}
	for _, f := range findings {
		r.Summary.Counts[f.Result]++
		if f.Incomplete() {
			r.Summary.Complete = false
			if f.Gap != nil && !slices.Contains(r.Summary.Missing, *f.Gap) {
				r.Summary.Missing = append(r.Summary.Missing, *f.Gap)
			}
		}
	}
	return r
}

func chain(marks map[checks.Link]checks.Result, texts map[checks.Link]string) []checks.Step {
	standard := map[checks.Link]string{
		checks.LinkWorkload:       "3 pods",
		checks.LinkServiceAccount: "api → role/payments-api",
		checks.LinkWebhook:        "pod-identity-webhook",
		checks.LinkPod:            "web identity in 1 of 1 container",
		checks.LinkToken:          "audience sts.amazonaws.com",
		checks.LinkIssuer:         issuer,
		checks.LinkProvider:       "account 111122223333, client IDs sts.amazonaws.com",
		checks.LinkRole:           "account 111122223333, role/payments-api",
		checks.LinkTrustPolicy:    "system:serviceaccount:payments:api",
		checks.LinkPermissions:    "payments-s3, AmazonSQSReadOnlyAccess",
	}
	var steps []checks.Step
	for _, l := range checks.Links {
		step := checks.Step{Link: l, Result: checks.Pass, Text: standard[l]}
		if r, ok := marks[l]; ok {
			step.Result = r
		}
		if text, ok := texts[l]; ok {
			step.Text = text
		}
		steps = append(steps, step)
	}
	return steps
}

func passes(refs ...facts.Ref) []checks.Finding {
	return []checks.Finding{
		{Check: podInjected, Result: checks.Pass, Object: refs[0].String(), Affects: refs, Message: "the variables are in 1 of 1 container"},
		{Check: roleExists, Result: checks.Pass, Object: roleOf(refs[0]), Affects: refs, Message: "the role exists"},
		{Check: sessionPolicies, Result: checks.Skip, Object: roleOf(refs[0]), Affects: refs, Message: "there is nothing to examine"},
	}
}

func roleOf(ref facts.Ref) string { return "arn:aws:iam::111122223333:role/payments-" + ref.Name }

func healthy(ref facts.Ref) checks.Diagnosis {
	return checks.Diagnosis{Object: ref, Verdict: checks.Healthy, Prognosis: checks.Healthy, Chain: chain(nil, nil)}
}

func subjectFails(affects facts.Ref) checks.Finding {
	return checks.Finding{
		Check: trustPolicySubject, Result: checks.Fail, Object: roleOf(affects), Affects: []facts.Ref{affects},
		Message: "the trust policy admits system:serviceaccount:payment:api, and the token says system:serviceaccount:payments:api",
		Details: []string{
			`statement 1: StringEquals ` + issuer + `:sub = "system:serviceaccount:payment:api"`,
			"the namespace differs by one letter",
		},
		Error: "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation:\n\tNot authorized to perform sts:AssumeRoleWithWebIdentity",
		Remedy: &checks.Remedy{
			Text: "let the trust policy of role/payments-api admit system:serviceaccount:payments:api",
			Edits: []edit.Edit{typed{"aws", "iam", "update-assume-role-policy", "--role-name", "payments-api", "--policy-document",
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/` + issuer +
					`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"` + issuer + `:sub":"system:serviceaccount:payments:api"}}}]}`}},
			Owner: "Terraform made the role (tag terraform-workspace = prod) and will revert this: change aws_iam_role.payments_api there",
		},
	}
}

func notInjected(affects facts.Ref) checks.Finding {
	return checks.Finding{
		Check: podInjected, Result: checks.Warn, Object: affects.String(), Affects: []facts.Ref{affects},
		Message: "1 of 3 pods is older than the annotation and runs without web identity",
		Remedy: &checks.Remedy{
			Text:  "restart " + affects.String() + ", which rolls 3 pods",
			Edits: []edit.Edit{typed{"kubectl", "rollout", "restart", string(affects.Kind) + "/" + affects.Name, "-n", affects.Namespace}},
		},
	}
}

func broken() *checks.Report {
	cause, also := subjectFails(api), notInjected(api)
	d := checks.Diagnosis{
		Object: api, Verdict: checks.Broken, Cause: &cause, Also: []checks.Finding{also},
		Chain:    chain(map[checks.Link]checks.Result{checks.LinkTrustPolicy: checks.Fail, checks.LinkPod: checks.Warn, checks.LinkPermissions: checks.Skip}, nil),
		Remedies: []checks.Remedy{*cause.Remedy, *also.Remedy}, Prognosis: checks.Healthy,
	}
	d.Plan = slices.Concat(cause.Remedy.Edits, also.Remedy.Edits)
	return newReport([]checks.Diagnosis{d}, append(passes(api)[1:], cause, also))
}

// explained is a report with a given error: its cause is found for one workload, and
// can not be seen for the others.
func explained() *checks.Report {
	const given = "User: arn:aws:sts::111122223333:assumed-role/eks-node/i-0123456789abcdef0 is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::payments/1"
	match := symptom.Recognise(given)[0]
	injected, tellsNot := notInjected(api), roleUnknown(worker)
	reading := func(says string, suspects ...checks.Suspect) []checks.Reading {
		return []checks.Reading{{Match: match, Says: says, Suspects: suspects}}
	}
	older := symptom.Cause{Check: podInjected.ID, Text: "the pod has no web identity"}
	sdk := checks.Suspect{Cause: symptom.Cause{Text: "the SDK is too old for web identity"}, Standing: checks.Open}
	broken := checks.Diagnosis{
		Object: api, Verdict: checks.Risky, Cause: &injected, Remedies: []checks.Remedy{*injected.Remedy}, Plan: injected.Remedy.Edits,
		Prognosis: checks.Healthy, Chain: chain(map[checks.Link]checks.Result{checks.LinkPod: checks.Warn}, nil),
		Symptoms: reading("the cause that was found ends in this error: pod-injected",
			checks.Suspect{Cause: older, Standing: checks.Confirmed, Finding: &injected}, sdk),
	}
	unsure := undetermined(worker)
	unsure.Symptoms = reading("whether a cause of this error is here is not known, as something could not be read",
		checks.Suspect{Cause: symptom.Cause{Check: roleExists.ID, Text: "there is no such role"}, Standing: checks.Open, Finding: &tellsNot}, sdk)
	sound := healthy(ebs)
	sound.Symptoms = reading("the IRSA set-up is sound as far as it can be seen; what else ends in this error:", sdk,
		checks.Suspect{Cause: older, Standing: checks.RuledOut, Finding: &passes(ebs)[0]})
	r := newReport([]checks.Diagnosis{unsure, broken, sound}, append(passes(ebs), injected, tellsNot))
	r.Error = given
	return r
}

func roleUnknown(affects facts.Ref) checks.Finding {
	gap := &facts.Gap{
		Kind: facts.Forbidden, Call: "iam:GetRole", RequestID: "5f3c0d1e-0000-4a4b-9c9c-000000000001",
		Detail: "User: arn:aws:sts::111122223333:assumed-role/ops/jane is not authorized to perform: iam:GetRole",
	}
	return checks.Finding{
		Check: roleExists, Result: checks.Unknown, Object: roleOf(affects), Affects: []facts.Ref{affects},
		Message: gap.Error(), Gap: gap,
	}
}

func issuerUnknown(affects ...facts.Ref) checks.Finding {
	gap := &facts.Gap{Kind: facts.Unreachable, Call: "GET /.well-known/openid-configuration", Detail: "dial tcp: i/o timeout"}
	return checks.Finding{
		Check: issuerReachable, Result: checks.Unknown, Object: "cluster", Affects: affects, Message: gap.Error(), Gap: gap,
	}
}

func networkDepends(affects facts.Ref) checks.Finding {
	gap := &facts.Gap{Kind: facts.Undecidable, Detail: "aws:SourceVpc is tested: it depends on where the pod calls from"}
	return checks.Finding{
		Check: sessionPolicies, Result: checks.Unknown, Object: roleOf(affects), Affects: []facts.Ref{affects}, Message: gap.Detail, Gap: gap,
	}
}

func undetermined(ref facts.Ref) checks.Diagnosis {
	cause := roleUnknown(ref)
	return checks.Diagnosis{
		Object: ref, Verdict: checks.Undetermined, Cause: &cause, Prognosis: checks.Undetermined,
		Chain: chain(
			map[checks.Link]checks.Result{checks.LinkIssuer: checks.Unknown, checks.LinkRole: checks.Unknown, checks.LinkTrustPolicy: checks.Unknown, checks.LinkPermissions: checks.Unknown},
			map[checks.Link]string{checks.LinkPermissions: ""},
		),
	}
}

func incomplete() *checks.Report {
	r := newReport([]checks.Diagnosis{undetermined(worker)}, []checks.Finding{issuerUnknown(worker), roleUnknown(worker), networkDepends(worker)})
	r.Cluster = checks.Identity{Context: "kops-staging"}
	r.TakenAt = time.Time{}
	return r
}

func many() *checks.Report {
	cause, scope := subjectFails(api), checks.Finding{
		Check: trustPolicyScope, Result: checks.Warn, Object: roleOf(reports), Affects: []facts.Ref{reports},
		Message: `the condition on sub is "system:serviceaccount:payments:*": every account of the namespace may assume the role`,
		Remedy:  &checks.Remedy{Text: "name the accounts that are meant; which they are only you can tell"},
	}
	first := checks.Diagnosis{
		Object: api, Verdict: checks.Broken, Cause: &cause, Remedies: []checks.Remedy{*cause.Remedy}, Plan: cause.Remedy.Edits,
		Chain:     chain(map[checks.Link]checks.Result{checks.LinkTrustPolicy: checks.Fail}, nil),
		Prognosis: checks.Risky, Remaining: []checks.Finding{scope},
	}
	risky := checks.Diagnosis{
		Object: reports, Verdict: checks.Risky, Cause: &scope, Remedies: []checks.Remedy{*scope.Remedy}, Prognosis: checks.Undetermined,
		Chain: chain(map[checks.Link]checks.Result{checks.LinkTrustPolicy: checks.Warn}, nil),
	}
	thumbprint := checks.Finding{
		Check: providerThumbprint, Result: checks.Note, Object: "arn:aws:iam::111122223333:oidc-provider/" + issuer,
		Affects: []facts.Ref{api, worker, reports}, Message: "the thumbprint is out of date; IAM does not use it for issuers of EKS",
	}
	return newReport(
		[]checks.Diagnosis{first, undetermined(worker), risky, healthy(s3), healthy(ebs)},
		append(passes(ebs, s3), thumbprint, roleUnknown(worker), cause, scope, networkDepends(worker)),
	)
}
