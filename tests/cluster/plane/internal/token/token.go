// Package token signs service account tokens that live for seconds. The API server grants none shorter than ten minutes, and a test of
// rotation cannot wait that long; it accepts these, because they are signed by its own key.
package token

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"time"
)

// Issuer is what --service-account-issuer says, and the audience of a token for the API server.
const Issuer = "https://kubernetes.default.svc"

// leeway is how long past its end the API server still takes a token.
const leeway = time.Minute

// Claim says for whom a token is. A token with a Pod dies with it.
type Claim struct {
	Namespace, Account, AccountUID string
	Pod, PodUID                    string
	Audience                       string
	Life                           time.Duration // from now until the API server refuses it (or up to ten seconds later: it remembers tokens)
}

// Sign makes the token with the key file of package pki (sa.key).
func Sign(keyFile string, claim Claim) (string, error) {
	key, err := readKey(keyFile)
	if err != nil {
		return "", err
	}
	head := encode(map[string]any{"alg": "ES256", "typ": "JWT", "kid": keyID(key)})
	signed := head + "." + encode(claim.body(time.Now()))
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func (c Claim) body(now time.Time) map[string]any {
	bound := map[string]any{"namespace": c.Namespace, "serviceaccount": map[string]string{"name": c.Account, "uid": c.AccountUID}}
	if c.Pod != "" {
		bound["pod"] = map[string]string{"name": c.Pod, "uid": c.PodUID}
	}
	audience := c.Audience
	if audience == "" {
		audience = Issuer
	}
	return map[string]any{
		"iss": Issuer, "aud": []string{audience}, "sub": "system:serviceaccount:" + c.Namespace + ":" + c.Account,
		"iat": now.Unix(), "nbf": now.Unix() - 1, "exp": now.Add(c.Life - leeway).Unix(), "jti": fmt.Sprint(now.UnixNano()), "kubernetes.io": bound,
	}
}

func readKey(file string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: found no PEM block, expected an EC private key", file)
	}
	return x509.ParseECPrivateKey(block.Bytes)
}

// keyID is how the API server names a public key: the hash of its DER form.
func keyID(key *ecdsa.PrivateKey) string {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
