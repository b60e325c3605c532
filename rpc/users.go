package rpc

import (
	"context"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/user"
)

// userDocuments builds the documents of accounts.
func (h *handlers) userDocuments(ctx context.Context, found []user.User) ([]api.Fields, error) {
	company, _, err := h.Users.Company(ctx)
	docs := make([]api.Fields, len(found))
	for i, u := range found {
		docs[i] = api.Fields{
			"id": u.ID, "name": u.Name, "given_name": u.GivenName, "family_name": u.FamilyName, "created": stamp(u.Created),
			"company": company,
		}
	}
	return docs, err
}

func (h *handlers) listUsers(ctx context.Context, c Call, req api.QueryRequest) (api.UsersResponse, error) {
	p, err := projectionOf(req.Keys, "user", false)
	if err != nil {
		return api.UsersResponse{}, err
	}
	r, err := listRequest(req.Keys, nouns["user"])
	if err != nil {
		return api.UsersResponse{}, err
	}
	found, err := h.Users.List(ctx, c.Who, r)
	if err != nil {
		return api.UsersResponse{}, err
	}
	docs, err := h.userDocuments(ctx, found)
	if err != nil {
		return api.UsersResponse{}, err
	}
	return api.UsersResponse{Users: docs, ScrollID: scrollID(r)}, h.shape(ctx, c, docs, p)
}
