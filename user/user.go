package user

import (
	"context"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/internal/query"
)

// User is an account.
type User struct {
	ID           ID
	Name         string // unique whatever the case of letters; what one signs in with
	GivenName    string
	FamilyName   string
	Email        string // "" or unique whatever the case of letters
	Avatar       string // address of a picture
	Role         Role
	PasswordHash string // argon2id, or bcrypt as fixed accounts may have; "" means: signs in by key pair only
	Fixed        bool   // kept by the file of fixed accounts, and changed there
	Created      time.Time
	Disabled     time.Time // zero while the account may be used
	Invitation   Invitation
}

// Invitation lets whoever holds its token choose the password of an account,
// once.
type Invitation struct {
	TokenHash string // SHA-256 in hex; "" while there is none
	Expires   time.Time
}

// Key is a key pair. Its secret is shown once and kept as a hash.
type Key struct {
	Access       string
	SecretHash   string // SHA-256 in hex
	User         ID
	Label        string
	Created      time.Time
	LastUsed     time.Time
	LastUsedFrom string
	Revoked      time.Time // zero while it may be used
}

// Session is what a token stands for.
type Session struct {
	ID      string
	User    ID
	Key     string // access key it was opened with; "" if by password
	By      ID     // the administrator who opened it in the user's name; "" if the user did
	Created time.Time
	Expires time.Time
	Revoked time.Time // zero while it may be used
}

// Fields declares what lists of accounts may be asked for.
var Fields = query.Fields{
	"id":          {Type: query.Text, Ask: query.Choice},
	"name":        {Type: query.Text, Ask: query.Pattern},
	"given_name":  {Type: query.Text},
	"family_name": {Type: query.Text},
	"role":        {Type: query.Text},
	"created":     {Type: query.Time},
}

// The reasons of this package.
var (
	ErrNoCredentials      = fault.Reason{Kind: fault.Unauthenticated, Name: "user.no_credentials"}
	ErrBadScheme          = fault.Reason{Kind: fault.Unauthenticated, Name: "user.bad_auth_scheme"}
	ErrBadCredentials     = fault.Reason{Kind: fault.Unauthenticated, Name: "user.undecodable_credentials"}
	ErrInvalidCredentials = fault.Reason{Kind: fault.Unauthenticated, Name: "user.invalid_credentials"}
	ErrInvalidToken       = fault.Reason{Kind: fault.Unauthenticated, Name: "user.invalid_token"}
	ErrNotFound           = fault.Reason{Kind: fault.NotFound, Name: "user.not_found"}
	ErrNameTaken          = fault.Reason{Kind: fault.Conflict, Name: "user.name_taken"}
	ErrNoKey              = fault.Reason{Kind: fault.NotFound, Name: "user.no_such_key"}
	ErrExpiry             = fault.Reason{Kind: fault.Invalid, Name: "user.bad_expiry"}
	ErrIDTaken            = fault.Reason{Kind: fault.Conflict, Name: "user.id_taken"}
	ErrBadEmail           = fault.Reason{Kind: fault.Invalid, Name: "user.bad_email"}
	ErrLastAdmin          = fault.Reason{Kind: fault.State, Name: "user.last_administrator"}
	ErrFixed              = fault.Reason{Kind: fault.State, Name: "user.fixed_account"}
	ErrPreferenceKey      = fault.Reason{Kind: fault.Invalid, Name: "user.bad_preference_key"}
	ErrPreferencePath     = fault.Reason{Kind: fault.Invalid, Name: "user.bad_preference_path"}
	ErrNoInvitation       = fault.Reason{Kind: fault.NotFound, Name: "user.no_invitation"}
	ErrWrongPassword      = fault.Reason{Kind: fault.Forbidden, Name: "user.wrong_password"}
	ErrActAs              = fault.Reason{Kind: fault.Forbidden, Name: "user.may_not_act_as"}
)

// Query asks for a list of accounts.
type Query struct {
	query.Request
	// Active, if set, is the projects, with all below them, in which an account
	// must have made something; an empty list means any project.
	Active *[]string
	// Gone includes accounts that were removed: records still name them.
	Gone bool
}

// Store keeps accounts. Writes take part in the transaction of the context.
type Store interface {
	AuditStore

	// Setting returns a fact of the installation; "" if it was never set.
	Setting(ctx context.Context, name string) (string, error)
	// SetSetting sets one.
	SetSetting(ctx context.Context, name, value string) error

	// Insert adds an account; ErrNameTaken if its name or address of mail
	// exists in any case of letters, ErrIDTaken if its id does.
	Insert(ctx context.Context, u User) error
	// Save writes everything of an account that can change; ErrNameTaken as
	// with Insert. The name of a disabled account is free for others.
	Save(ctx context.Context, u User) error
	// Get returns one; ErrNotFound if there is none.
	Get(ctx context.Context, id ID) (User, error)
	// Many returns those that exist, in no order.
	Many(ctx context.Context, ids []ID) ([]User, error)
	// Lock is Get for whoever is going to change it.
	Lock(ctx context.Context, id ID) (User, error)
	// ByName finds one whatever the case of letters; ErrNotFound if there is
	// none.
	ByName(ctx context.Context, name string) (User, error)
	// Invited finds one by the hash of its invitation; ErrNotFound if there is
	// none.
	Invited(ctx context.Context, tokenHash string) (User, error)
	// All returns all accounts that may be used, by name.
	All(ctx context.Context) ([]User, error)
	// List answers a query, by name unless asked otherwise.
	List(ctx context.Context, q Query) ([]User, error)
	// Preferences returns what an account keeps for its programs, as JSON.
	Preferences(ctx context.Context, id ID) (string, error)
	// SetPreferences sets that.
	SetPreferences(ctx context.Context, id ID, json string) error

	// InsertKey adds a key pair.
	InsertKey(ctx context.Context, k Key) error
	// Key returns one; ErrNoKey if there is none.
	Key(ctx context.Context, access string) (Key, error)
	// Keys returns the living pairs of a user, oldest first; "" means all.
	Keys(ctx context.Context, of ID) ([]Key, error)
	// SetKeyLabel changes a label; ErrNoKey if there is no such living pair.
	SetKeyLabel(ctx context.Context, access, label string) error
	// TouchKey notes a use.
	TouchKey(ctx context.Context, access string, at time.Time, from string) error
	// RevokeKey ends a pair; ErrNoKey if there is no such living pair.
	RevokeKey(ctx context.Context, access string, at time.Time) error
	// RevokeKeys ends all pairs of a user.
	RevokeKeys(ctx context.Context, of ID, at time.Time) error

	// InsertSession adds a session.
	InsertSession(ctx context.Context, s Session) error
	// Session returns one; ErrInvalidToken if there is none.
	Session(ctx context.Context, id string) (Session, error)
	// RevokeSession ends one. An unknown id is no error.
	RevokeSession(ctx context.Context, id string, at time.Time) error
	// RevokeSessions ends those of a user that no key pair opened, but for one.
	RevokeSessions(ctx context.Context, of ID, except string, at time.Time) error
	// DropSessions removes those that expired before the time.
	DropSessions(ctx context.Context, before time.Time) (int64, error)
}
