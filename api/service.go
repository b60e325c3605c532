package api

// Empty is a request or reply without fields.
type Empty struct{}

// LoginRequest opens a session.
type LoginRequest struct {
	ExpirationSec *int64 `json:"expiration_sec"`
}

// LoginResponse is its token, a JWT.
type LoginResponse struct {
	Token string `json:"token"`
}

// LabelRequest labels a new key pair.
type LabelRequest struct {
	Label string `json:"label"`
}

// CredentialsResponse is a new key pair; the secret is shown only here.
type CredentialsResponse struct {
	Credentials Credentials `json:"credentials"`
}

// Credentials are a key pair.
type Credentials struct {
	AccessKey    string  `json:"access_key"`
	SecretKey    string  `json:"secret_key,omitempty"`
	Label        string  `json:"label"`
	LastUsed     *string `json:"last_used,omitempty"`
	LastUsedFrom *string `json:"last_used_from,omitempty"`
}

// CredentialsListResponse lists key pairs without secrets.
type CredentialsListResponse struct {
	Credentials []Credentials `json:"credentials"`
}

// AccessKeyRequest names a key pair.
type AccessKeyRequest struct {
	AccessKey string `json:"access_key" need:"12"`
	Label     string `json:"label"`
}

// RevokedResponse tells how many pairs were revoked.
type RevokedResponse struct {
	Revoked int `json:"revoked"`
}

// SupportedModesResponse tells a sign-in page what is offered.
type SupportedModesResponse struct {
	Basic         Fields `json:"basic"`
	SSO           Fields `json:"sso"`
	SSOProviders  []any  `json:"sso_providers"`
	ServerErrors  Fields `json:"server_errors"`
	Authenticated bool   `json:"authenticated"`
}

// ServerInfoResponse tells what is running.
type ServerInfoResponse struct {
	Version    string `json:"version"`
	Build      string `json:"build"`
	Commit     string `json:"commit"`
	APIVersion string `json:"api_version"`
}

// CurrentUserResponse is the caller.
type CurrentUserResponse struct {
	User           CurrentUser `json:"user"`
	GettingStarted Fields      `json:"getting_started"`
	Settings       Fields      `json:"settings"`
}

// CurrentUser is an account with its company.
type CurrentUser struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	GivenName  string    `json:"given_name"`
	FamilyName string    `json:"family_name"`
	Role       string    `json:"role"`
	Created    string    `json:"created"`
	Company    Reference `json:"company"`
}

// UsersResponse lists accounts.
type UsersResponse struct {
	Users    []Fields `json:"users"`
	ScrollID string   `json:"scroll_id,omitempty"` // if the caller scrolls
}
