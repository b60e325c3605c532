package user

import "github.com/coffer-ml/coffer/internal/fault"

// ID is the id of a user: 32 hex digits.
type ID string

// Role says what a user may do.
type Role string

// The roles, from the least to the most.
const (
	Guest  Role = "guest"  // reads
	Member Role = "member" // reads, writes, deletes
	Admin  Role = "admin"  // everything, and manages users
)

var rank = map[Role]int{Guest: 1, Member: 2, Admin: 3}

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return rank[r] > 0 }

// AtLeast reports whether r may do all that need may.
func (r Role) AtLeast(need Role) bool { return rank[r] >= rank[need] && rank[r] > 0 }

// Identity is a caller whose credentials were checked.
type Identity struct {
	User    ID
	Name    string
	Role    Role
	Session string // session id, when the caller came with a token
	Key     string // access key, when he came with a key pair or its token
	Client  string // name of the calling program, from X-ClearML-Client
	By      ID     // the administrator who acts in this user's name; "" if nobody does
}

// Real is the id of whoever acts.
func (i Identity) Real() ID {
	if i.By != "" {
		return i.By
	}
	return i.User
}

// Operator is the identity of whoever holds the admin socket or the data
// directory itself.
var Operator = Identity{User: "operator", Name: "operator", Role: Admin}

// Server is the identity of what the server does by itself.
var Server = Identity{User: "server", Name: "server", Role: Admin}

// Nobody is whoever has shown no credentials.
var Nobody = Identity{User: "nobody", Name: "nobody"}

// ErrForbidden is the reason for refusing a known caller.
var ErrForbidden = fault.Reason{Kind: fault.Forbidden, Name: "user.role_not_allowed"}

// Require returns nil if the caller's role is at least need.
func (i Identity) Require(need Role) error {
	if i.Role.AtLeast(need) {
		return nil
	}
	return ErrForbidden.Errorf("this needs the role %s, yours is %q", need, i.Role)
}
