package checks

import (
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// ackService returns the AWS service whose ACK controller the container runs, by
// its image: …/aws-controllers-k8s/s3-controller:1.2.3.
func ackService(c facts.Container) (string, bool) {
	repository, _, _ := strings.Cut(c.Image, "@")
	dir, name, ok := cutLast(repository, "/")
	if !ok || !strings.HasSuffix(dir, "aws-controllers-k8s") {
		return "", false
	}
	name, _, _ = strings.Cut(name, ":")
	return strings.CutSuffix(name, "-controller")
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
