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

func (h *handlers) login(ctx context.Context, c Call, req api.LoginRequest) (api.LoginResponse, error) {
	life := time.Duration(0)
	if req.ExpirationSec != nil {
		const most = int64(user.MaxLife / time.Second)
		life = time.Duration(min(max(*req.ExpirationSec, 0), most+1)) * time.Second
	}
	token, err := h.Users.Login(ctx, c.Who, life)
	if err != nil {
		return api.LoginResponse{}, err
	}
	http.SetCookie(c.Writer, h.cookie(token, user.DefaultLife))
	return api.LoginResponse{Token: token}, nil
}

// cookie is the session cookie of browsers: out of reach for scripts, and not
// sent along from other sites.
func (h *handlers) cookie(token string, life time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: door.Cookie, Value: token, Path: "/", MaxAge: int(life / time.Second),
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
	out := api.CredentialsListResponse{Credentials: []api.Credentials{}}
	for _, k := range keys {
		item := api.Credentials{AccessKey: k.Access, Label: k.Label}
		if !k.LastUsed.IsZero() {
			at := stamp(k.LastUsed)
			item.LastUsed, item.LastUsedFrom = &at, &k.LastUsedFrom
		}
		out.Credentials = append(out.Credentials, item)
	}
	return out, err
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

func (h *handlers) ping(_ context.Context, _ Call, _ api.Empty) (api.Fields, error) {
	return api.Fields{"msg": "Coffer is here"}, nil
}

func (h *handlers) serverInfo(_ context.Context, _ Call, _ api.Empty) (api.ServerInfoResponse, error) {
	return api.ServerInfoResponse{Version: user.ServerVersion, Build: h.Build, Commit: h.Commit, APIVersion: user.APIVersion}, nil
}

func (h *handlers) currentUser(ctx context.Context, c Call, _ api.Empty) (api.CurrentUserResponse, error) {
	company, name, err := h.Users.Company(ctx)
	if err != nil {
		return api.CurrentUserResponse{}, err
	}
	u := api.CurrentUser{ID: string(c.Who.User), Name: c.Who.Name, Role: string(c.Who.Role), Company: api.Reference{ID: company, Name: name}}
	if c.Who.User != user.Operator.User {
		account, err := h.Users.Get(ctx, c.Who, c.Who.User)
		if err != nil {
			return api.CurrentUserResponse{}, err
		}
		u.GivenName, u.FamilyName, u.Created = account.GivenName, account.FamilyName, stamp(account.Created)
	}
	return api.CurrentUserResponse{User: u, GettingStarted: api.Fields{}, Settings: api.Fields{}}, nil
}
