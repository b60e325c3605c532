// Package door is where HTTP calls come in: it gives each a request id, finds
// out who is calling, and keeps out those who may not.
//
// Credentials come as Basic, as a Bearer token, or as the session cookie of a
// browser; the last only if there is no Authorization header. A call that
// changes something and brings nothing but the cookie must come from our own
// pages: see sameOrigin.
//
// What a caller may do beyond his role is the business of the nouns.
package door
