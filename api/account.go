package api

// Account is an account as our own endpoints show it to administrators.
type Account struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Email      string `json:"email"`
	Avatar     string `json:"avatar"`
	Role       string `json:"role"`
	Created    string `json:"created"`
	// Fixed says that the server's file of fixed accounts keeps it.
	Fixed bool `json:"fixed"`
	// Password says whether it signs in by a password.
	Password bool `json:"password"`
	// Invited is until when its invitation may be used; "" if there is none.
	Invited string `json:"invited,omitempty"`
}

// AccountList is a list of accounts.
type AccountList struct {
	Users []Account `json:"users"`
}

// AccountSpec is a new account; Password "" gives an invitation.
type AccountSpec struct {
	Name       string `json:"name"`
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Email      string `json:"email"`
	Role       string `json:"role"`
	Password   string `json:"password"`
}

// AccountPatch changes an account; what is absent stays.
type AccountPatch struct {
	Name       *string `json:"name"`
	GivenName  *string `json:"given_name"`
	FamilyName *string `json:"family_name"`
	Email      *string `json:"email"`
	Avatar     *string `json:"avatar"`
	Role       *string `json:"role"`
}

// Invitation lets whoever holds the token choose the password of an account,
// once. The token is shown only here.
type Invitation struct {
	User    Account `json:"user"`
	Token   string  `json:"token,omitempty"`
	Expires string  `json:"expires,omitempty"`
}

// PasswordChange changes one's own password.
type PasswordChange struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// InvitationUse looks at an invitation, or with a password accepts it.
type InvitationUse struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

// InvitationLook is what an invitation tells its holder.
type InvitationLook struct {
	Name    string `json:"name"`
	Expires string `json:"expires,omitempty"`
}

// KeyList lists the key pairs of an account, without secrets.
type KeyList struct {
	Keys []Credentials `json:"keys"`
}

// Rules are what administrators decided for everybody.
type Rules struct {
	BlockScripts bool `json:"block_scripts"`
}
