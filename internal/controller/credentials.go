package controller

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/arize-operator/arize-operator/api/v1alpha1"
	"github.com/arize-operator/arize-operator/internal/arize"
	"github.com/arize-operator/arize-operator/internal/session"
)

// unusable is an account that cannot be opened as it is declared.
type unusable struct {
	reason, message string
	secretGone      bool
}

func (u unusable) Error() string { return u.message }

func (u unusable) health() session.Health {
	return session.Health{Reason: u.reason, Message: u.message, DeleteOnly: u.secretGone}
}

// options turns an account and its Secret into what the client needs. The error
// is an unusable when the person who declared it has to change something, and
// any other when the apiserver failed.
func options(ctx context.Context, secrets client.Reader, account *v1alpha1.ArizeAccount) (arize.Options, error) {
	baseURL, err := endpoint(account.Spec)
	if err != nil {
		return arize.Options{}, unusable{reason: v1alpha1.ReasonInvalidSpec, message: "spec.baseURL cannot be used: " + err.Error() + "."}
	}
	if err := arize.ValidateCABundle([]byte(account.Spec.CABundle)); err != nil {
		return arize.Options{}, unusable{reason: v1alpha1.ReasonInvalidSpec, message: "spec.caBundle cannot be used: " + err.Error() + "."}
	}
	if selector := account.Spec.AllowedNamespaces.Selector; selector != nil {
		if _, err := metav1.LabelSelectorAsSelector(selector); err != nil {
			return arize.Options{}, unusable{reason: v1alpha1.ReasonInvalidSpec, message: "spec.allowedNamespaces.selector cannot be used: " + err.Error() + "."}
		}
	}
	key, err := apiKey(ctx, secrets, account)
	if err != nil {
		return arize.Options{}, err
	}
	return arize.Options{BaseURL: baseURL, APIKey: key, CABundle: []byte(account.Spec.CABundle)}, nil
}

// endpoint is the normalised base URL of an account.
func endpoint(spec v1alpha1.ArizeAccountSpec) (string, error) {
	switch {
	case spec.BaseURL != "":
		return arize.ValidateBaseURL(spec.BaseURL)
	case spec.Region != "":
		return arize.ValidateBaseURL(arize.RegionURL(spec.Region))
	default:
		return arize.DefaultBaseURL, nil
	}
}

func apiKey(ctx context.Context, secrets client.Reader, account *v1alpha1.ArizeAccount) (arize.APIKey, error) {
	ref := account.Spec.APIKeySecretRef
	var secret corev1.Secret
	// At a high verbosity the client logs what the apiserver answers, the key with it.
	ctx = log.IntoContext(ctx, log.FromContext(ctx).WithSink(nil))
	err := secrets.Get(ctx, types.NamespacedName{Namespace: account.Namespace, Name: ref.Name}, &secret)
	if apierrors.IsNotFound(err) {
		return arize.APIKey{}, unusable{
			reason: v1alpha1.ReasonSecretNotFound, secretGone: true,
			message: fmt.Sprintf("Secret %q does not exist in namespace %q; create it with the API key under %q.", ref.Name, account.Namespace, ref.SecretKey()),
		}
	}
	if apierrors.IsForbidden(err) {
		return arize.APIKey{}, unusable{
			reason: v1alpha1.ReasonSecretNotFound, secretGone: true,
			message: fmt.Sprintf("The operator may not read Secret %q in namespace %q; allow its ServiceAccount to get, list and watch it.", ref.Name, account.Namespace),
		}
	}
	if err != nil {
		return arize.APIKey{}, fmt.Errorf("reading the Secret of the account: %w", err)
	}
	value, exists := secret.Data[ref.SecretKey()]
	if !exists {
		return arize.APIKey{}, unusable{
			reason: v1alpha1.ReasonSecretNotFound, secretGone: true,
			message: fmt.Sprintf("Secret %q has no key %q; put the API key there, or name another key in `spec.apiKeySecretRef.key`.", ref.Name, ref.SecretKey()),
		}
	}
	key, err := arize.NewAPIKey(string(value))
	if err != nil {
		return arize.APIKey{}, unusable{
			reason:  v1alpha1.ReasonInvalidSpec,
			message: fmt.Sprintf("The value of key %q in Secret %q cannot be an API key: %s.", ref.SecretKey(), ref.Name, err),
		}
	}
	return key, nil
}
