package objectstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"cloud.google.com/go/storage"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"google.golang.org/api/option"

	"github.com/coffer-ml/coffer/internal/ident"
)

// keys are the credentials of a server, drawn for it alone.
type keys struct {
	id, secret string
	file       string // in the form that the driver reads
}

func makeKeys(kind Kind, dir string) (k keys, err error) {
	k = keys{id: "coffer" + ident.New()[:10], secret: ident.New(), file: filepath.Join(dir, "credentials")}
	var content []byte
	switch kind {
	case S3:
		content = fmt.Appendf(nil, "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", k.id, k.secret)
	case GCS:
		content, err = serviceAccount()
	case Azure:
		k.secret = base64.StdEncoding.EncodeToString([]byte(k.secret))
		content = []byte(k.secret + "\n")
	}
	return k, errors.Join(err, os.WriteFile(k.file, content, 0o600))
}

// serviceAccount is a key file of nobody: signing needs one.
func serviceAccount() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{
		"type": "service_account", "project_id": "test", "private_key_id": "1", "client_id": "1",
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email": "coffer@test.iam.gserviceaccount.com",
		"token_uri":    "http://127.0.0.1:1/token",
	})
}

func (s *Server) makeBucket(ctx context.Context, name string) error {
	switch s.Kind {
	case S3:
		c, err := s.Minio()
		if err != nil {
			return err
		}
		return c.MakeBucket(ctx, name, minio.MakeBucketOptions{})
	case GCS:
		body, err := json.Marshal(map[string]string{"name": name})
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint+"/storage/v1/b?project=test", bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusOK {
			text, _ := io.ReadAll(answer.Body)
			return fmt.Errorf("%s: %s", answer.Status, text)
		}
		return nil
	case Azure:
		c, err := s.Azblob(name)
		if err != nil {
			return err
		}
		_, err = c.Create(ctx, nil)
		return err
	}
	return nil
}

// Minio is a client of an S3 server, for what the driver does not show.
func (s *Server) Minio() (*minio.Client, error) {
	u, err := url.Parse(s.Endpoint)
	if err != nil {
		return nil, err
	}
	return minio.New(u.Host, &minio.Options{Creds: credentials.NewStaticV4(s.keys.id, s.keys.secret, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath})
}

// Google is a client of Google's server.
func (s *Server) Google(ctx context.Context) (*storage.Client, error) {
	return storage.NewClient(ctx, option.WithEndpoint(s.Endpoint+"/storage/v1/"), option.WithoutAuthentication(), storage.WithJSONReads())
}

// Azblob is a client of a container of Azure's server.
func (s *Server) Azblob(name string) (*container.Client, error) {
	key, err := container.NewSharedKeyCredential(s.keys.id, s.keys.secret)
	if err != nil {
		return nil, err
	}
	return container.NewClientWithSharedKeyCredential(s.Endpoint+"/"+s.keys.id+"/"+name, key, nil)
}
