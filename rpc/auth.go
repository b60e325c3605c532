package rpc

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/user"
)

// lifeOf reads how long a session is to live; 0 leaves it to the server.
func lifeOf(seconds *int64) time.Duration {
	if seconds == nil {
		return 0
	}
	const most = int64(user.MaxLife / time.Second)
	return time.Duration(min(max(*seconds, -1), most+1)) * time.Second
}

func (h *handlers) login(ctx context.Context, c Call, req api.LoginRequest) (api.LoginResponse, error) {
	life := lifeOf(req.ExpirationSec)
	token, err := h.Users.Login(ctx, c.Who, life)
	if err != nil {
		return api.LoginResponse{}, err
	}
	if life == 0 {
		life = h.Users.SessionLife
	}
	http.SetCookie(c.Writer, h.cookie(token, life))
	return api.LoginResponse{Token: token}, nil
}

// cookie is the session cookie of browsers: out of reach for scripts, and not
// sent along from other sites.
func (h *handlers) cookie(token string, life time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: door.Cookie, Value: token, Path: "/", Domain: h.CookieDomain, MaxAge: int(life / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: h.TLS || strings.HasPrefix(h.Addresses.PublicURL, "https:"),
	}
}

// logout ends a session. It may be called without one, so that the door does
// not see to it that nobody is signed out by a link on somebody else's page.
func (h *handlers) logout(ctx context.Context, c Call, _ api.Empty) (api.Empty, error) {
	if c.Who.Session != "" && c.Request.Header.Get("Authorization") == "" {
		if err := h.Guard.SameOrigin(c.Request); err != nil {
			return api.Empty{}, err
		}
	}
	gone := h.cookie("", 0)
	gone.MaxAge = -1
	http.SetCookie(c.Writer, gone)
	return api.Empty{}, h.Users.Logout(ctx, c.Who)
}

func (h *handlers) createCredentials(ctx context.Context, c Call, req api.LabelRequest) (api.CredentialsResponse, error) {
	p, err := h.Users.CreateKey(ctx, c.Who, c.Who.User, req.Label)
	return api.CredentialsResponse{Credentials: api.Credentials{AccessKey: p.Access, SecretKey: p.Secret, Label: p.Label}}, err
}

func (h *handlers) getCredentials(ctx context.Context, c Call, _ api.Empty) (api.CredentialsListResponse, error) {
	keys, err := h.Users.Keys(ctx, c.Who, false)
	return api.CredentialsListResponse{Credentials: shownKeys(keys)}, err
}

// shownKeys shows key pairs, which have no secrets any more.
func shownKeys(keys []user.Key) []api.Credentials {
	out := make([]api.Credentials, len(keys))
	for i, k := range keys {
		out[i] = api.Credentials{AccessKey: k.Access, Label: k.Label}
		if !k.LastUsed.IsZero() {
			at := stamp(k.LastUsed)
			out[i].LastUsed, out[i].LastUsedFrom = &at, &k.LastUsedFrom
		}
	}
	return out
}

func (h *handlers) editCredentials(ctx context.Context, c Call, req api.AccessKeyRequest) (api.UpdatedResponse, error) {
	err := h.Users.LabelKey(ctx, c.Who, req.AccessKey, req.Label)
	return api.UpdatedResponse{Updated: 1}, err
}

func (h *handlers) revokeCredentials(ctx context.Context, c Call, req api.AccessKeyRequest) (api.RevokedResponse, error) {
	err := h.Users.RevokeKey(ctx, c.Who, req.AccessKey)
	if errors.Is(err, user.ErrNoKey) { // the protocol tells it apart from an unknown pair elsewhere
		err = ErrNoPair.Errorf("there is no key pair %q", req.AccessKey)
	}
	return api.RevokedResponse{Revoked: 1}, err
}

func (h *handlers) supportedModes(_ context.Context, c Call, _ api.Empty) (api.SupportedModesResponse, error) {
	return api.SupportedModesResponse{
		Basic: api.Fields{"enabled": true, "guest": api.Fields{"enabled": false}},
		SSO:   api.Fields{}, SSOProviders: []any{}, ServerErrors: api.Fields{},
		Authenticated: c.Who.User != "",
	}, nil
}

// fixedUsersMode tells clients that know no other way to ask to show fields for
// name and password.
func (h *handlers) fixedUsersMode(_ context.Context, _ Call, _ api.Empty) (api.FixedUsersModeResponse, error) {
	return api.FixedUsersModeResponse{Enabled: true, Guest: api.Fields{"enabled": false}, ServerErrors: api.Fields{}}, nil
}

// roleNames are the roles as the protocol names them, and as we do. Its
// "superuser" and "annotator" may do what its "user" may.
var roleNames = map[string]user.Role{
	"admin": user.Admin, "member": user.Member, "guest": user.Guest, "user": user.Member, "superuser": user.Member, "annotator": user.Member,
}

func roleOf(name string) (user.Role, error) {
	role, ok := roleNames[name]
	if !ok {
		return "", ErrField.Errorf("role: nobody can have the role %q here", name).With("field", "role")
	}
	return role, nil
}

func (h *handlers) authCreateUser(ctx context.Context, c Call, req api.AuthCreateUserRequest) (api.IDResponse, error) {
	if err := h.ourCompany(ctx, req.Company); err != nil {
		return api.IDResponse{}, err
	}
	spec := user.Spec{Name: req.Name, GivenName: req.GivenName, FamilyName: req.FamilyName, Email: req.Email, Avatar: req.Avatar, Role: user.Member}
	if req.Role != nil {
		var err error
		if spec.Role, err = roleOf(*req.Role); err != nil {
			return api.IDResponse{}, err
		}
	}
	u, err := h.Users.Create(ctx, c.Who, spec)
	return api.IDResponse{ID: string(u.ID)}, err
}

func (h *handlers) editUser(ctx context.Context, c Call, req api.EditUserRequest) (api.FieldsResponse, error) {
	var p user.Patch
	wrote := api.Fields{}
	if req.Role != nil {
		role, err := roleOf(*req.Role)
		if err != nil {
			return api.FieldsResponse{}, err
		}
		p.Role = &role
		wrote["role"] = role
	}
	_, changed, err := h.Users.Update(ctx, c.Who, user.ID(req.User), p)
	return updated(changed, wrote), err
}

func (h *handlers) tokenForUser(ctx context.Context, c Call, req api.TokenForUserRequest) (api.LoginResponse, error) {
	if req.Company != "" {
		if err := h.ourCompany(ctx, req.Company); err != nil {
			return api.LoginResponse{}, err
		}
	}
	if _, err := h.Users.Get(ctx, c.Who, user.ID(req.User)); err != nil {
		return api.LoginResponse{}, err
	}
	token, err := h.Users.LoginAs(ctx, c.Who, user.ID(req.User), lifeOf(req.ExpirationSec))
	if errors.Is(err, user.ErrActAs) { // the account was removed
		err = user.ErrNotFound.Wrap(err, "there is no user %.100q any more", req.User)
	}
	return api.LoginResponse{Token: token}, err
}

func (h *handlers) validateToken(ctx context.Context, c Call, req api.TokenRequest) (api.ValidateTokenResponse, error) {
	v, err := h.Users.Validate(ctx, c.Who, req.Token)
	if err != nil {
		return api.ValidateTokenResponse{}, err
	}
	out := api.ValidateTokenResponse{Valid: v.Valid, Msg: v.Cause, User: string(v.User)}
	if v.User != "" {
		out.Company, _, err = h.Users.Company(ctx)
	}
	return out, err
}
