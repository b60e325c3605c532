package server

import (
	"context"
	"net/http"
	"time"
)

// health answers /healthz: the process is there.
func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// ready answers /readyz: database and blob store answer too, and the server
// is not about to exit.
func ready(s *services, stopping func() bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// patience: whoever asks wants to know soon
		const patience = 2 * time.Second
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		problem := ""
		switch err := s.db.Ping(ctx); {
		case stopping():
			problem = "stopping"
		case err != nil:
			problem = "the database does not answer"
		default:
			for _, err := range s.blobs.List(ctx, "") {
				if err != nil {
					problem = "the blob store does not answer"
				}
				break
			}
		}
		if problem != "" {
			http.Error(w, problem, http.StatusServiceUnavailable)
			return
		}
		health(w, r)
	}
}
