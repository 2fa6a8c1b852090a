package kube

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// FuzzManifests takes objects as the API gives them: what is kept of them can be saved
// and read again, and is the same each time.
func FuzzManifests(f *testing.F) {
	for _, file := range []string{"testdata/ack.yaml", "testdata/selfhosted.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			f.Add([]byte(document))
		}
	}
	for _, hostile := range []string{
		`{"apiVersion":"v1","kind":"Pod","spec":{"containers":null,"initContainers":[{}],"volumes":[{"projected":{"sources":[{},{"serviceAccountToken":{"expirationSeconds":-1}}]}},{"projected":{}}]}}`,
		`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"env":[{"name":"AWS_ROLE_ARN","valueFrom":{}},{"valueFrom":{"fileKeyRef":{}}}],"envFrom":[{}],"args":["--aws-region","$(A$(B"]}],"nodeName":"\u001b[31m"}}`,
		`{"apiVersion":"v1","kind":"Pod","metadata":{"ownerReferences":[{"controller":true}],"managedFields":[{"fieldsV1":{"f:metadata":null}},{}]},"status":{"containerStatuses":[{"state":{"waiting":{}}}]}}`,
		`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":-2147483648},"status":{"observedGeneration":9223372036854775807,"conditions":[{}]}}`,
		`{"apiVersion":"apps/v1","kind":"StatefulSet","spec":{"updateStrategy":{"rollingUpdate":{"partition":2147483647}}}}`,
		`{"apiVersion":"batch/v1","kind":"Job","spec":{"parallelism":-1,"suspend":true},"status":{"conditions":[{"type":"Complete","status":"True"}]}}`,
		`{"apiVersion":"batch/v1","kind":"CronJob","spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{}]}}}}}}`,
		`{"apiVersion":"admissionregistration.k8s.io/v1","kind":"MutatingWebhookConfiguration","webhooks":[{"clientConfig":{"service":{"port":-1},"caBundle":"AAAA"},"rules":[{}],"namespaceSelector":{"matchExpressions":[{"operator":"?"}]}},{}]}`,
		`{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","spec":{"policyTypes":["Egress"],"egress":[{"ports":[{"port":"","endPort":-1},{"port":443,"endPort":1},{}]},{"to":[{"ipBlock":{"cidr":"::/0","except":["?"]}}]}]}}`,
		`{"apiVersion":"v1","kind":"Event","involvedObject":{"kind":"ReplicaSet","apiVersion":"apps/"},"count":-1,"series":{},"message":"a\u0000\n\ud800"}`,
		`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"pod-identity-webhook"},"data":{"config":"{\"a/b\":null}","x":"arn:aws:iam::1:role/"}}`,
		`{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","endpoints":[{},{"addresses":[""],"conditions":{"ready":null},"targetRef":{}}]}`,
		`{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"annotations":{"eks.amazonaws.com/role-arn":"\n","":""},"labels":null}}`,
		`{"apiVersion":"v1","kind":"List","items":[{}]}`,
	} {
		f.Add([]byte(hostile))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		o, _, err := scheme.Codecs.UniversalDeserializer().Decode(text, nil, nil)
		if err != nil {
			return
		}
		kept := keptOf(o)
		if again := keptOf(o); !reflect.DeepEqual(kept, again) {
			t.Errorf("%+v, and then %+v", kept, again)
		}
		for _, v := range kept {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			read := reflect.New(reflect.TypeOf(v))
			if err := json.Unmarshal(b, read.Interface()); err != nil {
				t.Fatalf("%s can not be read again: %v", b, err)
			}
			if again, err := json.Marshal(read.Interface()); err != nil || string(again) != string(b) {
				t.Errorf("%s\nis read as\n%s", b, again)
			}
		}
	})
}

// keptOf is all that is kept of an object.
func keptOf(o runtime.Object) []any {
	parts := func(p object) []any { return []any{p.workload, p.controller, p.injector} }
	switch o := o.(type) {
	case *corev1.Pod:
		shape := shapeOf(o)
		all := shapes{}
		all.add(shape)
		all.add(shape)
		return append(parts(podObject(o, shape)), all.sorted())
	case *appsv1.Deployment:
		return parts(deployment(o))
	case *appsv1.StatefulSet:
		return parts(statefulSet(o))
	case *appsv1.DaemonSet:
		return parts(daemonSet(o))
	case *appsv1.ReplicaSet:
		return parts(replicaSet(o))
	case *batchv1.Job:
		return parts(job(o))
	case *batchv1.CronJob:
		return parts(cronJob(o))
	case *corev1.ServiceAccount:
		return parts(serviceAccount(o))
	case *corev1.Namespace:
		return []any{meta(o)}
	case *admissionv1.MutatingWebhookConfiguration:
		return []any{webhookConfiguration(o)}
	case *networkingv1.NetworkPolicy:
		return []any{networkPolicy(o), restrictsEgress(&o.Spec)}
	case *corev1.Event:
		if about, ok := failedCreate(o); ok {
			return []any{about}
		}
	case *corev1.ConfigMap:
		roles, err := parseMappedRoles(o.Data[injectorKey])
		if err != nil {
			roles = map[string]facts.MappedRole{}
		}
		return []any{roleMap(o), roles}
	case *discoveryv1.EndpointSlice:
		ready := readiness{}
		ready.add(o)
		return []any{ready.count()}
	}
	return nil
}
