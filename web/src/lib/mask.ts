/** Secrets that stand in texts are not shown. */

const named = '(?:password|passwd|secret|secret[-_]key|access[-_]key|api[-_]key|token)'

const secrets: RegExp[] = [
  /(:\/\/[^/@:\s]+:)[^/@\s]+(?=@)/g, // https://user:secret@host
  // Signed addresses of S3, Google Cloud Storage and Azure, and tokens in others.
  /([?&](?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature|sig|(?:access_)?token|api_key|password)=)[^&\s"'<>]+/gi,
  // Arguments and variables whose names tell: --db-password x, AWS_SECRET_ACCESS_KEY=x.
  new RegExp(`((?:^|[\\s"'])-{1,2}(?:[a-z0-9_-]*[-_])?${named}[= ]["']?)[^\\s"']+`, 'gi'),
  new RegExp(`(\\b(?:[A-Z0-9_]+_)?${named.toUpperCase().replaceAll('[-_]', '_')}=["']?)[^\\s"']+`, 'g'),
]

export const masked = (text: string) => secrets.reduce((t, re) => t.replace(re, '$1***'), text)
