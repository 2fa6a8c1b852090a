package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const execCall = "create pods/exec"

// Exec runs a command in a container, without a shell, and returns what it writes to
// standard output: at most limit bytes. The Gap is absent when the container has no
// such command, or the command says that there is no such file.
func (c *Client) Exec(ctx context.Context, namespace, pod, container string, command []string, limit int64) ([]byte, error) {
	target := c.kube.CoreV1().RESTClient().Post().
		Resource("pods").Namespace(namespace).Name(pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Container: container, Command: command, Stdout: true, Stderr: true}, scheme.ParameterCodec).
		URL()
	var refusal *apierrors.StatusError
	executor, err := executorOf(c.config, target, &refusal)
	if err != nil {
		return nil, gapOf(execCall, err)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	out := &bounded{limit: limit, full: func() { stop(errTooMuch) }}
	complaint := &bounded{limit: 1 << 10, full: func() {}}
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: out, Stderr: complaint})
	switch {
	case errors.Is(context.Cause(ctx), errTooMuch):
		return nil, &facts.Gap{Kind: facts.Malformed, Call: execCall, Detail: fmt.Sprintf("%s writes more than %d bytes", command[0], limit)}
	case ctx.Err() != nil: // and then the buffers may still be written to
		return nil, gapOf(execCall, ctx.Err())
	case err != nil:
		return nil, execGap(command[0], complaint.text.String(), refusal, err)
	}
	return out.text.Bytes(), nil
}

// executorOf takes a web socket, and SPDY where the server refuses that: it or a proxy
// may know none, or the right to it may be another one. Of SPDY's refusal client-go gives
// the text only.
func executorOf(config *rest.Config, target *url.URL, refusal **apierrors.StatusError) (remotecommand.Executor, error) {
	socket, err := remotecommand.NewWebSocketExecutor(config, "GET", target.String())
	if err != nil {
		return nil, err
	}
	spdy, err := remotecommand.NewSPDYExecutor(config, "POST", target)
	if err != nil {
		return nil, err
	}
	return remotecommand.NewFallbackExecutor(socket, spdy, func(err error) bool {
		failure, ok := errors.AsType[*httpstream.UpgradeFailureError](err)
		if ok {
			*refusal, _ = errors.AsType[*apierrors.StatusError](failure.Cause)
		}
		return ok || httpstream.IsHTTPSProxyError(err)
	})
}

func execGap(command, complaint string, refusal *apierrors.StatusError, err error) *facts.Gap {
	gap := &facts.Gap{Kind: facts.Unreachable, Call: execCall, Detail: oneLine(err.Error())}
	if exit, ok := errors.AsType[exec.CodeExitError](err); ok {
		gap.Detail = oneLine(fmt.Sprintf("%s exits with %d: %s", command, exit.Code, complaint))
	} else if refusal != nil && strings.Contains(err.Error(), "unable to upgrade") { // SPDY was refused too
		if gap.Kind = kindOf(int(refusal.ErrStatus.Code)); gap.Kind == facts.Absent { // the pod, which was there
			gap.Kind = facts.Unreachable
		}
	}
	text := strings.ToLower(gap.Detail)
	if strings.Contains(text, "no such file or directory") || strings.Contains(text, "executable file not found") {
		gap.Kind = facts.Absent
	}
	return gap
}

var errTooMuch = errors.New("too much output")

// A bounded buffer drops what goes beyond its limit, and says so.
type bounded struct {
	text  bytes.Buffer
	limit int64
	full  func()
}

func (b *bounded) Write(p []byte) (int, error) {
	room := int(b.limit) - b.text.Len()
	if len(p) > room {
		b.full()
	}
	b.text.Write(p[:min(len(p), room)])
	return len(p), nil
}
