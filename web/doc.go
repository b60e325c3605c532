// Package web embeds what browsers get: the app, which `make build` makes of
// src with Vite, and one page that needs no script and shows how to point an
// SDK at this server.
//
// Everything comes from this origin, under a strict Content-Security-Policy:
// no inline script, no style but ours. The app calls the same endpoints as
// everybody else, signed in by a cookie that scripts cannot read.
//
// Without Node the package still builds: then the page takes the app's place.
package web
