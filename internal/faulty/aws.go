package faulty

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// AWS is IAM, STS and EKS at one endpoint.
type AWS struct{}

var eksCalls = []struct {
	path *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`^/clusters/[^/]+$`), "eks:DescribeCluster"},
	{regexp.MustCompile(`^/clusters/[^/]+/pod-identity-associations$`), "eks:ListPodIdentityAssociations"},
	{regexp.MustCompile(`^/clusters/[^/]+/pod-identity-associations/[^/]+$`), "eks:DescribePodIdentityAssociation"},
}

var scope = regexp.MustCompile(`Credential=([^/,]+)/\d{8}/[^/]+/(iam|sts|eks)/`)

// Call reads the action of a form, or EKS's path. Calls for different things, or with other credentials, are
// told apart.
func (AWS) Call(r *http.Request, body []byte) Call {
	for _, c := range eksCalls {
		if c.path.MatchString(r.URL.Path) {
			return Call{Name: c.name}
		}
	}
	form, _ := url.ParseQuery(string(body))
	signed := scope.FindStringSubmatch(r.Header.Get("Authorization"))
	if signed == nil {
		signed = []string{"", "", "sts"}
	}
	call := Call{Name: signed[2] + ":" + form.Get("Action")}
	for _, name := range []string{"OpenIDConnectProviderArn", "PolicyArn", "PolicyName"} {
		if value := form.Get(name); value != "" {
			call.Where = "of " + value[strings.LastIndexAny(value, ":/")+1:]
		}
	}
	if strings.HasPrefix(signed[1], "ASIA") && call.Where == "" {
		call.Where = "of the role assumed"
	}
	return call
}

// Refuse answers in the form of the service.
func (AWS) Refuse(w http.ResponseWriter, r *http.Request, status int) {
	query := map[int]string{
		http.StatusForbidden: "AccessDenied", http.StatusNotFound: "NoSuchEntity", http.StatusTooManyRequests: "Throttling",
		http.StatusInternalServerError: "InternalFailure", http.StatusServiceUnavailable: "ServiceUnavailable",
	}
	eks := map[int]string{
		http.StatusForbidden: "AccessDeniedException", http.StatusNotFound: "ResourceNotFoundException", http.StatusTooManyRequests: "ThrottlingException",
		http.StatusInternalServerError: "ServerException", http.StatusServiceUnavailable: "ServiceUnavailableException",
	}
	message := "asked with " + Secret
	if strings.HasPrefix(r.URL.Path, "/clusters/") {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-ErrorType", eks[status])
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"message":%q}`, message)
		return
	}
	code := query[status]
	if status == http.StatusTooManyRequests {
		status = http.StatusBadRequest // as IAM and STS throttle
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>0</RequestId></ErrorResponse>`, code, message)
}

var (
	members      = regexp.MustCompile(`(?s)<member>.*</member>`)
	associations = regexp.MustCompile(`(?s)"associations":\s*\[.*\]`)
)

// Empty takes the members out of a list.
func (AWS) Empty(answer []byte) []byte {
	return associations.ReplaceAll(members.ReplaceAll(answer, nil), []byte(`"associations":[]`))
}
