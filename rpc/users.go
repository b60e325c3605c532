package rpc

import (
	"context"
	"encoding/json"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/user"
)

// userDocuments builds the documents of accounts. Addresses of mail are for
// administrators and their owners.
func (h *handlers) userDocuments(ctx context.Context, c Call, found []user.User) ([]api.Fields, error) {
	company, _, err := h.Users.Company(ctx)
	docs := make([]api.Fields, len(found))
	for i, u := range found {
		docs[i] = api.Fields{
			"id": u.ID, "name": u.Name, "given_name": u.GivenName, "family_name": u.FamilyName, "created": stamp(u.Created),
			"role": u.Role, "company": company,
		}
		if u.Avatar != "" {
			docs[i]["avatar"] = u.Avatar
		}
		if u.Email != "" && (u.ID == c.Who.User || c.Who.Role.AtLeast(user.Admin)) {
			docs[i]["email"] = u.Email
		}
	}
	return docs, err
}

func (h *handlers) listUsers(ctx context.Context, c Call, req api.QueryRequest) (api.UsersResponse, error) {
	return h.userList(ctx, c, req.Keys, false)
}

func (h *handlers) listUsersEx(ctx context.Context, c Call, req api.QueryRequest) (api.UsersResponse, error) {
	return h.userList(ctx, c, req.Keys, true)
}

func (h *handlers) userList(ctx context.Context, c Call, keys api.Fields, joined bool) (api.UsersResponse, error) {
	p, err := projectionOf(keys, "user", joined)
	if err != nil {
		return api.UsersResponse{}, err
	}
	q := user.Query{}
	if q.Request, err = listRequest(keys, nouns["user"]); err != nil {
		return api.UsersResponse{}, err
	}
	if in := keys["active_in_projects"]; in != nil {
		projects, err := texts("active_in_projects", in)
		if err != nil {
			return api.UsersResponse{}, err
		}
		q.Active = &projects
	}
	found, err := h.Users.List(ctx, c.Who, q)
	if err != nil {
		return api.UsersResponse{}, err
	}
	docs, err := h.userDocuments(ctx, c, found)
	if err != nil {
		return api.UsersResponse{}, err
	}
	return api.UsersResponse{Users: docs, ScrollID: scrollID(q.Request)}, h.shape(ctx, c, docs, p)
}

// getUser shows one account. Preferences are for their owner, and one JSON
// text here.
func (h *handlers) getUser(ctx context.Context, c Call, req api.UserID) (api.UserResponse, error) {
	u, err := h.Users.Get(ctx, c.Who, user.ID(req.User))
	if err != nil {
		return api.UserResponse{}, err
	}
	docs, err := h.userDocuments(ctx, c, []user.User{u})
	if err != nil {
		return api.UserResponse{}, err
	}
	if u.ID == c.Who.User {
		all, err := h.Users.Preferences(ctx, c.Who)
		if err != nil {
			return api.UserResponse{}, err
		}
		text, err := json.Marshal(all)
		if err != nil {
			return api.UserResponse{}, err
		}
		docs[0]["preferences"] = string(text)
	}
	return api.UserResponse{User: docs[0]}, nil
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
		u.Avatar, u.Email = account.Avatar, account.Email
	}
	return api.CurrentUserResponse{User: u, GettingStarted: api.Fields{}, Settings: api.Fields{"max_download_items": maxDownloadItems}}, nil
}

// maxDownloadItems is how many rows a download of a table has at most, as the
// protocol has it; clients of the protocol expect a text.
const maxDownloadItems = "50000"

// ourCompany refuses a company that is not the one there is.
func (h *handlers) ourCompany(ctx context.Context, given string) error {
	company, _, err := h.Users.Company(ctx)
	if err == nil && given != company {
		err = ErrField.Errorf("company: there is one, %s; got %.100q", company, given).With("field", "company")
	}
	return err
}

func (h *handlers) createUser(ctx context.Context, c Call, req api.UsersCreateRequest) (api.Empty, error) {
	if err := h.ourCompany(ctx, req.Company); err != nil {
		return api.Empty{}, err
	}
	if req.ID == "" {
		return api.Empty{}, ErrField.Errorf("id: expected at least one character").With("field", "id")
	}
	_, err := h.Users.Create(ctx, c.Who, user.Spec{
		ID: user.ID(req.ID), Name: req.Name, GivenName: req.GivenName, FamilyName: req.FamilyName, Avatar: req.Avatar, Role: user.Member,
	})
	return api.Empty{}, err
}

func (h *handlers) deleteUser(ctx context.Context, c Call, req api.UserID) (api.Empty, error) {
	return api.Empty{}, h.Users.Delete(ctx, c.Who, user.ID(req.User))
}

func (h *handlers) updateUser(ctx context.Context, c Call, req api.UsersUpdateRequest) (api.FieldsResponse, error) {
	p := user.Patch{Name: req.Name, GivenName: req.GivenName, FamilyName: req.FamilyName, Avatar: req.Avatar}
	_, changed, err := h.Users.Update(ctx, c.Who, user.ID(req.User), p)
	wrote := api.Fields{}
	for name, v := range map[string]*string{"name": p.Name, "given_name": p.GivenName, "family_name": p.FamilyName, "avatar": p.Avatar} {
		if v != nil {
			wrote[name] = *v
		}
	}
	return updated(changed, wrote), err
}

// updated tells what was written, if anything was.
func updated(changed bool, wrote api.Fields) api.FieldsResponse {
	if !changed {
		return api.FieldsResponse{Fields: api.Fields{}}
	}
	return api.FieldsResponse{Updated: 1, Fields: wrote}
}

func (h *handlers) getPreferences(ctx context.Context, c Call, _ api.Empty) (api.PreferencesResponse, error) {
	all, err := h.Users.Preferences(ctx, c.Who)
	return api.PreferencesResponse{Preferences: all}, err
}

func (h *handlers) setPreferences(ctx context.Context, c Call, req api.SetPreferencesRequest) (api.FieldsResponse, error) {
	all, changed, err := h.Users.SetPreferences(ctx, c.Who, req.Preferences)
	wrote := api.Fields{"preferences": all}
	if req.ReturnUpdated != nil && !*req.ReturnUpdated {
		wrote = api.Fields{}
	}
	return updated(changed, wrote), err
}
