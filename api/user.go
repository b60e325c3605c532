package api

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
	Avatar     string    `json:"avatar,omitempty"`
	Email      string    `json:"email,omitempty"`
	Created    string    `json:"created"`
	Company    Reference `json:"company"`
}

// UserID names an account.
type UserID struct {
	User string `json:"user" need:"12"`
}

// UserResponse is one account document.
type UserResponse struct {
	User Fields `json:"user"`
}

// UsersCreateRequest makes an account with an id of the caller's choice.
type UsersCreateRequest struct {
	ID         string `json:"id" need:"12"`
	Name       string `json:"name" need:"12"`
	Company    string `json:"company" need:"12"`
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Avatar     string `json:"avatar"`
}

// AuthCreateUserRequest makes an account with an address of mail.
type AuthCreateUserRequest struct {
	Name       string  `json:"name" need:"12"`
	Company    string  `json:"company" need:"12"`
	Email      string  `json:"email" need:"12"`
	Role       *string `json:"role" enum:"system root admin superuser user annotator member guest"`
	GivenName  string  `json:"given_name"`
	FamilyName string  `json:"family_name"`
	Avatar     string  `json:"avatar"`
}

// UsersUpdateRequest changes an account; what is absent or null stays.
type UsersUpdateRequest struct {
	UserID
	Name       *string `json:"name"`
	GivenName  *string `json:"given_name"`
	FamilyName *string `json:"family_name"`
	Avatar     *string `json:"avatar"`
}

// EditUserRequest changes what an account may do.
type EditUserRequest struct {
	UserID
	Role *string `json:"role" enum:"admin superuser user annotator member guest"`
}

// TokenForUserRequest asks for a session in the name of somebody else.
type TokenForUserRequest struct {
	UserID
	Company       string `json:"company"`
	ExpirationSec *int64 `json:"expiration_sec"`
}

// TokenRequest holds a token.
type TokenRequest struct {
	Token string `json:"token" need:"12"`
}

// ValidateTokenResponse tells whose a token is.
type ValidateTokenResponse struct {
	Valid   bool   `json:"valid"`
	Msg     string `json:"msg,omitempty"`
	User    string `json:"user,omitempty"`
	Company string `json:"company,omitempty"`
}

// FixedUsersModeResponse tells a sign-in page to ask for a password.
type FixedUsersModeResponse struct {
	Enabled      bool   `json:"enabled"`
	Guest        Fields `json:"guest"`
	ServerErrors Fields `json:"server_errors"`
}

// PreferencesResponse is what an account keeps for its programs.
type PreferencesResponse struct {
	Preferences Fields `json:"preferences"`
}

// SetPreferencesRequest sets values by their dotted paths.
type SetPreferencesRequest struct {
	Preferences   Fields `json:"preferences" need:"12"`
	ReturnUpdated *bool  `json:"return_updated"`
}

// UsersResponse lists accounts.
type UsersResponse struct {
	Users    []Fields `json:"users"`
	ScrollID string   `json:"scroll_id,omitempty"` // if the caller scrolls
}
