// Package gcs lets programs keep artifacts in Google Cloud Storage:
//
//	c, err := client.Open(ctx, client.Config{Drivers: []client.Driver{gcs.Driver{}}})
//
// Addresses are gs://bucket/name, names being taken to the letter.
//
// Settings are those of the Python SDK in sdk.google.storage of clearml.conf:
// credentials_json, the path of a file or the JSON itself, and the entries of
// credentials for buckets and folders in them, of which the most specific one
// counts; pool_connections. Where the file has none, Google's own places count:
// GOOGLE_APPLICATION_CREDENTIALS, the login of gcloud, the machine.
// STORAGE_EMULATOR_HOST names a store for tests, which gets no credentials over
// plain HTTP.
//
// Permissions: storage.objects.get, create, delete and list.
package gcs
