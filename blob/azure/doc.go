// Package azure keeps blobs in a container of Azure Blob Storage. Names within
// the container are those of package bucket; the user's page is
// docs/storage/azure.md.
//
// Permissions: the role Storage Blob Data Contributor on the container, or a key
// of the account; signing without a key needs the action
// generateUserDelegationKey, which that role has on the account.
//
// Consistency: everything is as it was last written, as Azure promises. An
// object is written only where none is (If-None-Match). Blocks of an upload
// that broke off are not visible and go after a week.
package azure
