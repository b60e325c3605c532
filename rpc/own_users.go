package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/user"
)

// maxOwnBody bounds the body of a request to our own endpoints: names and
// passwords.
const maxOwnBody = 64 << 10

// body reads the JSON body of a request to one of our own endpoints. Other
// content types are refused, so that no form of any page can send one.
func (c Call) body(into any) error {
	media, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return ErrBody.Errorf("expected a body of the content type application/json")
	}
	d := json.NewDecoder(http.MaxBytesReader(c.Writer, c.Request.Body, maxOwnBody))
	d.DisallowUnknownFields()
	err = d.Decode(into)
	if err == nil && d.Decode(new(struct{})) != io.EOF {
		err = errors.New("something follows the object")
	}
	if long := (*http.MaxBytesError)(nil); errors.As(err, &long) {
		return ErrBodyLimit.Errorf("the body has more than %d bytes", maxOwnBody)
	}
	if err != nil && !errors.Is(err, door.ErrTooSlow) {
		return ErrBody.Wrap(err, "the body is not the JSON object that was expected: %s", err)
	}
	return err
}

// account shows an account to administrators.
func account(u user.User) api.Account {
	out := api.Account{
		ID: string(u.ID), Name: u.Name, GivenName: u.GivenName, FamilyName: u.FamilyName, Email: u.Email, Avatar: u.Avatar,
		Role: string(u.Role), Created: stamp(u.Created), Fixed: u.Fixed, Password: u.PasswordHash != "",
	}
	if u.Invitation.TokenHash != "" {
		out.Invited = stamp(u.Invitation.Expires)
	}
	return out
}

func (h *handlers) ownUsers(ctx context.Context, c Call) (any, error) {
	all, err := h.Users.All(ctx, c.Who)
	out := api.AccountList{Users: make([]api.Account, len(all))}
	for i, u := range all {
		out.Users[i] = account(u)
	}
	return out, err
}

// ownCreateUser makes an account: with the password that is given, else with an
// invitation to choose one.
func (h *handlers) ownCreateUser(ctx context.Context, c Call) (any, error) {
	var req api.AccountSpec
	if err := c.body(&req); err != nil {
		return nil, err
	}
	spec := user.Spec{
		Name: req.Name, GivenName: req.GivenName, FamilyName: req.FamilyName, Email: req.Email,
		Role: user.Role(firstOf(req.Role, string(user.Member))), Password: req.Password,
	}
	if req.Password == "" {
		made, err := h.Users.Invite(ctx, c.Who, spec)
		return invitation(made), err
	}
	u, err := h.Users.Create(ctx, c.Who, spec)
	return api.Invitation{User: account(u)}, err
}

func invitation(made user.Invited) api.Invitation {
	return api.Invitation{User: account(made.User), Token: made.Token, Expires: stamp(made.Expires)}
}

func (h *handlers) ownUpdateUser(ctx context.Context, c Call) (any, error) {
	var req api.AccountPatch
	if err := c.body(&req); err != nil {
		return nil, err
	}
	p := user.Patch{Name: req.Name, GivenName: req.GivenName, FamilyName: req.FamilyName, Email: req.Email, Avatar: req.Avatar}
	if req.Role != nil {
		role := user.Role(*req.Role)
		p.Role = &role
	}
	u, _, err := h.Users.Update(ctx, c.Who, c.user(), p)
	return account(u), err
}

// user reads which account a request is about.
func (c Call) user() user.ID { return user.ID(c.Request.PathValue("user")) }

func (h *handlers) ownDeleteUser(ctx context.Context, c Call) (any, error) {
	return map[string]int{"deleted": 1}, h.Users.Delete(ctx, c.Who, c.user())
}

func (h *handlers) ownResetUser(ctx context.Context, c Call) (any, error) {
	made, err := h.Users.Reset(ctx, c.Who, c.user())
	return invitation(made), err
}

func (h *handlers) ownUserKeys(ctx context.Context, c Call) (any, error) {
	keys, err := h.Users.KeysOf(ctx, c.Who, c.user())
	return api.KeyList{Keys: shownKeys(keys)}, err
}

func (h *handlers) ownPassword(ctx context.Context, c Call) (any, error) {
	var req api.PasswordChange
	if err := c.body(&req); err != nil {
		return nil, err
	}
	return api.Empty{}, h.Users.ChangePassword(ctx, c.Who, door.Address(c.Request), req.Old, req.New)
}

func (h *handlers) ownInvitation(ctx context.Context, c Call) (any, error) {
	var req api.InvitationUse
	if err := c.body(&req); err != nil {
		return nil, err
	}
	u, err := h.Users.Invitation(ctx, req.Token)
	return api.InvitationLook{Name: u.Name, Expires: stamp(u.Invitation.Expires)}, err
}

func (h *handlers) ownAccept(ctx context.Context, c Call) (any, error) {
	var req api.InvitationUse
	if err := c.body(&req); err != nil {
		return nil, err
	}
	u, err := h.Users.Accept(ctx, req.Token, req.Password)
	return api.InvitationLook{Name: u.Name}, err
}
