package server

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
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
			for id := range s.volumes.Attached() {
				if err := s.volumes.Verify(ctx, id); err != nil {
					problem = fmt.Sprintf("the blob store with the number %d does not answer, or has lost its mark", id)
				}
			}
		}
		if problem != "" {
			http.Error(w, problem, http.StatusServiceUnavailable)
			return
		}
		health(w, r)
		// Reading and deleting go on, so that it is no reason to send nobody here.
		if err := s.room.check(ctx, 0); err != nil {
			_, _ = fmt.Fprintf(w, "uploads are refused: %s\n", fault.Of(err).Message)
		}
	}
}
