package kube

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// The ConfigMaps in which ACK looks up the role for an account or a team.
const (
	accountMap = "ack-role-account-map"
	teamMap    = "ack-role-team-map"
)

// roleMaps are the ConfigMaps of a name that ACK controllers read. Of their values
// only role ARNs are kept, as written.
// Source: pkg/runtime/cache of aws-controllers-k8s/runtime.
func (c *Client) roleMaps(ctx context.Context, namespace, name string) ([]facts.RoleMap, error) {
	found := []facts.RoleMap{}
	items := func(l *corev1.ConfigMapList) []corev1.ConfigMap { return l.Items }
	err := each(ctx, c.kube.CoreV1().ConfigMaps(namespace), named(name), items, func(m *corev1.ConfigMap) {
		found = append(found, roleMap(m))
	})
	return found, err
}

func roleMap(m *corev1.ConfigMap) facts.RoleMap {
	roles := map[string]string{}
	for key, value := range m.Data {
		if text := strings.TrimSpace(value); roleARN.FindString(text) == text && text != "" {
			roles[key] = value
		}
	}
	return facts.RoleMap{Namespace: m.Namespace, Name: m.Name, Roles: roles}
}
