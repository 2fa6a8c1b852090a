package facts

import "strings"

// ACKService returns the AWS service whose ACK controller a workload of that name runs
// in a container of that image, such as "s3". The image tells, …/aws-controllers-k8s/s3-controller,
// or both names where the image is a copy: ack-s3-controller and …/s3-controller.
func ACKService(workload, image string) (service string, ok bool) {
	repository, _, _ := strings.Cut(image, "@")
	i := strings.LastIndex(repository, "/")
	dir, name := repository[:max(i, 0)], repository[i+1:]
	name, _, _ = strings.Cut(name, ":")
	service, ok = strings.CutSuffix(name, "-controller")
	if !ok || !strings.HasSuffix(dir, "aws-controllers-k8s") && workload != "ack-"+name {
		return "", false
	}
	return service, true
}
