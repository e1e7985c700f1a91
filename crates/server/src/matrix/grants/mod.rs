//! Every operation × preset × what a policy says × whether two people are needed: what the rule in its
//! own words ([`rule`]) says, what `authorize` decides, and what a running server answers.

mod rule;
mod stage;
mod table;

use std::collections::BTreeSet;
use std::sync::Arc;

use azekura_gateway::auth::action_of;
use azekura_model::access::{
    Action, ActionSet, Ask as Question, BucketRules, Grant, Preset, Resource, Scope, authorize,
};
use azekura_model::ident::TenantId;
use azekura_model::policy::{
    Effect, Pattern, PatternMatch, Policy, PolicyPrincipal, PrincipalMatch, Statement,
};
use azekura_model::requester::Requester;
use futures::StreamExt as _;
use time::OffsetDateTime;

use super::operations::{self, NOT_SERVED};
use super::paths::State;
use super::wire::{Ask, Reply, Side, Signing};
use super::world::Target;
use rule::{NARROW, NONE, PRESETS, Said};
use stage::{Institution, Stage};
use table::{ADMIN, Row, S3};

/// Requests under way at a time.
const AT_A_TIME: usize = 16;

const HOME: TenantId = TenantId([7; 16]);

/// What comes of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    /// The caller may not.
    Refused,
    /// It needs a second person.
    Waits,
    /// It was done, or failed for another reason.
    Let,
}

fn rows() -> impl Iterator<Item = &'static Row> {
    S3.iter().chain(ADMIN)
}

fn may(preset: &str, said: Said, row: &Row) -> bool {
    row.needs.split_whitespace().all(|need| match need {
        "tag-new" => rule::may_tag_new(preset, said),
        action => rule::allowed(preset, said, action),
    })
}

fn expected(of: &Institution, preset: &str, said: Said, row: &Row) -> Answer {
    match may(preset, said, row) {
        false => Answer::Refused,
        true if of.dual && row.is("waits") => Answer::Waits,
        true => Answer::Let,
    }
}

#[test]
fn every_operation_is_in_the_table_and_needs_what_the_server_asks_for() {
    let mut listed: BTreeSet<String> = rows().map(|row| row.operation.to_owned()).collect();
    listed.extend(NOT_SERVED.iter().map(|name| (*name).to_owned()));
    let all = operations::all();
    let missing: Vec<_> = all.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&all).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "without a row in grants/table.rs: {missing:?}; no longer there: {gone:?}"
    );
    for name in NOT_SERVED {
        assert_eq!(action_of(name, false), None, "{name} is served");
    }
    for row in S3 {
        let named = row.request.contains("versionId=") && !row.request.contains("copy-source");
        let action = action_of(row.operation, named).unwrap();
        let first = row.needs.split_whitespace().next().unwrap();
        // The keys of a batch are judged one by one.
        let batch = row.operation == "DeleteObjects";
        assert!(
            batch || action.name() == first,
            "{}: {first}",
            row.operation
        );
    }
    let needed: BTreeSet<&str> = rows()
        .flat_map(|row| row.needs.split_whitespace())
        .collect();
    let idle = Action::ALL.iter().map(|action| action.name());
    let idle: Vec<_> = idle
        .filter(|name| !needed.contains(name) && *name != "azekura:TagNewObject")
        .collect();
    assert!(idle.is_empty(), "no operation asks for {idle:?}");
}

fn written(effect: Effect, principals: PrincipalMatch, actions: &str) -> Arc<Policy> {
    let actions = actions.split_whitespace().map(Pattern::action).collect();
    Arc::new(Policy {
        statements: vec![Statement {
            sid: None,
            effect,
            principals,
            actions: PatternMatch::Of(actions),
            resources: PatternMatch::Of(vec![Pattern::wild("*", false).unwrap()]),
            conditions: Vec::new(),
        }],
    })
}

fn resource(action: Action) -> Resource {
    match action.scope() {
        Scope::Vault => Resource::Vault,
        Scope::Tenant => Resource::Tenant(HOME),
        Scope::Service => Resource::Buckets,
        Scope::Bucket => Resource::Bucket("karte".to_owned()),
        Scope::Object => Resource::Object {
            bucket: "karte".to_owned(),
            key: "a".to_owned(),
        },
    }
}

/// The decision of the one rule.
fn decided(preset: &str, said: Said, action: Action) -> bool {
    let requester = Requester {
        key_id: "KEY".to_owned(),
        ..Requester::default()
    };
    let allowed = Preset::parse(preset).map_or_else(ActionSet::default, Preset::actions);
    let mut grant = Grant::of_key(requester, allowed);
    (grant.tenant, grant.user) = (Some(HOME), Some("user".to_owned()));
    let attached = |effect, actions| written(effect, PrincipalMatch::Attached, actions);
    let mut bucket = None;
    match said {
        Said::Absent => {}
        Said::UserAllows => grant.policies = vec![attached(Effect::Allow, "*")],
        Said::UserDenies => grant.policies = vec![attached(Effect::Deny, "*")],
        Said::KeyAllows | Said::KeyDenies => {
            let own = match said {
                Said::KeyAllows => attached(Effect::Allow, NARROW),
                _ => attached(Effect::Deny, "*"),
            };
            if preset == NONE {
                grant.policies = vec![Arc::clone(&own)];
            }
            grant.boundary = Some(own);
        }
        Said::BucketAllows | Said::BucketDenies => {
            let effect = match said {
                Said::BucketAllows => Effect::Allow,
                _ => Effect::Deny,
            };
            let anyone = PrincipalMatch::Of(vec![PolicyPrincipal::Anyone]);
            bucket = Some(written(effect, anyone, "s3:*"));
        }
    }
    // The list of buckets, the vault and its institutions have no policy of their own.
    let of_bucket = matches!(action.scope(), Scope::Bucket | Scope::Object);
    let bucket = bucket.filter(|_| of_bucket && action != Action::CreateBucket);
    let resource = resource(action);
    let question = Question {
        bucket: BucketRules {
            policy: bucket.as_deref(),
            ..BucketRules::default()
        },
        ..Question::plain(action, &resource, Some(HOME))
    };
    authorize(&grant, &question).is_ok()
}

#[test]
fn the_one_rule_decides_every_action_as_its_own_words_say() {
    let (mut cells, mut wrong) = (0, Vec::new());
    for action in Action::ALL.iter().copied() {
        for (preset, _) in PRESETS {
            for said in Said::ALL {
                cells += 1;
                let (right, got) = (
                    rule::allowed(preset, said, action.name()),
                    decided(preset, said, action),
                );
                if right != got {
                    wrong.push(format!("{} × {preset} × {said:?}: {got}", action.name()));
                }
            }
        }
    }
    let named: BTreeSet<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
    assert!(
        Preset::ALL
            .iter()
            .all(|preset| named.contains(preset.as_str()))
    );
    println!("{cells} cells of action, preset and policy");
    assert!(wrong.is_empty(), "{} of {cells}: {wrong:#?}", wrong.len());
}

/// One cell.
struct Cell<'a> {
    of: &'a Institution,
    preset: &'static str,
    said: Said,
    row: &'static Row,
    number: usize,
}

/// A request as the table has it, with its places filled in.
fn ask(row: &'static Row, fill: &dyn Fn(&str) -> String) -> Ask {
    let (head, body) = row.request.split_once("\n\n").unwrap_or((row.request, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
    let mut ask = match row.s3() {
        true => Ask::s3(method, fill(target)),
        false => Ask::admin(method, fill(target)),
    };
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        ask = ask.header(name, fill(value));
    }
    match (row.s3(), body) {
        (_, "") => ask,
        (true, body) => ask.body(fill(body)),
        (false, body) => ask.json(fill(body)),
    }
}

impl Cell<'_> {
    async fn answer(&self, stage: &Stage) -> Reply {
        let row = self.row;
        let name = format!("n{}", self.number);
        let bucket = match row.is("bucket") {
            true => format!("{name}-own"),
            false => self.of.bucket(self.said),
        };
        if row.is("bucket") {
            let history = row.is("waits");
            stage.bucket(self.of, &bucket, self.said, history).await;
        }
        let path = format!("/{bucket}/{name}");
        let (mut version, mut upload) = (String::new(), String::new());
        let kept = ["object", "locked", "held"];
        if let Some(mark) = kept.into_iter().find(|mark| row.is(mark)) {
            version = stage.object(self.of, &path, mark).await;
        }
        if row.is("upload") {
            upload = stage.upload(self.of, &path).await;
        }
        let fill = |text: &str| {
            text.replace("{b}", &bucket)
                .replace("{nv}", &version)
                .replace("{n}", &name)
                .replace("{u}", &upload)
                .replace("{v}", self.of.version(&bucket))
                .replace("{t}", &self.of.id)
                .replace("{later}", &stage.later)
        };
        let key = self.of.key(self.preset, self.said);
        let mut ask = ask(row, &fill);
        if row.operation != "PostObject" {
            return stage.wire.send(ask, &key, Signing::Header).await;
        }
        ask.kind = super::wire::Kind::Form;
        let target = Target {
            bucket: bucket.clone(),
            key: name.clone(),
            id: String::new(),
            state: State::Free,
            until: OffsetDateTime::UNIX_EPOCH,
        };
        let sent = stage.wire.attempt(ask, &target, &key, Signing::Header);
        sent.await
    }

    /// Answers what was wrong.
    async fn wrong(&self, stage: &Stage) -> Option<String> {
        let reply = self.answer(stage).await;
        let got = judged(&reply, if self.row.s3() { Side::S3 } else { Side::Admin });
        let expected = expected(self.of, self.preset, self.said, self.row);
        // What is let through must also be done, unless the row says that it fails.
        let done = got != Answer::Let || reply.accepted() || self.row.is("fails");
        let healthy = reply.status < 500;
        (got != expected || !done || !healthy).then(|| {
            format!(
                "{} ({}) × {} × {:?} × dual control {}: expected {expected:?}; answered {} {}",
                self.row.operation,
                self.row.needs,
                self.preset,
                self.said,
                self.of.dual,
                reply.status,
                reply.text(),
            )
        })
    }
}

fn judged(reply: &Reply, side: Side) -> Answer {
    let text = reply.text();
    let refused = match side {
        Side::S3 => text.contains("<Code>AccessDenied</Code>"),
        Side::Admin => text.contains("\"access_denied\""),
    };
    // A waiting call names its request, of 26 characters.
    let request = text.split("request ").skip(1).any(|rest| {
        let id = rest.split(|c: char| !c.is_ascii_alphanumeric()).next();
        id.is_some_and(|id| id.len() == 26)
    });
    let waits = match side {
        Side::S3 => refused && request,
        Side::Admin => text.contains("\"approval_needed\"") && request,
    };
    match (waits, refused || (reply.status == 403 && text.is_empty())) {
        (true, _) => Answer::Waits,
        (false, true) => Answer::Refused,
        (false, false) => Answer::Let,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_answers_every_operation_as_the_rule_says() {
    let stage = Stage::start().await;
    let mut cells = Vec::new();
    for of in &stage.institutions {
        for row in rows() {
            for (preset, _) in PRESETS {
                for said in Said::ALL {
                    let by_bucket = matches!(said, Said::BucketAllows | Said::BucketDenies);
                    // Without a bucket its policy says nothing: the cell would be that of no policy.
                    if !by_bucket || row.request.contains("{b}") {
                        let number = cells.len();
                        cells.push(Cell {
                            of,
                            preset,
                            said,
                            row,
                            number,
                        });
                    }
                }
            }
        }
    }
    let found: Vec<Option<String>> = futures::stream::iter(&cells)
        .map(|cell| cell.wrong(&stage))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    let wrong: Vec<String> = found.into_iter().flatten().collect();
    let count = |answer| {
        let of = |cell: &&Cell<'_>| expected(cell.of, cell.preset, cell.said, cell.row) == answer;
        cells.iter().filter(of).count()
    };
    let (refused, waits) = (count(Answer::Refused), count(Answer::Waits));
    println!(
        "{} cells of operation, preset, policy and dual control: {refused} refused, {waits} wait for a \
         second person, the others let through",
        cells.len()
    );
    assert!(
        refused > 1000 && waits > 50,
        "{refused} refused, {waits} wait"
    );
    assert!(cells.len() > 8000, "{} cells", cells.len());
    let told = wrong.join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{told}",
        wrong.len(),
        cells.len()
    );
}

/// Who may not read a folder over S3 does not read it on the admin listener.
#[tokio::test(flavor = "multi_thread")]
async fn a_deny_on_a_folder_counts_on_both_listeners() {
    let stage = Stage::start().await;
    let of = &stage.institutions[0];
    let key = of.key(NONE, Said::UserAllows);
    stage.shut(of, "folders", "shut").await;
    // What the admin listener does not know (tags) it refuses.
    for (folder, over_s3, expected) in [
        ("open", Answer::Let, Answer::Let),
        ("shut", Answer::Refused, Answer::Refused),
        ("tagged", Answer::Let, Answer::Refused),
    ] {
        let path = format!("/folders/{folder}/a");
        let version = stage.object(of, &path, "object").await;
        let s3 = Ask::s3("GET", format!("{path}?versionId={version}"));
        let route = |what| format!("/v1/buckets/folders/{what}?key={folder}%2Fa");
        for (ask, expected) in [
            (s3, over_s3),
            (Ask::admin("GET", route("content")), expected),
            (Ask::admin("GET", route("object")), expected),
        ] {
            let side = ask.side;
            let reply = stage.wire.send(ask, &key, Signing::Header).await;
            assert_eq!(judged(&reply, side), expected, "{folder} {side:?}");
        }
    }
}
