use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use azekura_model::access::Right;

use super::*;

fn check(text: &str, over: Overrides) -> Result<Checked, ConfigError> {
    Checked::new(toml::from_str(text).unwrap(), over)
}

#[test]
fn nothing_given_is_a_loopback_vault_in_the_working_directory() {
    let checked = check("", Overrides::default()).unwrap();
    assert_eq!(checked.data_dir, Path::new("./azekura-data"));
    assert_eq!(checked.s3_addr.to_string(), "127.0.0.1:9000");
    assert_eq!(checked.admin_addr.to_string(), "127.0.0.1:9001");
    assert!(checked.loopback);
    assert_eq!(checked.log_filter, "info,s3s=off");
}

#[test]
fn flags_win_over_the_file() {
    let over = Overrides {
        s3_addr: Some("127.0.0.1:0".to_owned()),
        data_dir: Some("/srv/vault".into()),
        log_format: Some(LogFormat::Json),
        ..Overrides::default()
    };
    let checked = check(
        "data_dir = '/elsewhere'\n[s3]\naddr = '127.0.0.1:1'\n[log]\nformat = 'text'",
        over,
    )
    .unwrap();
    assert_eq!(checked.s3_addr.port(), 0);
    assert_eq!(checked.data_dir, Path::new("/srv/vault"));
    assert_eq!(checked.log_format, LogFormat::Json);
}

#[test]
fn directories_and_the_floor_come_from_flags_or_file() {
    let file = "journal_dir = '/j'\nblob_dirs = ['/b1']\nspace_floor = '1GiB'";
    let checked = check(file, Overrides::default()).unwrap();
    assert_eq!(checked.space_floor, Some(1 << 30));
    assert_eq!(checked.blob_dirs, [Path::new("/b1")]);
    let over = Overrides {
        index_dir: Some("/i".into()),
        blob_dirs: vec!["/b2".into(), "/b3".into()],
        space_floor: Some("5MiB".to_owned()),
        ..Overrides::default()
    };
    let checked = check(file, over).unwrap();
    assert_eq!(checked.journal_dir.as_deref(), Some(Path::new("/j")));
    assert_eq!(checked.index_dir.as_deref(), Some(Path::new("/i")));
    assert_eq!(checked.blob_dirs, [Path::new("/b2"), Path::new("/b3")]);
    assert_eq!(checked.space_floor, Some(5 << 20));
    let bytes = check("space_floor = 4096", Overrides::default()).unwrap();
    assert_eq!(bytes.space_floor, Some(4_096));
    assert!(check("space_floor = 'much'", Overrides::default()).is_err());
}

#[test]
fn a_region_says_where_it_stands() {
    let silent = check("", Overrides::default()).unwrap();
    assert_eq!(silent.declared.jurisdiction, "未申告");
    let file = "[region]\nname = 'jp-tokyo'\njurisdiction = 'JP'\nprefecture = '東京都'\n\
                site = '本館'\noperator = '例示病院'";
    let checked = check(file, Overrides::default()).unwrap();
    assert_eq!(checked.declared.jurisdiction, "JP");
    assert_eq!(checked.declared.operator.as_deref(), Some("例示病院"));
}

#[test]
fn a_collector_speaks_plain_http() {
    let good = check(
        "[otlp]\nendpoint = 'http://collector:4318/'",
        Overrides::default(),
    )
    .unwrap();
    assert_eq!(good.otlp.unwrap().to_string(), "http://collector:4318/");
    for wrong in [
        "https://collector:4318",
        "collector:4318",
        "",
        "http://c/?a=b",
    ] {
        let text = format!("[otlp]\nendpoint = '{wrong}'");
        assert!(matches!(
            check(&text, Overrides::default()),
            Err(ConfigError::Collector(_))
        ));
    }
}

#[test]
fn a_misspelt_key_is_refused() {
    assert!(toml::from_str::<File>("data_dri = '/x'").is_err());
    assert!(toml::from_str::<File>("[s3]\nadr = '1'").is_err());
    assert!(toml::from_str::<File>("[limits]\nconections = 1").is_err());
}

#[test]
fn plaintext_beyond_loopback_needs_the_ugly_flag() {
    for text in [
        "[s3]\naddr = '0.0.0.0:9000'",
        "[admin]\naddr = '[::]:9001'",
        "[s3]\naddr = '192.0.2.7:9000'",
    ] {
        assert!(matches!(
            check(text, Overrides::default()),
            Err(ConfigError::Plaintext { .. })
        ));
        let accepted = Overrides {
            accept_plaintext: true,
            ..Overrides::default()
        };
        assert!(!check(text, accepted).unwrap().loopback);
    }
    for text in ["[s3]\naddr = '[::1]:9000'", "[s3]\naddr = '127.8.9.1:9000'"] {
        assert!(check(text, Overrides::default()).unwrap().loopback);
    }
}

#[test]
fn half_a_root_key_or_a_weak_one_is_refused() {
    let root = |id: Option<&str>, secret: Option<&str>| Overrides {
        root_key_id: id.map(str::to_owned),
        root_secret: secret.map(str::to_owned),
        ..Overrides::default()
    };
    assert_eq!(
        check("", root(Some("root"), None)).unwrap_err(),
        ConfigError::HalfRootKey
    );
    assert!(matches!(
        check("", root(Some("root"), Some("short"))),
        Err(ConfigError::ShortSecret { .. })
    ));
    assert!(matches!(
        check("", root(Some("a/b"), Some("0123456789abcdef"))),
        Err(ConfigError::BadKeyId { .. })
    ));
    assert!(check("", root(Some("root"), Some("0123456789abcdef"))).is_ok());
}

#[test]
fn secrets_come_from_files_that_only_the_owner_reads() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "0123456789abcdef").unwrap();
    let text = format!(
        "[[keys]]\nid = 'backup'\nprincipal = 'backup server'\nsecret_file = {:?}\nrights = ['read', 'write']",
        file.path()
    );
    let checked = check(&text, Overrides::default()).unwrap();
    assert_eq!(checked.keys[0].rights, [Right::Read, Right::Write]);
    assert_eq!(checked.keys[0].secret, "0123456789abcdef");
    let twice = format!("{text}\n{text}");
    assert!(matches!(
        check(&twice, Overrides::default()),
        Err(ConfigError::BadKeyId { .. })
    ));
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        check(&text, Overrides::default()),
        Err(ConfigError::OpenSecret { .. })
    ));
}

#[test]
fn tls_takes_the_place_of_the_ugly_flag() {
    let place = crate::tls::tests::Place::new();
    let files = place.files();
    let pair = format!(
        "certificate = {:?}\nkey = {:?}\n",
        files.certificate, files.key
    );
    let both = format!("[s3]\naddr = '0.0.0.0:0'\n[admin]\naddr = '[::]:0'\n[tls]\n{pair}");
    let checked = check(&both, Overrides::default()).unwrap();
    assert!(checked.s3_tls.is_some() && checked.admin_tls.is_some());
    // The root key of a server that others can reach has few rights, encrypted or not.
    assert!(!checked.loopback);
    let one = format!("[s3]\naddr = '0.0.0.0:0'\n[s3.tls]\n{pair}");
    let checked = check(&one, Overrides::default()).unwrap();
    assert!(checked.s3_tls.is_some() && checked.admin_tls.is_none());
    let other = format!("{one}[admin]\naddr = '0.0.0.0:0'\n");
    assert!(matches!(
        check(&other, Overrides::default()),
        Err(ConfigError::Plaintext { .. })
    ));
}

#[test]
fn half_of_a_tls_table_is_refused() {
    let place = crate::tls::tests::Place::new();
    let files = place.files();
    let pair = format!(
        "certificate = {:?}\nkey = {:?}\n",
        files.certificate, files.key
    );
    for rest in [
        "client_auth = 'required'",
        "client_cas = [{ file = 'ca.pem' }]",
    ] {
        assert!(matches!(
            check(&format!("[tls]\n{pair}{rest}"), Overrides::default()),
            Err(ConfigError::HalfClientAuth { section: "tls" })
        ));
    }
    let gone = "[s3.tls]\ncertificate = '/nonexistent'\nkey = '/nonexistent'";
    assert!(matches!(
        check(gone, Overrides::default()),
        Err(ConfigError::Tls {
            section: "s3.tls",
            ..
        })
    ));
    assert!(toml::from_str::<File>("[tls]\ncertificate = 'a'").is_err());
    assert!(toml::from_str::<File>(&format!("[tls]\n{pair}client_auth = 'of'")).is_err());
}

#[test]
fn sources_are_networks_or_addresses() {
    let good = "[s3]\nsource_cidrs = ['10.0.0.0/8', '2001:db8::1']";
    let checked = check(good, Overrides::default()).unwrap();
    let admit = |text: &str| checked.s3_sources.admit(text.parse().unwrap());
    assert!(admit("10.255.0.1") && admit("2001:db8::1") && !admit("2001:db8::2"));
    for wrong in ["10.0.0.0/33", "hospital", "10.0.0", ""] {
        let text = format!("[admin]\nsource_cidrs = ['{wrong}']");
        let refused = check(&text, Overrides::default());
        assert!(matches!(
            refused,
            Err(ConfigError::Cidr {
                key: "admin.source_cidrs",
                ..
            })
        ));
    }
}
