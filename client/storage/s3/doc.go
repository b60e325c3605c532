// Package s3 lets programs keep artifacts in Amazon S3, and in whatever speaks
// its protocol, such as MinIO:
//
//	c, err := client.Open(ctx, client.Config{Drivers: []client.Driver{s3.Driver{}}})
//	run, err := c.StartTask(ctx, client.TaskSpec{Name: "train", Destination: "s3://bucket/folder"})
//
// Addresses are s3://bucket/key, and s3://host:port/bucket/key for stores that
// are not Amazon's, where the port is what tells them apart. Keys are taken to
// the letter.
//
// Settings are those of the Python SDK in sdk.aws.s3 of clearml.conf: key,
// secret, token, region, profile, use_credentials_chain, secure, verify,
// extra_args, and the entries of credentials for buckets and hosts, of which the
// most specific one counts; in sdk.aws.boto3 pool_connections,
// max_multipart_concurrency, multipart_threshold, multipart_chunksize and
// signature_version. Where the file has no keys, AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_DEFAULT_REGION count, then
// the credentials file, then, on Amazon alone, the role of the machine.
//
// Permissions: s3:GetObject, s3:PutObject, s3:DeleteObject and
// s3:AbortMultipartUpload on the objects, s3:ListBucket on the bucket.
package s3
