package kubetest

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// Running is a fault for "pods/exec": it serves the web socket, lets run write, and ends with its status.
// The command is in the request's query.
func Running(run func(r *http.Request, stdout, stderr io.Writer) metav1.Status) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		channels := []wsstream.ChannelType{wsstream.IgnoreChannel, wsstream.WriteChannel, wsstream.WriteChannel, wsstream.WriteChannel, wsstream.IgnoreChannel}
		conn := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{remotecommand.StreamProtocolV5Name: {Binary: true, Channels: channels}})
		conn.SetIdleTimeout(time.Minute)
		_, streams, err := conn.Open(w, r)
		if err != nil {
			return
		}
		defer conn.Close()
		status := run(r, streams[remotecommand.StreamStdOut], streams[remotecommand.StreamStdErr])
		json.NewEncoder(streams[remotecommand.StreamErr]).Encode(status)
	}
}

// Exited is the status of a command that ran and ended with a code.
func Exited(code int) metav1.Status {
	if code == 0 {
		return metav1.Status{Status: metav1.StatusSuccess}
	}
	return metav1.Status{Status: metav1.StatusFailure, Reason: remotecommand.NonZeroExitCodeReason, Message: "command terminated",
		Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: remotecommand.ExitCodeCauseType, Message: strconv.Itoa(code)}}}}
}
