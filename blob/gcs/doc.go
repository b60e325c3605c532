// Package gcs keeps blobs in a bucket of Google Cloud Storage. Names within the
// bucket are those of package bucket; the user's page is docs/storage/gcs.md.
//
// Permissions: storage.objects.get, .create, .delete and .list on the bucket,
// which the role Storage Object User has; signing without a key file needs
// iam.serviceAccounts.signBlob on the account itself.
//
// Consistency: everything is as it was last written, as Google promises. An
// object is written only where none is (generation 0). What an upload that
// broke off has sent is not visible and goes after a week.
//
// Requests are JSON over HTTP; reads, too: the XML way would need the bucket in
// the host name or the path, which stores for tests mix up.
package gcs
