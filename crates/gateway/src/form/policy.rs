//! The policy of a form (AWS S3 API, "Creating a POST policy"): what the signer allowed.

use azekura_model::time::WallTime;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::fields::Fields;
use super::file::Lengths;
use crate::guard::Refusal;

/// Fields that no condition needs to name, beside those that begin with `x-ignore-`.
const EXEMPT: [&str; 3] = ["x-amz-signature", "file", "policy"];

/// One condition on a field.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    /// Name in lower case, without `$`.
    field: String,
    /// The value, or what it begins with.
    value: String,
    /// Whether the value must be equal.
    exact: bool,
}

/// A policy as signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    expires: WallTime,
    conditions: Vec<Condition>,
    lengths: Lengths,
}

fn invalid(what: &str) -> Refusal {
    Refusal::invalid_policy(format!("Invalid Policy: {what}"))
}

fn denied(why: &str) -> Refusal {
    Refusal::access_denied(format!("Invalid according to Policy: {why}"))
}

impl Policy {
    /// Reads a policy in base64.
    ///
    /// # Errors
    /// `InvalidPolicyDocument`.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let json = STANDARD
            .decode(text)
            .map_err(|_| invalid("it is not base64."))?;
        let document: Value =
            serde_json::from_slice(&json).map_err(|_| invalid("Invalid JSON."))?;
        let expiration = document
            .get("expiration")
            .ok_or_else(|| invalid("Policy missing expiration."))?;
        let expires = expiration
            .as_str()
            .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok())
            .and_then(|at| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok())
            .ok_or_else(|| invalid("Invalid 'expiration' value."))?;
        let conditions = document
            .get("conditions")
            .ok_or_else(|| invalid("Policy missing conditions."))?
            .as_array()
            .ok_or_else(|| invalid("Invalid 'conditions' value: must be a List."))?;
        let mut policy = Self {
            expires: WallTime(expires),
            conditions: Vec::new(),
            lengths: Lengths::default(),
        };
        for condition in conditions {
            policy.add(condition)?;
        }
        Ok(policy)
    }

    fn add(&mut self, condition: &Value) -> Result<(), Refusal> {
        let bad = || invalid("Invalid Simple-Condition: it must name fields and their values.");
        match condition {
            Value::Object(pairs) if !pairs.is_empty() => {
                for (name, value) in pairs {
                    let value = value.as_str().ok_or_else(bad)?;
                    self.push(name, value, true);
                }
                Ok(())
            }
            Value::Array(items) => self.add_list(items),
            _ => Err(bad()),
        }
    }

    fn add_list(&mut self, items: &[Value]) -> Result<(), Refusal> {
        let bad = || {
            invalid(
                "a condition is [\"eq\" or \"starts-with\", \"$field\", value] or \
                 [\"content-length-range\", least, most].",
            )
        };
        let [operator, first, second] = items else {
            return Err(bad());
        };
        let operator = operator.as_str().ok_or_else(bad)?.to_ascii_lowercase();
        let exact = match operator.as_str() {
            "content-length-range" => {
                let (least, most) = (number(first), number(second));
                let (Some(least), Some(most)) = (least, most) else {
                    return Err(invalid("content-length-range needs two lengths in bytes."));
                };
                if least > most {
                    return Err(invalid("content-length-range is empty."));
                }
                self.lengths.least = self.lengths.least.max(least);
                self.lengths.most = self.lengths.most.min(most);
                return Ok(());
            }
            "eq" => true,
            "starts-with" => false,
            _ => return Err(bad()),
        };
        let field = first.as_str().and_then(|name| name.strip_prefix('$'));
        let value = second.as_str();
        let (Some(field), Some(value)) = (field, value) else {
            return Err(bad());
        };
        self.push(field, value, exact);
        Ok(())
    }

    fn push(&mut self, field: &str, value: &str, exact: bool) {
        self.conditions.push(Condition {
            field: field.to_ascii_lowercase(),
            value: value.to_owned(),
            exact,
        });
    }

    /// Lengths that the file may have.
    pub(super) fn lengths(&self) -> Lengths {
        self.lengths
    }

    /// Judges a form posted to `bucket`: it is not too late, every condition holds, and every field
    /// is named by one.
    ///
    /// # Errors
    /// `AccessDenied` in the words of AWS.
    pub(super) fn judge(
        &self,
        fields: &Fields,
        bucket: &str,
        now: WallTime,
    ) -> Result<(), Refusal> {
        if now >= self.expires {
            return Err(denied("Policy expired."));
        }
        if fields.get("bucket").is_some_and(|named| named != bucket) {
            return Err(denied(
                "the field 'bucket' differs from the bucket of the request.",
            ));
        }
        let value = |name: &str| match name {
            "bucket" => bucket,
            name => fields.get(name).unwrap_or_default(),
        };
        let broken = self.conditions.iter().find(|c| !c.holds(value(&c.field)));
        if let Some(condition) = broken {
            let shown = condition.shown();
            return Err(denied(&format!("Policy Condition failed: {shown}")));
        }
        let named = |name: &str| self.conditions.iter().any(|c| c.field == name);
        let extra = fields
            .iter()
            .map(|(name, _)| name)
            .chain(["bucket"])
            .find(|name| !EXEMPT.contains(name) && !name.starts_with("x-ignore-") && !named(name));
        match extra {
            Some(name) => Err(denied(&format!("Extra input fields: {name}"))),
            None => Ok(()),
        }
    }
}

/// A length in bytes, as a number or in a string.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

impl Condition {
    fn holds(&self, value: &str) -> bool {
        if self.exact {
            return value == self.value;
        }
        if self.field == "content-type" {
            // AWS: commas make a list, and every value of it must meet the condition.
            return value
                .split(',')
                .all(|one| one.trim_start().starts_with(&self.value));
        }
        value.starts_with(&self.value)
    }

    fn shown(&self) -> String {
        let operator = if self.exact { "eq" } else { "starts-with" };
        serde_json::json!([operator, format!("${}", self.field), self.value]).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Policy, Refusal> {
        Policy::parse(&STANDARD.encode(json))
    }

    #[test]
    fn policies_that_are_none_are_refused() {
        for json in [
            "",
            "[]",
            "{}",
            r#"{"expiration":"2026-12-01T00:00:00Z"}"#,
            r#"{"conditions":[]}"#,
            r#"{"EXPIRATION":"2026-12-01T00:00:00Z","conditions":[]}"#,
            r#"{"expiration":"2026-12-01T00:00:00Z","CONDITIONS":[]}"#,
            r#"{"expiration":"Tue, 01 Dec 2026 00:00:00 GMT","conditions":[]}"#,
            r#"{"expiration":"2026-12-01T00:00:00Z","conditions":{}}"#,
            r#"{"expiration":"2026-12-01T00:00:00Z","conditions":[{}]}"#,
            r#"{"expiration":"2026-12-01T00:00:00Z","conditions":[{"key":1}]}"#,
            r#"{"expiration":"2026-12-01T00:00:00Z","conditions":[["eq","key","a"]]}"#,
            r#"{"expiration":"2026-12-01T00:00:00Z","conditions":[["ne","$key","a"]]}"#,
            r#"{"expiration":"2026-12-01T00:00:00Z","conditions":[["eq","$key"]]}"#,
            r#"{"expiration":"2026-12-01T00:00:00Z","conditions":[["content-length-range",0]]}"#,
            r#"{"expiration":"2026-12-01T00:00:00Z","conditions":[["content-length-range",-1,0]]}"#,
            r#"{"expiration":"2026-12-01T00:00:00Z","conditions":[["content-length-range",2,1]]}"#,
        ] {
            let refusal = parse(json).unwrap_err();
            assert_eq!(refusal.code, "InvalidPolicyDocument", "{json}");
        }
        assert_eq!(
            Policy::parse("%").unwrap_err().code,
            "InvalidPolicyDocument"
        );
    }

    #[test]
    fn conditions_hold_or_are_named() {
        let policy = parse(
            r#"{"expiration":"2026-12-01T00:00:00.000Z","conditions":[
                {"bUcKeT":"ward"},["StArTs-WiTh","$KEY","in/"],["starts-with","$content-type","image/"],
                ["content-length-range","1",9],["content-length-range",0,5],["starts-with","$x-amz-meta-a",""]]}"#,
        )
        .unwrap();
        assert_eq!(policy.lengths(), Lengths { least: 1, most: 5 });
        let judge = |pairs: &[(&str, &str)], bucket: &str, at: i64| {
            let mut fields = Fields::default();
            for (name, value) in pairs {
                fields.push(name, (*value).to_owned()).unwrap();
            }
            let judged = policy.judge(&fields, bucket, WallTime(at));
            judged.map_err(|refusal| refusal.message)
        };
        let good = [("Key", "in/a"), ("Content-Type", "image/png, image/gif")];
        let before = 1_796_083_200_000 - 1;
        assert_eq!(judge(&good, "ward", before), Ok(()));
        let says = |pairs: &[(&str, &str)], bucket: &str, at: i64, what: &str| {
            let message = judge(pairs, bucket, at).unwrap_err();
            assert!(
                message.starts_with("Invalid according to Policy: "),
                "{message}"
            );
            assert!(message.contains(what), "{message}");
        };
        says(&good, "ward", before + 1, "Policy expired.");
        says(&good, "other", before, r#"["eq","$bucket","ward"]"#);
        says(&[("key", "out/a"), good[1]], "ward", before, "$key");
        says(
            &[("key", "in/a"), ("content-type", "image/png,text/html")],
            "ward",
            before,
            "$content-type",
        );
        says(
            &[good[0], good[1], ("x-amz-meta-b", "1")],
            "ward",
            before,
            "Extra input fields: x-amz-meta-b",
        );
        says(
            &[good[0], good[1], ("bucket", "b")],
            "ward",
            before,
            "'bucket'",
        );
        let free = parse(r#"{"expiration":"2026-12-01T00:00:00Z","conditions":[]}"#).unwrap();
        let refusal = free
            .judge(&Fields::default(), "ward", WallTime(0))
            .unwrap_err();
        assert!(refusal.message.ends_with("Extra input fields: bucket"));
    }
}
