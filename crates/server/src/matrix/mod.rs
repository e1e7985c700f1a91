//! The matrix: every way that could remove, replace, hide or weaken a version × every lock state ×
//! every kind of credential, generated from one table and run over HTTP on a real server.

mod grants;
mod operations;
mod paths;
mod wire;
mod world;

use azekura_model::access::Right;
use futures::StreamExt as _;

use paths::{PATHS, Path, State, Verdict};
use wire::{Ask, Kind, Reply, Side, Signing};
use world::{CONTENT, Target, World};

/// Requests and preparations under way at a time.
const AT_A_TIME: usize = 16;

/// A kind of credential.
struct Credential {
    name: &'static str,
    key: &'static str,
    rights: &'static [Right],
    signing: Signing,
    /// Sends the header that goes against GOVERNANCE.
    header: bool,
    /// Aims at the bucket whose policy allows everything to everybody, from outside.
    outside: bool,
}

const ALL: &[Right] = &[
    Right::Read,
    Right::Write,
    Right::Manage,
    Right::Lock,
    Right::Bypass,
    Right::Event,
    Right::Admin,
];
const DATA: &[Right] = &[
    Right::Read,
    Right::Write,
    Right::Manage,
    Right::Lock,
    Right::Bypass,
];

/// All kinds. "Admin key on S3" and "S3 key on the admin API" are the keys `admin` and `bypass` on
/// the listener that is not theirs.
#[rustfmt::skip]
const CREDENTIALS: &[Credential] = &[
    Credential { name: "anonymous", key: "ROOTKEY", rights: &[], signing: Signing::Anonymous, header: true, outside: false },
    Credential { name: "bad signature", key: "ROOTKEY", rights: &[], signing: Signing::Forged, header: true, outside: false },
    Credential { name: "read", key: "READKEY", rights: &[Right::Read], signing: Signing::Header, header: true, outside: false },
    Credential { name: "write", key: "WRITEKEY", rights: &[Right::Read, Right::Write], signing: Signing::Header, header: true, outside: false },
    Credential { name: "manage", key: "MANAGEKEY", rights: &[Right::Manage], signing: Signing::Header, header: false, outside: false },
    Credential { name: "manage with bypass header", key: "MANAGEKEY", rights: &[Right::Manage], signing: Signing::Header, header: true, outside: false },
    Credential { name: "lock", key: "LOCKKEY", rights: &[Right::Lock], signing: Signing::Header, header: false, outside: false },
    Credential { name: "lock with bypass header", key: "LOCKKEY", rights: &[Right::Lock], signing: Signing::Header, header: true, outside: false },
    Credential { name: "bypass without header", key: "BYPASSKEY", rights: DATA, signing: Signing::Header, header: false, outside: false },
    Credential { name: "bypass with header", key: "BYPASSKEY", rights: DATA, signing: Signing::Header, header: true, outside: false },
    Credential { name: "admin", key: "ADMINKEY", rights: &[Right::Admin], signing: Signing::Header, header: true, outside: false },
    Credential { name: "root", key: "ROOTKEY", rights: ALL, signing: Signing::Header, header: false, outside: false },
    Credential { name: "root with header", key: "ROOTKEY", rights: ALL, signing: Signing::Header, header: true, outside: false },
    Credential { name: "root by link", key: "ROOTKEY", rights: ALL, signing: Signing::Link, header: true, outside: false },
    Credential { name: "anonymous on a public bucket", key: "ROOTKEY", rights: &[], signing: Signing::Anonymous, header: true, outside: true },
    Credential { name: "other tenant on a public bucket", key: "AWAYKEY", rights: &[], signing: Signing::Header, header: true, outside: true },
    // Of the directory: what a preset does not hold is refused, what it holds does as the rights do without bypass.
    Credential { name: "preset ingest-only", key: "preset ingest-only", rights: &[], signing: Signing::Header, header: true, outside: false },
    Credential { name: "preset backup", key: "preset backup", rights: &[], signing: Signing::Header, header: true, outside: false },
    Credential { name: "preset restore-only", key: "preset restore-only", rights: &[], signing: Signing::Header, header: true, outside: false },
    Credential { name: "preset auditor", key: "preset auditor", rights: &[], signing: Signing::Header, header: true, outside: false },
    Credential { name: "preset admin", key: "preset admin", rights: &[], signing: Signing::Header, header: true, outside: false },
    Credential { name: "administrator of another tenant", key: world::FOREIGN, rights: &[], signing: Signing::Header, header: true, outside: false },
];

/// One cell of the matrix.
struct Case {
    path: &'static Path,
    credential: &'static Credential,
    /// One of these.
    expected: Vec<Verdict>,
    target: Target,
}

impl Case {
    fn name(&self) -> String {
        format!(
            "{} × {:?} × {}",
            self.path.name, self.target.state, self.credential.name
        )
    }
}

/// What may come of a path for a credential.
fn expected(path: &Path, state: State, credential: &Credential) -> Vec<Verdict> {
    let Some(preset) = credential.key.strip_prefix(world::PRESET) else {
        return vec![expected_of_rights(path, state, credential)];
    };
    let allowed = path.verdict(state, false);
    let mut expected = vec![Verdict::Refused];
    // Only what deletes may delete.
    if allowed != Verdict::Gone || matches!(preset, "backup" | "admin") {
        expected.push(allowed);
    }
    expected
}

fn expected_of_rights(path: &Path, state: State, credential: &Credential) -> Verdict {
    if !path
        .needs
        .iter()
        .all(|need| credential.rights.contains(need))
    {
        return Verdict::Refused;
    }
    let bypass = credential.header && credential.rights.contains(&Right::Bypass);
    path.verdict(state, bypass)
}

/// Links exist on S3 only, and a form carries its signature in fields.
fn applies(ask: &Ask, credential: &Credential) -> bool {
    credential.signing != Signing::Link || (ask.side == Side::S3 && ask.kind == Kind::Plain)
}

async fn cases(world: &World) -> Vec<Case> {
    let mut wanted = Vec::new();
    for (row, path) in PATHS.iter().enumerate() {
        for (column, state) in State::ALL.into_iter().enumerate() {
            for (layer, credential) in CREDENTIALS.iter().enumerate() {
                wanted.push((path, state, credential, format!("k-{row}-{column}-{layer}")));
            }
        }
    }
    let made = wanted
        .into_iter()
        .map(|(path, state, credential, key)| async move {
            Case {
                path,
                credential,
                expected: expected(path, state, credential),
                target: world.target(credential.outside, key, state).await,
            }
        });
    let made: Vec<Case> = futures::stream::iter(made)
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    made.into_iter()
        .filter(|case| applies(&(case.path.ask)(&case.target), case.credential))
        .collect()
}

/// What S3 shows of a lock.
fn lock_of(reply: &Reply) -> [String; 3] {
    ["mode", "retain-until-date", "legal-hold"]
        .map(|name| reply.header(&format!("x-amz-object-lock-{name}")))
}

/// Whether a lock keeps the version in this state.
fn guards(state: State) -> bool {
    !matches!(state, State::Free | State::Expired)
}

/// Whether a lock keeps at least what it kept.
fn no_weaker(state: State, before: &Reply, after: &Reply) -> bool {
    let ([mode, until, hold], [mode_now, until_now, hold_now]) = (lock_of(before), lock_of(after));
    let strict = mode != "COMPLIANCE" || mode_now == mode;
    // A retention that is over keeps nothing.
    let over = state == State::ExpiredAndHold;
    hold_now == hold && (over || (strict && until_now >= until))
}

/// Runs one cell; answers what was wrong.
async fn wrong(world: &World, case: &Case) -> Option<String> {
    let target = &case.target;
    let before = world.shown(target).await;
    let mut ask = (case.path.ask)(target);
    if ask.bypassable && case.credential.header {
        ask = ask.header("x-amz-bypass-governance-retention", "true");
    }
    let key = world.key(case.credential.key);
    let signing = case.credential.signing;
    let reply = world.wire.attempt(ask, target, &key, signing).await;
    let after = world.shown(target).await;
    let listed = world.listed(target).await;
    let whole = after.status == 200 && after.body == CONTENT;
    let locked_as_before = lock_of(&before) == lock_of(&after);
    if case.credential.outside {
        let harmless =
            !guards(target.state) || (listed && whole && no_weaker(target.state, &before, &after));
        let told = format!(
            "{}: answered {} {}; listed {listed}, read back {}, lock {:?} -> {:?}",
            case.name(),
            reply.status,
            reply.text(),
            after.status,
            lock_of(&before),
            lock_of(&after),
        );
        return (!harmless).then_some(told);
    }
    let held = case.expected.iter().any(|expected| match expected {
        Verdict::Gone => reply.accepted() && !listed && after.status == 404,
        Verdict::Stays => reply.accepted() && listed && whole,
        Verdict::Keeps => reply.accepted() && listed && whole && locked_as_before,
        Verdict::Either => listed && whole,
        Verdict::Refused => !reply.accepted() && listed && whole && locked_as_before,
    });
    let held = held && (target.state != State::Event || still_held(world, target).await);
    (!held).then(|| {
        format!(
            "{}: expected {:?}; answered {} {}; listed {listed}, read back {}, lock {:?} -> {:?}",
            case.name(),
            case.expected,
            reply.status,
            reply.text(),
            after.status,
            lock_of(&before),
            lock_of(&after),
        )
    })
}

/// Whatever was done to a version whose event is awaited: root cannot delete it, bypass or not.
async fn still_held(world: &World, target: &Target) -> bool {
    let delete =
        Ask::s3("DELETE", target.version()).header("x-amz-bypass-governance-retention", "true");
    let reply = world.wire.send(delete, &world.root, Signing::Header).await;
    !reply.accepted() && world.listed(target).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_state_and_credential() {
    let world = World::start().await;
    let cases = cases(&world).await;
    world.wait().await;
    let found: Vec<Option<String>> = futures::stream::iter(&cases)
        .map(|case| wrong(&world, case))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    let wrong: Vec<String> = found.into_iter().flatten().collect();
    assert!(cases.len() > 2000, "{} cases", cases.len());
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
