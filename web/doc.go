// Package web embeds what browsers get. Until the web app takes its place that
// is one page, which shows the version and how to point the SDK at this server.
//
// Everything comes from this origin, under a strict Content-Security-Policy:
// no script, no inline style, no frame.
package web
