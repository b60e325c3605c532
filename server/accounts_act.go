package server

import (
	"context"
	"net/url"
	"time"

	"github.com/coffer-ml/coffer/user"
)

// accountRow is an account in a listing.
type accountRow struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Role     user.Role `json:"role"`
	Email    string    `json:"email"`
	Created  time.Time `json:"created"`
	Fixed    bool      `json:"fixed"`            // kept by the file of accounts
	Password bool      `json:"password"`         // signs in by one
	Invited  time.Time `json:"invited,omitzero"` // until when its invitation may be used
}

func rowOf(u user.User) accountRow {
	return accountRow{string(u.ID), u.Name, u.Role, u.Email, u.Created, u.Fixed, u.PasswordHash != "", u.Invitation.Expires}
}

// invitationRow is an invitation with its token, which is shown once.
type invitationRow struct {
	User    accountRow `json:"user"`
	Token   string     `json:"token"`
	Expires time.Time  `json:"expires"`
}

// revokedRow tells how many key pairs were ended.
type revokedRow struct {
	Revoked int `json:"revoked"`
}

// accountAct does something to accounts. Whom and what stands in the
// arguments, a password apart from them.
type accountAct func(ctx context.Context, users *user.Service, who user.Identity, args url.Values, password string) (any, error)

// named makes an act out of one on the account that the argument name names.
func named(act func(ctx context.Context, users *user.Service, who user.Identity, u user.User, args url.Values) (any, error)) accountAct {
	return func(ctx context.Context, users *user.Service, who user.Identity, args url.Values, _ string) (any, error) {
		u, err := users.ByName(ctx, who, args.Get("name"))
		if err != nil {
			return nil, err
		}
		return act(ctx, users, who, u, args)
	}
}

// accountActs are what can be done to accounts, by the routes of the admin
// socket. Commands do the same without it while no server runs.
var accountActs = map[string]accountAct{
	"GET /admin/users": func(ctx context.Context, users *user.Service, who user.Identity, _ url.Values, _ string) (any, error) {
		all, err := users.All(ctx, who)
		rows := make([]accountRow, len(all))
		for i, u := range all {
			rows[i] = rowOf(u)
		}
		return rows, err
	},
	"POST /admin/users": func(ctx context.Context, users *user.Service, who user.Identity, args url.Values, password string) (any, error) {
		u, err := users.Create(ctx, who, specOf(args, password))
		return rowOf(u), err
	},
	"POST /admin/users/invite": func(ctx context.Context, users *user.Service, who user.Identity, args url.Values, _ string) (any, error) {
		made, err := users.Invite(ctx, who, specOf(args, ""))
		return invitationRow{rowOf(made.User), made.Token, made.Expires}, err
	},
	"POST /admin/users/role": named(func(ctx context.Context, users *user.Service, who user.Identity, u user.User, args url.Values) (any, error) {
		role := user.Role(args.Get("role"))
		u, _, err := users.Update(ctx, who, u.ID, user.Patch{Role: &role})
		return rowOf(u), err
	}),
	"POST /admin/users/reset": named(func(ctx context.Context, users *user.Service, who user.Identity, u user.User, _ url.Values) (any, error) {
		made, err := users.Reset(ctx, who, u.ID)
		return invitationRow{rowOf(made.User), made.Token, made.Expires}, err
	}),
	"DELETE /admin/users": named(func(ctx context.Context, users *user.Service, who user.Identity, u user.User, _ url.Values) (any, error) {
		return struct{}{}, users.Delete(ctx, who, u.ID)
	}),
	"GET /admin/users/keys": named(func(ctx context.Context, users *user.Service, who user.Identity, u user.User, _ url.Values) (any, error) {
		keys, err := users.KeysOf(ctx, who, u.ID)
		return keyRows(keys, map[user.ID]string{u.ID: u.Name}), err
	}),
	"DELETE /admin/users/keys": named(func(ctx context.Context, users *user.Service, who user.Identity, u user.User, _ url.Values) (any, error) {
		n, err := users.RevokeKeys(ctx, who, u.ID)
		return revokedRow{n}, err
	}),
}

func specOf(args url.Values, password string) user.Spec {
	return user.Spec{Name: args.Get("name"), Role: user.Role(args.Get("role")), Email: args.Get("email"), Password: password}
}
