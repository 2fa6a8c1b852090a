package aws

import (
	"errors"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

const (
	attempts          = 4 // of a call that fails
	throttledAttempts = 8 // of a call that AWS refuses for coming too fast
)

// patient is the SDK's standard retryer but for calls that are throttled, which it
// repeats for longer and without a quota. IAM's rates are unpublished and shared by
// all of an account, and an audit of a whole cluster asks for much at once.
type patient struct{ *retry.Standard }

func newRetryer() awssdk.Retryer {
	return patient{retry.NewStandard(func(o *retry.StandardOptions) { o.RateLimiter = ratelimit.None })}
}

func (patient) MaxAttempts() int { return throttledAttempts }

// RetryDelay is the wait before another attempt; the error is that there is none.
func (p patient) RetryDelay(attempt int, err error) (time.Duration, error) {
	if attempt >= attempts && !throttled(err) {
		return 0, err
	}
	return p.Standard.RetryDelay(attempt, err)
}

// throttled says whether AWS asks to come back later.
func throttled(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	_, throttled := retry.DefaultThrottleErrorCodes[api.ErrorCode()]
	return throttled
}
