package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"

	blobs "github.com/coffer-ml/coffer/blob/bucket"
	"github.com/coffer-ml/coffer/client"
	"github.com/coffer-ml/coffer/client/storage/internal/remote"
)

// setting is what clearml.conf and the environment say about an address.
type setting struct {
	entry   string // what names the entry that counts; "" for none
	key     string
	secret  string
	token   string
	region  string
	profile string
	file    string // with credentials
	chain   bool
	secure  bool
	verify  string
	old     bool // signatures of version 2

	extra     map[string]string
	part      int64
	threshold int64 // bytes, up to where an object goes whole
	threads   int64
	idle      int64 // connections
}

const section = "aws.s3"

// setting finds what counts for an address: the most specific entry of
// credentials, and the defaults for what is not in an entry.
func (s *store) setting(address string) (setting, error) {
	c := s.settings
	set := setting{profile: first(c.Text(section+".profile"), c.Env("AWS_PROFILE")), file: c.Env("AWS_SHARED_CREDENTIALS_FILE"), old: c.Text("aws.boto3.signature_version") == "s3"}
	var errs []error
	flag := func(from client.Settings, path string, otherwise bool) bool {
		v, err := remote.Flag(from.Text(path), otherwise)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
		}
		return v
	}
	number := func(path string, otherwise int64) int64 {
		n, err := remote.Number(c.Text(path), otherwise)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
		}
		return n
	}
	set.key = first(c.Text(section+".key"), c.Env("AWS_ACCESS_KEY_ID"))
	set.secret = first(c.Text(section+".secret"), c.Env("AWS_SECRET_ACCESS_KEY"))
	set.token = first(c.Text(section+".token"), c.Env("AWS_SESSION_TOKEN"))
	set.region = first(c.Text(section+".region"), c.Env("AWS_DEFAULT_REGION"), c.Env("AWS_REGION"))
	set.chain = flag(c, section+".use_credentials_chain", false)
	set.secure = flag(c, section+".secure", true)
	set.verify = c.Text(section + ".verify")
	set.extra = texts(c, section+".extra_args")
	multipart := true
	region, profile := set.region, set.profile
	longest := 0
	for _, e := range c.List(section + ".credentials") {
		at := "s3://" + strings.Trim(e.Text("bucket"), `"'/ `)
		if host := e.Text("host"); host != "" {
			at = strings.TrimRight("s3://"+host+"/"+strings.Trim(e.Text("bucket"), `"'/ `), "/")
		}
		if sub := strings.Trim(e.Text("subdir"), `"'/ `); sub != "" {
			at += "/" + sub
		}
		own := flag(e, "use_credentials_chain", false)
		if len(at) <= longest || at == "s3://" || !remote.Below(address, at) || (e.Text("key") == "" || e.Text("secret") == "") && !own {
			continue
		}
		longest = len(at)
		set.entry, set.chain, multipart = at, own, flag(e, "multipart", true)
		set.key, set.secret, set.token = e.Text("key"), e.Text("secret"), e.Text("token")
		set.region, set.profile = first(e.Text("region"), region), first(e.Text("profile"), profile)
		set.secure, set.verify = flag(e, "secure", true), e.Text("verify")
		set.extra = texts(e, "extra_args")
		if acl := e.Text("acl"); acl != "" {
			set.extra["ACL"] = acl
		}
	}
	set.part = max(number("aws.boto3.multipart_chunksize", remote.Part), 5<<20) // which is the least that S3 takes
	set.threshold = number("aws.boto3.multipart_threshold", remote.Part)
	set.threads = number("aws.boto3.max_multipart_concurrency", 16)
	set.idle = number("aws.boto3.pool_connections", 0)
	if !multipart {
		set.threads = 1
	}
	for name := range set.extra {
		if headers[name] == "" && !slices.Contains(fields, name) {
			errs = append(errs, fmt.Errorf("extra_args: %s is not known here", name))
		}
	}
	return set, errors.Join(errs...)
}

func first(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" && !strings.EqualFold(t, "none") {
			return t
		}
	}
	return ""
}

func texts(s client.Settings, path string) map[string]string {
	all := map[string]string{}
	for _, key := range s.Keys(path) {
		all[key] = s.Text(path + "." + key)
	}
	return all
}

// headers are the extra arguments of uploads, by boto's names, that the library
// knows as headers alone; fields are those that it has fields for.
var (
	headers = map[string]string{
		"ACL": "x-amz-acl", "GrantFullControl": "x-amz-grant-full-control", "GrantRead": "x-amz-grant-read",
		"GrantReadACP": "x-amz-grant-read-acp", "GrantWriteACP": "x-amz-grant-write-acp",
	}
	fields = []string{"ServerSideEncryption", "SSEKMSKeyId", "StorageClass", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType"}
)

// apply adds the extra arguments to an upload.
func (s setting) apply(o *minio.PutObjectOptions) error {
	for name, value := range s.extra {
		if header := headers[name]; header != "" {
			o.UserMetadata[header] = value
		}
	}
	o.StorageClass, o.CacheControl = s.extra["StorageClass"], s.extra["CacheControl"]
	o.ContentDisposition, o.ContentEncoding, o.ContentLanguage = s.extra["ContentDisposition"], s.extra["ContentEncoding"], s.extra["ContentLanguage"]
	o.ContentType = first(s.extra["ContentType"], o.ContentType)
	switch how := s.extra["ServerSideEncryption"]; how {
	case "":
	case "AES256":
		o.ServerSideEncryption = encrypt.NewSSE()
	case "aws:kms":
		var err error
		o.ServerSideEncryption, err = encrypt.NewSSEKMS(s.extra["SSEKMSKeyId"], nil)
		return err
	default:
		return fmt.Errorf("extra_args: ServerSideEncryption is %q: expected AES256 or aws:kms", how)
	}
	return nil
}

// amazon is where S3 is.
const amazon = "s3.amazonaws.com"

// connect makes the client of a bucket; named is the host of the address.
func (s setting) connect(named string) (*minio.Core, error) {
	trust, err := s.trust()
	if err != nil {
		return nil, err
	}
	transport, err := remote.Transport(trust, s.idle)
	if trust.CA != "" && trust.CA != s.verify {
		_ = os.Remove(trust.CA) // it was fetched
	}
	if err != nil {
		return nil, err
	}
	o := &minio.Options{Secure: true, Transport: transport, Region: s.region, BucketLookup: minio.BucketLookupAuto}
	host := amazon
	if strings.Contains(named, ":") {
		host, o.Secure, o.BucketLookup = named, s.secure, minio.BucketLookupPath
		o.Region = first(s.region, "us-east-1") // which stores of others take
	}
	if o.Creds, err = s.credentials(host == amazon); err != nil {
		return nil, err
	}
	return minio.NewCore(host, o)
}

// credentials are the keys, or where they come from.
func (s setting) credentials(ours bool) (*credentials.Credentials, error) {
	if s.key != "" && s.secret != "" && !s.chain {
		if s.old {
			return credentials.NewStaticV2(s.key, s.secret, s.token), nil
		}
		return credentials.NewStaticV4(s.key, s.secret, s.token), nil
	}
	chain := []credentials.Provider{&credentials.FileAWSCredentials{Filename: s.file, Profile: s.profile}}
	if s.profile == "" {
		chain = append([]credentials.Provider{&credentials.EnvAWS{}}, chain...)
	}
	if ours {
		return credentials.NewChainCredentials(append(chain, &credentials.IAM{})), nil // asking the machine for its role may take long
	}
	keys := credentials.NewChainCredentials(chain)
	if v, err := keys.GetWithContext(&credentials.CredContext{Client: http.DefaultClient}); err != nil || v.AccessKeyID == "" {
		return nil, errors.New("there are no keys for it: sdk.aws.s3 of clearml.conf has them, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return keys, nil
}

// trust is what verify says: true, false, the path of a file with certificates,
// or an address where it is.
func (s setting) trust() (blobs.TLS, error) {
	checked, err := remote.Flag(s.verify, true)
	switch {
	case err == nil:
		return blobs.TLS{SkipVerify: !checked}, nil
	case !strings.HasPrefix(s.verify, "http://") && !strings.HasPrefix(s.verify, "https://"):
		return blobs.TLS{CA: s.verify}, nil
	}
	path, err := fetched(s.verify)
	return blobs.TLS{CA: path}, err
}

const (
	// fetchLimit is how long fetching certificates may take.
	fetchLimit = 30 * time.Second
	// mostCertificates is above any bundle there is, in bytes.
	mostCertificates = 16 << 20
)

// fetched is a file with what is at an address.
func fetched(address string) (path string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", fmt.Errorf("fetch the certificates: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("fetch the certificates at %s: %s", address, resp.Status)
	}
	f, err := os.CreateTemp("", "coffer-ca-*.pem")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, io.LimitReader(resp.Body, mostCertificates))
	return f.Name(), errors.Join(err, f.Close())
}
