package aws

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go"
)

const chooseCredentials = "log in (aws sso login), set AWS_PROFILE or pass --profile"

// metadataTimeout is for the last link of the SDK's chain, the instance metadata
// service: where there is one it answers within milliseconds.
const metadataTimeout = 2 * time.Second

// checkCredentials gets the credentials, so that their lack is said once and at once.
func checkCredentials(ctx context.Context, provider awssdk.CredentialsProvider) error {
	instance := awssdk.IsCredentialsProvider(provider, (*ec2rolecreds.Provider)(nil))
	if instance {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, metadataTimeout)
		defer cancel()
	}
	_, err := provider.Retrieve(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case instance:
		return errors.New("no AWS credentials found; " + chooseCredentials)
	}
	text := "get AWS credentials: " + strings.TrimPrefix(reason(err), "failed to refresh cached credentials, ")
	_, offline := errors.AsType[*url.Error](err)
	if api, ok := errors.AsType[smithy.APIError](err); offline || ok && refusals[api.ErrorCode()] != "" {
		return errors.New(text)
	}
	return errors.New(text + "; " + chooseCredentials)
}

// configError is the SDK's error in one line.
func configError(err error) error {
	if missing, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return fmt.Errorf("no profile %s in ~/.aws/config; see aws configure list-profiles", missing.Profile)
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		return errors.New("the profile wants an MFA code, which only the AWS CLI asks for; " +
			`type eval "$(aws configure export-credentials --format env)" and leave the profile out`)
	}
	return fmt.Errorf("read the AWS configuration: %s", oneLine(err.Error()))
}

// A session gets the credentials of a role. Once AWS has refused them it does not
// ask again: each call of the role's account would otherwise.
type session struct {
	*stscreds.AssumeRoleProvider
	refused error
}

// Retrieve is never called twice at once: the credentials cache sees to it.
func (s *session) Retrieve(ctx context.Context) (awssdk.Credentials, error) {
	if s.refused != nil {
		return awssdk.Credentials{}, s.refused
	}
	credentials, err := s.AssumeRoleProvider.Retrieve(ctx)
	if _, ok := errors.AsType[smithy.APIError](err); ok {
		s.refused = err
	}
	return credentials, err
}
