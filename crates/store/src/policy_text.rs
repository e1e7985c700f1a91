//! Policies as JSON text (AWS IAM user guide, "Grammar of the IAM JSON policy language").
//!
//! Strict: what is not understood is refused, as a policy that means less or more than its writer
//! thinks is worse than none. The text itself is kept by the caller.

use azekura_model::name::BucketName;
use azekura_model::policy::{
    Condition, Effect, Pattern, PatternMatch, Policy, PolicyPrincipal, PrincipalMatch, Statement,
    vocabulary,
};

mod error;
mod json;

#[cfg(test)]
mod tests;

pub use error::PolicyError;
use error::{ACTION, Broken, CONDITION, INVALID, PRINCIPAL, RESOURCE, SIZE, SYNTAX, broken};
use json::{Json, Quoted};

/// Longest bucket policy in bytes (AWS: 20 KB).
pub const BUCKET_POLICY_BYTES_MAX: usize = 20 * 1024;
/// Longest policy of an identity in characters that are not white space (AWS: 6,144 for a managed
/// policy).
pub const IDENTITY_POLICY_CHARS_MAX: usize = 6_144;
/// Longest policy text of an identity in bytes, white space included.
pub const IDENTITY_POLICY_BYTES_MAX: usize = 32 * 1024;
/// Most statements of a policy.
const STATEMENTS_MAX: usize = 512;
/// Longest `Sid` or `Id` in characters.
const ID_CHARS_MAX: usize = 256;
/// Longest text of an action, resource or value in bytes.
const TEXT_BYTES_MAX: usize = 4_096;

/// Where a policy stands; what it may say differs.
#[derive(Clone, Copy)]
enum Home<'a> {
    Bucket(&'a BucketName),
    Identity,
}

/// Reads the policy of a bucket.
///
/// # Errors
/// [`PolicyError`] names the broken rule.
pub fn parse_bucket_policy(text: &str, bucket: &BucketName) -> Result<Policy, PolicyError> {
    if text.len() > BUCKET_POLICY_BYTES_MAX {
        let detail = format!(
            "{} bytes; a bucket policy has at most {BUCKET_POLICY_BYTES_MAX}: join statements, or use policies of users",
            text.len()
        );
        return Err(Broken { rule: SIZE, detail }.at(None, None));
    }
    document(text, Home::Bucket(bucket))
}

/// Reads the policy of a user, a group or a key.
///
/// # Errors
/// [`PolicyError`] names the broken rule.
pub fn parse_identity_policy(text: &str) -> Result<Policy, PolicyError> {
    let chars = text.chars().filter(|c| !c.is_whitespace()).count();
    if chars > IDENTITY_POLICY_CHARS_MAX || text.len() > IDENTITY_POLICY_BYTES_MAX {
        let detail = format!(
            "{chars} characters without white space; a policy has at most {IDENTITY_POLICY_CHARS_MAX}: divide it in two"
        );
        return Err(Broken { rule: SIZE, detail }.at(None, None));
    }
    document(text, Home::Identity)
}

fn document(text: &str, home: Home<'_>) -> Result<Policy, PolicyError> {
    let here = |broken: Broken| broken.at(None, None);
    let json = json::parse(text).map_err(|detail| {
        here(Broken {
            rule: INVALID,
            detail,
        })
    })?;
    let (statements, variables) = head(json).map_err(here)?;
    let mut sids = std::collections::BTreeSet::new();
    let mut read = Vec::new();
    for (index, json) in statements.into_iter().enumerate() {
        let sid = sid_of(&json);
        let statement = statement(json, home, variables)
            .map_err(|broken| broken.at(Some(index), sid.clone()))?;
        if let Some(sid) = statement
            .sid
            .clone()
            .filter(|sid| !sids.insert(sid.clone()))
        {
            let detail = "the Sid stands in two statements; give each its own".to_owned();
            let rule = SYNTAX;
            return Err(Broken { rule, detail }.at(Some(index), Some(sid)));
        }
        read.push(statement);
    }
    Ok(Policy { statements: read })
}

/// For messages, before the statement is read.
fn sid_of(json: &Json) -> Option<String> {
    let Json::Object(members) = json else {
        return None;
    };
    members.iter().find_map(|(key, value)| match value {
        Json::Scalar(sid, Quoted::Yes) if key == "Sid" && !sid.is_empty() => {
            Some(sid.chars().take(64).filter(|c| !c.is_control()).collect())
        }
        _ => None,
    })
}

/// Reads what stands around the statements; tells whether there are variables.
fn head(json: Json) -> Result<(Vec<Json>, bool), Broken> {
    let Json::Object(members) = json else {
        return broken(
            INVALID,
            "the policy is not an object; write { \"Version\": … }",
        );
    };
    // Without a version AWS takes the older one.
    let (mut variables, mut statements) = (false, None);
    for (key, value) in members {
        match key.as_str() {
            "Version" => match text(value, "Version")?.as_str() {
                "2012-10-17" => variables = true,
                "2008-10-17" => {}
                other => {
                    return broken(
                        "The policy must contain a valid version string",
                        format!("`{}` is none; write 2012-10-17", short(other)),
                    );
                }
            },
            "Id" => {
                if text(value, "Id")?.chars().count() > ID_CHARS_MAX {
                    return broken(SYNTAX, "Id has at most 256 characters");
                }
            }
            "Statement" => {
                statements = Some(match value {
                    Json::List(items) => items,
                    one => vec![one],
                });
            }
            other => return unknown(other, "Version, Id and Statement"),
        }
    }
    match statements {
        None => broken(
            "Missing required field Statement",
            "a policy has at least one statement",
        ),
        Some(list) if list.is_empty() => broken(
            SYNTAX,
            "Statement is empty; to allow nothing, remove the policy",
        ),
        Some(list) if list.len() > STATEMENTS_MAX => broken(
            SYNTAX,
            format!("a policy has at most {STATEMENTS_MAX} statements"),
        ),
        Some(list) => Ok((list, variables)),
    }
}

/// Elements of a statement as they are found.
#[derive(Default)]
struct Elements {
    sid: Option<String>,
    effect: Option<Effect>,
    principals: Option<PrincipalMatch>,
    actions: Option<PatternMatch>,
    resources: Option<PatternMatch>,
    conditions: Vec<Condition>,
}

fn statement(json: Json, home: Home<'_>, variables: bool) -> Result<Statement, Broken> {
    let Json::Object(members) = json else {
        return broken(
            SYNTAX,
            "the statement is not an object; write { \"Effect\": … }",
        );
    };
    let mut found = Elements::default();
    for (key, value) in members {
        match key.as_str() {
            "Sid" => found.sid = sid(text(value, "Sid")?, home)?,
            "Effect" => {
                found.effect = Some(match text(value, "Effect")?.as_str() {
                    "Allow" => Effect::Allow,
                    "Deny" => Effect::Deny,
                    other => {
                        return broken(
                            "Invalid effect",
                            format!("`{}`; write Allow or Deny", short(other)),
                        );
                    }
                });
            }
            "Principal" => once(
                &mut found.principals,
                PrincipalMatch::Of(principals(value)?),
                &key,
            )?,
            "NotPrincipal" => {
                once(
                    &mut found.principals,
                    PrincipalMatch::NotOf(principals(value)?),
                    &key,
                )?;
            }
            "Action" => once(
                &mut found.actions,
                PatternMatch::Of(actions(value, home)?),
                &key,
            )?,
            "NotAction" => once(
                &mut found.actions,
                PatternMatch::NotOf(actions(value, home)?),
                &key,
            )?,
            "Resource" => {
                let resources = resources(value, home, variables)?;
                once(&mut found.resources, PatternMatch::Of(resources), &key)?;
            }
            "NotResource" => {
                let resources = resources(value, home, variables)?;
                once(&mut found.resources, PatternMatch::NotOf(resources), &key)?;
            }
            "Condition" => found.conditions = conditions(value, variables)?,
            other => {
                return unknown(
                    other,
                    "Sid, Effect, Principal, Action, Resource, Condition and their Not… forms",
                );
            }
        }
    }
    complete(found, home)
}

fn complete(found: Elements, home: Home<'_>) -> Result<Statement, Broken> {
    let missing = |element: &str| Broken {
        rule: "Missing required field",
        detail: format!("the statement has no {element}"),
    };
    let principals = match (home, found.principals) {
        (Home::Bucket(_), Some(principals)) => principals,
        (Home::Bucket(_), None) => return Err(missing("Principal; write \"*\" for everybody")),
        (Home::Identity, None) => PrincipalMatch::Attached,
        (Home::Identity, Some(_)) => {
            return broken(
                PRINCIPAL,
                "the policy of a user, group or key speaks of whom it is attached to; leave Principal out",
            );
        }
    };
    Ok(Statement {
        sid: found.sid,
        effect: found.effect.ok_or_else(|| missing("Effect"))?,
        principals,
        actions: found.actions.ok_or_else(|| missing("Action"))?,
        resources: found.resources.ok_or_else(|| missing("Resource"))?,
        conditions: found.conditions,
    })
}

fn once<T>(slot: &mut Option<T>, value: T, element: &str) -> Result<(), Broken> {
    if slot.replace(value).is_some() {
        let positive = element.trim_start_matches("Not");
        return broken(
            SYNTAX,
            format!("{positive} and Not{positive} stand together; keep one of them"),
        );
    }
    Ok(())
}

fn sid(sid: String, home: Home<'_>) -> Result<Option<String>, Broken> {
    let allowed = |c: char| {
        let bucket =
            matches!(home, Home::Bucket(_)) && matches!(c, ' ' | '-' | '_' | '.' | ':' | '/');
        c.is_ascii_alphanumeric() || bucket
    };
    if sid.chars().count() > ID_CHARS_MAX || !sid.chars().all(allowed) {
        return broken(
            SYNTAX,
            "a Sid has at most 256 letters and digits without spaces or signs, as DenyOldClients",
        );
    }
    Ok(Some(sid).filter(|sid| !sid.is_empty()))
}

fn principals(json: Json) -> Result<Vec<PolicyPrincipal>, Broken> {
    let kinds = match json {
        Json::Scalar(all, Quoted::Yes) if all == "*" => return Ok(vec![PolicyPrincipal::Anyone]),
        Json::Object(kinds) if !kinds.is_empty() => kinds,
        _ => return broken(PRINCIPAL, "write \"*\" or { \"AWS\": [ … ] }"),
    };
    let mut named = Vec::new();
    for (kind, values) in kinds {
        for name in texts(values, &kind, PRINCIPAL)? {
            let principal = match kind.as_str() {
                "AWS" => PolicyPrincipal::parse(&name),
                "CanonicalUser" => PolicyPrincipal::canonical(&name),
                "Service" | "Federated" => Ok(PolicyPrincipal::Stranger(name.into())),
                other => return unknown(other, "AWS, CanonicalUser, Service and Federated"),
            };
            match principal {
                Ok(principal) => named.push(principal),
                Err(bad) => return broken(PRINCIPAL, bad.to_string()),
            }
        }
    }
    Ok(named)
}

fn actions(json: Json, home: Home<'_>) -> Result<Vec<Pattern>, Broken> {
    let mut patterns = Vec::new();
    for action in texts(json, "Action", ACTION)? {
        let service = action.split_once(':').map(|(service, _)| service);
        let foreign = matches!(home, Home::Bucket(_))
            && service.is_some_and(|service| !service.eq_ignore_ascii_case("s3") && service != "*");
        if foreign || !vocabulary::names_an_action(&action) {
            return broken(
                ACTION,
                format!(
                    "no action is named `{}`; write one as s3:GetObject, or s3:Get*",
                    short(&action)
                ),
            );
        }
        patterns.push(Pattern::action(&action));
    }
    Ok(patterns)
}

fn resources(json: Json, home: Home<'_>, variables: bool) -> Result<Vec<Pattern>, Broken> {
    let mut patterns = Vec::new();
    for resource in texts(json, "Resource", RESOURCE)? {
        match home {
            Home::Bucket(bucket) => within(&resource, bucket)?,
            Home::Identity => known(&resource)?,
        }
        match Pattern::wild(&resource, variables) {
            Ok(pattern) => patterns.push(pattern),
            Err(bad) => return broken(RESOURCE, bad.to_string()),
        }
    }
    Ok(patterns)
}

/// A resource of a bucket policy lies in the bucket. Wildcards for the bucket's name are taken when
/// they meet it: the policy is asked of this bucket only.
fn within(resource: &str, bucket: &BucketName) -> Result<(), Broken> {
    let path = resource.strip_prefix("arn:aws:s3:::");
    let name = path.map(|path| path.split_once('/').map_or(path, |(name, _)| name));
    let meets = name.is_some_and(|name| {
        Pattern::wild(name, false).is_ok_and(|name| name.matches_plain(bucket.as_str()))
    });
    if meets {
        return Ok(());
    }
    let bucket = bucket.as_str();
    broken(
        RESOURCE,
        format!(
            "`{}` is not in this bucket; write arn:aws:s3:::{bucket} for the bucket and arn:aws:s3:::{bucket}/* for its objects",
            short(resource)
        ),
    )
}

fn known(resource: &str) -> Result<(), Broken> {
    let arn = |prefix: &str| {
        resource
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty())
    };
    if resource == "*" || arn("arn:aws:s3:::") || arn("arn:azekura:") {
        return Ok(());
    }
    broken(
        RESOURCE,
        format!(
            "`{}`; write * or an ARN as arn:aws:s3:::BUCKET, arn:aws:s3:::BUCKET/KEY or arn:azekura:…",
            short(resource)
        ),
    )
}

fn conditions(json: Json, variables: bool) -> Result<Vec<Condition>, Broken> {
    let Json::Object(operators) = json else {
        return broken(CONDITION, "write { \"OPERATOR\": { \"KEY\": \"VALUE\" } }");
    };
    let mut read = Vec::new();
    for (operator, keys) in operators {
        let Json::Object(keys) = keys else {
            return broken(
                CONDITION,
                format!("{} needs {{ \"KEY\": \"VALUE\" }}", short(&operator)),
            );
        };
        let mut seen = std::collections::BTreeSet::new();
        for (key, values) in keys {
            let values = texts(values, &key, CONDITION)?;
            let values = values.iter().map(String::as_str);
            match Condition::new(&operator, &key, values, variables) {
                Ok(condition) if seen.insert(condition.key().to_owned()) => read.push(condition),
                Ok(_) => {
                    return broken(
                        CONDITION,
                        format!(
                            "`{key}` stands twice under {operator}; case does not count in keys"
                        ),
                    );
                }
                Err(bad) => return broken(CONDITION, bad.to_string()),
            }
        }
    }
    Ok(read)
}

/// A text that stands in quotes.
fn text(json: Json, element: &str) -> Result<String, Broken> {
    match json {
        Json::Scalar(text, Quoted::Yes) => Ok(text),
        _ => broken(SYNTAX, format!("{element} is not a text; put it in quotes")),
    }
}

/// One text, or a list of them that is not empty. Values of conditions may be numbers and booleans.
fn texts(json: Json, element: &str, rule: &'static str) -> Result<Vec<String>, Broken> {
    let items = match json {
        Json::List(items) => items,
        one => vec![one],
    };
    if items.is_empty() {
        return broken(rule, format!("{} has no value", short(element)));
    }
    let one = |json: Json| match json {
        Json::Scalar(text, _) if text.len() > TEXT_BYTES_MAX => {
            broken(rule, format!("a text has at most {TEXT_BYTES_MAX} bytes"))
        }
        Json::Scalar(text, quoted) if quoted == Quoted::Yes || rule == CONDITION => Ok(text),
        _ => broken(
            rule,
            format!("{} is not a text or a list of texts", short(element)),
        ),
    };
    items.into_iter().map(one).collect()
}

fn unknown<T>(element: &str, known: &str) -> Result<T, Broken> {
    broken(
        SYNTAX,
        format!("`{}` is not known here; there are {known}", short(element)),
    )
}

fn short(text: &str) -> String {
    text.chars().take(100).collect()
}
