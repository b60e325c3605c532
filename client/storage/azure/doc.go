// Package azure lets programs keep artifacts in Azure Blob Storage:
//
//	c, err := client.Open(ctx, client.Config{Drivers: []client.Driver{azure.Driver{}}})
//
// Addresses are azure://account.blob.core.windows.net/container/name, names
// being taken to the letter.
//
// Settings are those of the Python SDK in sdk.azure.storage of clearml.conf: the
// entries of containers with account_name, account_key, container_name and
// use_default_credential; max_connections. Where the file has none for an
// account, AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY count, and
// CLEARML_AZURE_STORAGE_USE_DEFAULT_CREDENTIAL logs in as Azure's own tools do.
//
// Permissions: to read, write, delete and list blobs of the container.
package azure
