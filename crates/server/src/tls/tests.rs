use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;
use tokio_rustls::client;

use super::*;

/// A CA of the tests.
pub(crate) struct Ca(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Ca {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A CA that this one certifies.
    fn below(&self, name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::signed_by(params, key, &self.0).unwrap())
    }

    fn issue(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Issued {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// Files of a listener in a directory of their own.
pub(crate) struct Place {
    dir: tempfile::TempDir,
    pub(crate) ca: Ca,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self {
            dir: tempfile::tempdir().unwrap(),
            ca: Ca::new("server ca"),
        };
        place.put("server", &place.ca.issue("server", |_| {}));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a certificate and its key, as somebody who renews it would.
    fn put(&self, name: &str, issued: &Issued) {
        std::fs::write(self.path(&format!("{name}.pem")), &issued.certificate).unwrap();
        let key = self.path(&format!("{name}.key"));
        let mut options = std::fs::OpenOptions::new();
        let options = options.create(true).truncate(true).write(true).mode(0o600);
        let mut file = options.open(key).unwrap();
        file.write_all(issued.key.as_bytes()).unwrap();
    }

    fn trusted(&self, tenant: Option<&str>, ca: &Ca) -> ClientCa {
        let file = self.path(&format!("{}.ca.pem", tenant.unwrap_or("any")));
        std::fs::write(&file, ca.0.pem()).unwrap();
        ClientCa {
            tenant: tenant.map(str::to_owned),
            file,
        }
    }

    pub(crate) fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.path("server.pem"),
            key: self.path("server.key"),
            allow_tls12: false,
            post_quantum: true,
            client_auth: ClientAuth::Off,
            client_cas: Vec::new(),
        }
    }

    fn mutual(&self, client_auth: ClientAuth, client_cas: Vec<ClientCa>) -> TlsFiles {
        TlsFiles {
            client_auth,
            client_cas,
            ..self.files()
        }
    }

    /// A client that trusts the CA of this place.
    pub(crate) fn client(
        &self,
        shown: Option<&Issued>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.ca.0.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(suites::provider(true))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        let config = match shown {
            None => builder.with_no_client_auth(),
            Some(shown) => {
                let chain = CertificateDer::pem_slice_iter(shown.certificate.as_bytes());
                let chain = chain.collect::<Result<_, _>>().unwrap();
                let key = PrivateKeyDer::from_pem_slice(shown.key.as_bytes()).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        TlsConnector::from(Arc::new(config))
    }
}

const TLS13: &[&SupportedProtocolVersion] = &[&version::TLS13];
const TLS12: &[&SupportedProtocolVersion] = &[&version::TLS12];

pub(crate) async fn connect(
    connector: &TlsConnector,
    to: SocketAddr,
) -> std::io::Result<client::TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").unwrap();
    connector
        .connect(name, TcpStream::connect(to).await.unwrap())
        .await
}

type Both = (
    client::TlsStream<TcpStream>,
    TlsStream<TcpStream>,
    Option<ClientCertificate>,
);

/// Both ends of a connection, once a byte has gone each way; the server's reason when it refuses.
async fn shake(tls: &Tls, connector: &TlsConnector) -> Result<Both, &'static str> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        tls.accept(stream).await
    };
    let (server, client) = tokio::join!(server, connect(connector, address));
    let (mut server, certificate) = server.map_err(|error| reason(&error))?;
    let mut client = client.unwrap();
    pass(&mut client, &mut server).await;
    Ok((client, server, certificate))
}

async fn pass(client: &mut client::TlsStream<TcpStream>, server: &mut TlsStream<TcpStream>) {
    client.write_all(b"?").await.unwrap();
    assert_eq!(server.read_u8().await.unwrap(), b'?');
    server.write_all(b"!").await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'!');
}

fn served_with(client: &client::TlsStream<TcpStream>) -> Vec<u8> {
    client.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn tls12_is_refused_unless_switched_on() {
    let place = Place::new();
    let tls = Tls::load(place.files()).unwrap();
    let (_, server, certificate) = shake(&tls, &place.client(None, TLS13)).await.unwrap();
    assert_eq!((version(&server), certificate), ("1.3", None));
    let group = server.get_ref().1.negotiated_key_exchange_group().unwrap();
    assert_eq!(group.name(), rustls::NamedGroup::X25519MLKEM768);
    let old = place.client(None, TLS12);
    assert_eq!(shake(&tls, &old).await.unwrap_err(), "version_or_suite");
    let files = TlsFiles {
        allow_tls12: true,
        post_quantum: false,
        ..place.files()
    };
    let tls = Tls::load(files).unwrap();
    let (_, server, _) = shake(&tls, &old).await.unwrap();
    assert_eq!(version(&server), "1.2");
    let group = server.get_ref().1.negotiated_key_exchange_group().unwrap();
    assert_eq!(group.name(), rustls::NamedGroup::X25519);
}

#[test]
fn every_suite_has_an_ephemeral_exchange_and_authenticated_encryption() {
    let provider = suites::provider(true);
    for suite in &provider.cipher_suites {
        let name = format!("{:?}", suite.suite());
        assert!(name.starts_with("TLS13_") || name.starts_with("TLS_ECDHE_"));
        assert!(name.contains("_GCM_") || name.contains("_CHACHA20_POLY1305_"));
    }
    let groups = suites::provider(false).kx_groups.len();
    assert_eq!((provider.kx_groups.len(), groups), (4, 3));
}

#[tokio::test]
async fn a_certificate_says_which_tenant_its_key_must_be_of() {
    let place = Place::new();
    let (a, b, operator) = (Ca::new("a"), Ca::new("b"), Ca::new("operator"));
    let cas = vec![
        place.trusted(Some("a"), &a),
        place.trusted(Some("b"), &b),
        place.trusted(None, &operator),
    ];
    let tls = Tls::load(place.mutual(ClientAuth::Required, cas)).unwrap();
    for (ca, tenant) in [(&a, Some("a")), (&b, Some("b")), (&operator, None)] {
        let issued = ca.issue("backup", |_| {});
        let client = place.client(Some(&issued), TLS13);
        let (_, _, shown) = shake(&tls, &client).await.unwrap();
        let shown = shown.unwrap();
        assert_eq!(shown.tenant.as_deref(), tenant);
        assert!(shown.subject.contains("CN=backup"), "{}", shown.subject);
        let der = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
        assert_eq!(shown.sha256, client_ca::fingerprint(&der));
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_good_is_refused() {
    let place = Place::new();
    let (a, stranger) = (Ca::new("a"), Ca::new("stranger"));
    let cas = vec![place.trusted(Some("a"), &a)];
    let required = Tls::load(place.mutual(ClientAuth::Required, cas.clone())).unwrap();
    let optional = Tls::load(place.mutual(ClientAuth::Optional, cas)).unwrap();
    let none = place.client(None, TLS13);
    let refused = shake(&required, &none).await.unwrap_err();
    assert_eq!(refused, "no_client_certificate");
    let (_, _, shown) = shake(&optional, &none).await.unwrap();
    assert_eq!(shown, None);
    let past = time::OffsetDateTime::UNIX_EPOCH + time::Duration::days(365);
    let wrong = [
        stranger.issue("backup", |_| {}),
        a.issue("old", |params| params.not_after = past),
        a.issue("server only", |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        }),
    ];
    for issued in &wrong {
        for tls in [&required, &optional] {
            let refused = shake(tls, &place.client(Some(issued), TLS13)).await;
            assert_eq!(refused.unwrap_err(), "bad_client_certificate");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_two_tenants_could_claim_is_nobodys() {
    let place = Place::new();
    let a = Ca::new("a");
    let b = a.below("b");
    let cas = vec![place.trusted(Some("a"), &a), place.trusted(Some("b"), &b)];
    let tls = Tls::load(place.mutual(ClientAuth::Required, cas)).unwrap();
    let mut issued = b.issue("backup", |_| {});
    let (_, _, shown) = shake(&tls, &place.client(Some(&issued), TLS13))
        .await
        .unwrap();
    assert_eq!(shown.unwrap().tenant.as_deref(), Some("b"));
    // With the certificate of its CA beside it, the path to the other tenant's CA is open too.
    issued.certificate += &b.0.pem();
    let refused = shake(&tls, &place.client(Some(&issued), TLS13)).await;
    assert_eq!(refused.unwrap_err(), "bad_client_certificate");
}

#[test]
fn one_ca_for_two_tenants_is_refused() {
    let place = Place::new();
    let a = Ca::new("a");
    let cas = vec![place.trusted(Some("a"), &a), place.trusted(Some("b"), &a)];
    let refused = Tls::load(place.mutual(ClientAuth::Required, cas)).unwrap_err();
    assert!(matches!(refused, TlsFault::SharedCa { .. }), "{refused}");
}

#[tokio::test]
async fn new_files_serve_new_connections_and_broken_ones_change_nothing() {
    let place = Place::new();
    let tls = Tls::load(place.files()).unwrap();
    let connector = place.client(None, TLS13);
    let (mut client, mut server, _) = shake(&tls, &connector).await.unwrap();
    let first = served_with(&client);
    assert_eq!(tls.look(false), Looked::Same);

    std::fs::write(place.path("server.pem"), "-----BEGIN half").unwrap();
    for _ in 0..2 {
        let looked = tls.look(false);
        assert!(matches!(looked, Looked::Refused(TlsFault::Content { .. })));
    }
    let other = place.ca.issue("other", |_| {});
    std::fs::write(place.path("server.pem"), &other.certificate).unwrap();
    let looked = tls.look(false);
    assert!(
        matches!(looked, Looked::Refused(TlsFault::Pair { .. })),
        "{looked:?}"
    );
    let past = time::OffsetDateTime::UNIX_EPOCH + time::Duration::days(365);
    let old = place.ca.issue("old", |params| params.not_after = past);
    place.put("server", &old);
    let looked = tls.look(false);
    assert!(matches!(looked, Looked::Refused(TlsFault::Expired { .. })));
    let (again, _, _) = shake(&tls, &connector).await.unwrap();
    assert_eq!(served_with(&again), first);

    place.put("server", &place.ca.issue("second", |_| {}));
    assert_eq!(tls.look(false), Looked::Replaced);
    assert_eq!(tls.look(false), Looked::Same);
    assert_eq!(tls.look(true), Looked::Replaced);
    let (again, _, _) = shake(&tls, &connector).await.unwrap();
    assert_ne!(served_with(&again), first);
    // The connection of before goes on.
    pass(&mut client, &mut server).await;
}

#[tokio::test]
async fn a_ca_that_is_taken_away_lets_nobody_in_any_more() {
    let place = Place::new();
    let (a, b) = (Ca::new("a"), Ca::new("b"));
    let cas = vec![place.trusted(Some("a"), &a)];
    let tls = Tls::load(place.mutual(ClientAuth::Required, cas)).unwrap();
    // One client for both connections: a session that it could resume must not help it.
    let client = place.client(Some(&a.issue("backup", |_| {})), TLS13);
    shake(&tls, &client).await.unwrap();
    place.trusted(Some("a"), &b);
    assert_eq!(tls.look(false), Looked::Replaced);
    let refused = shake(&tls, &client).await.unwrap_err();
    assert_eq!(refused, "bad_client_certificate");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let open = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(place.path("server.key"), open).unwrap();
    let refused = Tls::load(place.files()).unwrap_err();
    assert!(matches!(refused, TlsFault::OpenKey { .. }), "{refused}");
    let missing = TlsFiles {
        key: Path::new("/nonexistent").to_owned(),
        ..place.files()
    };
    let refused = Tls::load(missing).unwrap_err();
    assert!(matches!(refused, TlsFault::Unreadable { .. }), "{refused}");
}
