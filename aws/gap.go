package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// fact is what a call gave.
func fact[T any](v T, err error) facts.Fact[T] {
	if err != nil {
		return facts.Missing[T](gapOf(err))
	}
	return facts.Known(v)
}

const (
	expired = "the AWS credentials have expired (%s); log in again, for example with aws sso login"
	invalid = "the AWS credentials are not valid (%s): wrong or deleted keys, another partition, or a region that the account " +
		"has not enabled; try aws sts get-caller-identity, or choose others with --profile or AWS_PROFILE"
	skewed = "AWS takes the request for too old or too new (%s); set the clock of this machine"
)

// refusals are the error codes about the credentials, not about what they may do.
// AWS's message is left out: it may hold the signed request with its session token.
var refusals = map[string]string{
	"ExpiredToken":                        expired,
	"ExpiredTokenException":               expired,
	"InvalidClientTokenId":                invalid,
	"UnrecognizedClientException":         invalid,
	"SignatureDoesNotMatch":               invalid,
	"InvalidSignatureException":           invalid,
	"IncompleteSignature":                 invalid,
	"IncompleteSignatureException":        invalid,
	"InvalidAccessKeyId":                  invalid,
	"AuthFailure":                         invalid,
	"MissingAuthenticationToken":          invalid,
	"MissingAuthenticationTokenException": invalid,
	"RequestExpired":                      skewed,
}

var kinds = map[string]facts.GapKind{
	"AccessDenied":              facts.Forbidden,
	"AccessDeniedException":     facts.Forbidden,
	"UnauthorizedOperation":     facts.Forbidden,
	"NoSuchEntity":              facts.Absent,
	"NoSuchEntityException":     facts.Absent,
	"ResourceNotFoundException": facts.Absent,
	"NotFoundException":         facts.Absent,
}

// noCode is the code that the SDK gives an error whose body holds none.
const noCode = "UnknownError"

// gapOf says why a call gave no fact. err is the SDK's, or a *facts.Gap already.
func gapOf(err error) *facts.Gap {
	if gap, ok := errors.AsType[*facts.Gap](err); ok {
		return gap
	}
	gap := &facts.Gap{Kind: facts.Unreachable, Detail: reason(err)}
	if op := operation(err); op != nil {
		gap.Call = strings.ToLower(op.ServiceID) + ":" + op.OperationName
	}
	status := 0
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		gap.RequestID, status = response.ServiceRequestID(), response.HTTPStatusCode()
	}
	code := noCode
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
	}
	kind, known := kinds[code]
	switch {
	case known && kind == facts.Absent && gap.Call == "sts:AssumeRole":
		// What is not there is the role to read with, and not what was asked for.
	case known:
		gap.Kind = kind
	case refusals[code] != "":
	case throttled(err), status == http.StatusTooManyRequests:
		gap.Kind = facts.Throttled
	case late(err) || status == 0 || status >= http.StatusInternalServerError:
	case code == noCode:
		gap.Kind = facts.Malformed
	}
	return gap
}

// operation is the call that failed: the innermost one, which is sts:AssumeRole when the
// credentials for another could not be had. It is nil when no call was made.
func operation(err error) *smithy.OperationError {
	var failed *smithy.OperationError
	for {
		op, ok := errors.AsType[*smithy.OperationError](err)
		if !ok {
			return failed
		}
		failed, err = op, op.Err
	}
}

// reason is what an error comes down to, in one line.
func reason(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() != noCode {
		if refusal := refusals[api.ErrorCode()]; refusal != "" {
			return fmt.Sprintf(refusal, api.ErrorCode())
		}
		return oneLine(api.ErrorCode() + ": " + api.ErrorMessage())
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted before AWS answered"
	case late(err):
		return "no answer in time"
	}
	if send, ok := errors.AsType[*url.Error](err); ok {
		host := send.URL
		if u, err := url.Parse(send.URL); err == nil {
			host = u.Host
		}
		return oneLine("no answer from " + host + ": " + send.Err.Error())
	}
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		text := fmt.Sprintf("the answer, with HTTP status %d, is not AWS's (is there a proxy?)", response.HTTPStatusCode())
		if undecoded, ok := errors.AsType[*smithy.DeserializationError](err); ok {
			text += ": " + undecoded.Err.Error()
		}
		return oneLine(text)
	}
	if op := operation(err); op != nil {
		err = op.Err
	}
	return oneLine(err.Error())
}

// late says whether an answer was not waited for to its end.
func late(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// oneLine bounds a text that AWS, or what poses as it, wrote, and takes secrets out of it.
func oneLine(s string) string {
	const most = 1000
	s = strings.Join(strings.Fields(facts.Redact(s[:min(len(s), 4*most)])), " ")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// unusable is the Gap of an answer that lacks what it must hold, such as an empty body.
func unusable(call, lacks string) *facts.Gap {
	return &facts.Gap{Kind: facts.Malformed, Call: call, Detail: "the answer holds no " + lacks}
}
