/*
 * Layer: edge
 * Specification: RFC 7858 4.2 (pins), RFC 8310 8.1, RFC 7301 (ALPN)
 */
#include "dns64/upstream/tls.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>

#include "common/addr.h"

static const unsigned char protocols[] = "\x03"
                                         "dot";

/* The key itself, whoever signed for it (RFC 7858 4.2): SHA-256 of the SubjectPublicKeyInfo. */
static int verify_pin(X509_STORE_CTX *store, void *context)
{
    const struct tls_client *client = context;
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    unsigned char *key = NULL, hash[SHA256_DIGEST_LENGTH];
    int len = certificate != NULL ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key) : -1;
    if (len <= 0)
        return 0;
    SHA256(key, (size_t)len, hash);
    OPENSSL_free(key);
    int good = CRYPTO_memcmp(hash, client->to->pin, sizeof(hash)) == 0;
    X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
    return good;
}

/* RFC 8446 C.4: each ticket is used once, the last that came. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_client *client = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    SSL_SESSION_free(client->session);
    client->session = session;
    return 1; /* ours now */
}

int tls_client_init(struct tls_client *client, const struct settings_upstream *to,
                    struct choice_upstream *learned)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return -ENOMEM;
    *client = (struct tls_client){.context = context, .to = to, .learned = learned};
    SSL_CTX_set_app_data(context, client);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    /* Messages say their own length: a peer that closes without close_notify cuts nothing off. */
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    if (to->pinned)
        SSL_CTX_set_cert_verify_callback(context, verify_pin, client);
    if (SSL_CTX_set_alpn_protos(context, protocols, sizeof(protocols) - 1) == 0 &&
        (to->pinned || SSL_CTX_set_default_verify_paths(context) == 1))
        return 0;
    tls_client_done(client);
    return -EINVAL;
}

void tls_client_done(struct tls_client *client)
{
    SSL_SESSION_free(client->session);
    SSL_CTX_free(client->context);
    client->session = NULL;
    client->context = NULL;
}

/* An address is verified as one, and is no name for SNI (RFC 6066 3). */
static bool set_name(SSL *ssl, const char *name)
{
    uint32_t address;
    if (SSL_set1_host(ssl, name) != 1)
        return false;
    return addr_parse4(name, &address) == 0 || SSL_set_tlsext_host_name(ssl, name) == 1;
}

SSL *tls_client_new(struct tls_client *client)
{
    SSL *ssl = SSL_new(client->context);
    if (ssl == NULL)
        return NULL;
    if (!client->to->pinned && !set_name(ssl, client->to->name)) {
        SSL_free(ssl);
        return NULL;
    }
    if (client->session != NULL) {
        SSL_set_session(ssl, client->session);
        SSL_SESSION_free(client->session);
        client->session = NULL;
    }
    return ssl;
}
