// Package s3 keeps blobs in a bucket of Amazon S3 or of anything that speaks
// its protocol. Names within the bucket are those of package bucket; the user's
// page is docs/storage/s3.md.
//
// Permissions: s3:ListBucket on the bucket (without it a missing object looks
// forbidden), s3:GetObject, s3:PutObject, s3:DeleteObject and
// s3:AbortMultipartUpload on its objects, s3:ListBucketMultipartUploads and
// s3:ListMultipartUploadParts to sweep what crashes left.
//
// Consistency: the store must show an object, its absence and lists as they are
// after the last write, as S3 does. An object is written only where none is
// (If-None-Match), which some older stores ignore: keys are never used twice,
// so nothing depends on it.
//
// A multipart upload that a crash left is aborted by SweepTemporary; a rule of
// the bucket that does so after a week is a second net.
package s3
