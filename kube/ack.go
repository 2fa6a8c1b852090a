package kube

import (
	"cmp"
	"context"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// FindACK finds the Deployments of all namespaces that run the ACK controller of a
// service, such as "s3". Finding none is no error.
func (c *Client) FindACK(ctx context.Context, service string) ([]facts.Ref, error) {
	found := ask("list deployments", func() ([]facts.Ref, error) {
		var refs []facts.Ref
		items := func(l *appsv1.DeploymentList) []appsv1.Deployment { return l.Items }
		err := each(ctx, c.kube.AppsV1().Deployments(""), metav1.ListOptions{}, items, func(d *appsv1.Deployment) {
			if runsACK(d, service) {
				refs = append(refs, refOf(facts.Deployment, d))
			}
		})
		slices.SortFunc(refs, func(a, b facts.Ref) int { return cmp.Compare(a.String(), b.String()) })
		return refs, err
	})
	return found.Get()
}

func runsACK(d *appsv1.Deployment, service string) bool {
	if d.Name == "ack-"+service+"-controller" {
		return true
	}
	for _, c := range d.Spec.Template.Spec.Containers {
		if found, ok := facts.ACKService(d.Name, c.Image); ok && found == service {
			return true
		}
	}
	return false
}
