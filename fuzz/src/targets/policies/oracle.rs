//! A second evaluator, slow and plain: it walks the JSON, matches wildcards by a table of all pairs of
//! positions, and knows texts, `Bool` and `Null` only. What it does not know it does not judge.

use serde_json::Value;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    pub(super) user: &'a str,
    pub(super) prefix: &'a str,
}

impl Request<'_> {
    pub(super) fn values(&self, key: &str) -> Option<Vec<String>> {
        let one = |text: &str| Some(vec![text.to_owned()]);
        match key {
            "s3:prefix" => one(self.prefix),
            "aws:username" => one(self.user),
            "aws:securetransport" => one("true"),
            "s3:max-keys" => one("10"),
            "aws:principaltype" => one("User"),
            "aws:tagkeys" => Some(self.prefix.chars().map(String::from).collect()),
            _ => None,
        }
    }

    fn present(&self, key: &str) -> Option<Vec<String>> {
        self.values(key).filter(|values| !values.is_empty())
    }
}

/// A character of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Literal(char),
    One,
    Many,
}

/// Judges; `None` where something is not known here.
pub(super) fn judge(policy: &str, request: &Request<'_>) -> Option<&'static str> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let variables = policy.get("Version").and_then(Value::as_str) == Some("2012-10-17");
    let mut verdict = "silent";
    for statement in list(policy.get("Statement")?) {
        let deny = statement.get("Effect")?.as_str()? == "Deny";
        if !applies(statement, deny, variables, request)? {
            continue;
        }
        if deny {
            verdict = "deny";
        } else if verdict == "silent" {
            verdict = "allow";
        }
    }
    Some(verdict)
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn applies(statement: &Value, deny: bool, variables: bool, request: &Request<'_>) -> Option<bool> {
    let action = request.action.to_ascii_lowercase();
    let mut all = true;
    for (element, text) in [("Action", action.as_str()), ("Resource", request.resource)] {
        let action = element == "Action";
        let positive = statement.get(element);
        let named = positive.or_else(|| statement.get(format!("Not{element}")))?;
        let mut hits = Vec::new();
        for pattern in list(named) {
            let pattern = pattern.as_str()?;
            hits.push(if action {
                Some(matches(
                    &signs(&pattern.to_ascii_lowercase(), true, false, request)?,
                    text,
                ))
            } else {
                signs(pattern, true, variables, request).map(|signs| matches(&signs, text))
            });
        }
        all &= match positive {
            Some(_) => hits.contains(&Some(true)),
            None => hits
                .iter()
                .all(|hit| *hit == Some(false) || (hit.is_none() && deny)),
        };
    }
    let Some(conditions) = statement.get("Condition") else {
        return Some(all);
    };
    for (operator, keys) in conditions.as_object()? {
        for (key, wanted) in keys.as_object()? {
            all &= holds(
                operator,
                &key.to_lowercase(),
                wanted,
                deny,
                variables,
                request,
            )?;
        }
    }
    Some(all)
}

fn holds(
    operator: &str,
    key: &str,
    wanted: &Value,
    deny: bool,
    variables: bool,
    request: &Request<'_>,
) -> Option<bool> {
    let wanted: Vec<String> = list(wanted).into_iter().map(text).collect::<Option<_>>()?;
    let values = request.present(key);
    if operator == "Null" {
        let absent = values.is_none().to_string();
        return Some(wanted.iter().any(|text| text.eq_ignore_ascii_case(&absent)));
    }
    let (quantifier, rest) = operator.split_once(':').unwrap_or(("", operator));
    let (base, if_exists) = match rest.strip_suffix("IfExists") {
        Some(base) => (base, true),
        None => (rest, false),
    };
    let negated = base.contains("Not");
    let base = base.replace("Not", "");
    let hit = |value: &String| -> Option<bool> {
        let mut hit = false;
        for pattern in &wanted {
            let wild = base == "StringLike";
            let fold = |text: &str| text.to_uppercase().to_lowercase();
            let signs = signs(pattern, wild, variables, request);
            hit |= match base.as_str() {
                "StringEquals" | "StringLike" => signs.is_some_and(|signs| matches(&signs, value)),
                "StringEqualsIgnoreCase" if value.is_ascii() && pattern.is_ascii() => {
                    signs.is_some_and(|signs| fold(&plain(&signs)) == fold(value))
                }
                "Bool" => signs.is_some_and(|signs| plain(&signs).eq_ignore_ascii_case(value)),
                _ => return None,
            };
        }
        Some(hit != negated)
    };
    // Values that Bool cannot read are left to the other tests.
    let unreadable = |value: &String| base == "Bool" && value != "true" && value != "false";
    let Some(values) = values else {
        // Only of operators that are known.
        hit(&String::new())?;
        return Some(match quantifier {
            "ForAnyValue" => false,
            "ForAllValues" => true,
            _ => if_exists || negated,
        });
    };
    if values.iter().any(unreadable) {
        return None;
    }
    let hits: Vec<bool> = values.iter().map(hit).collect::<Option<_>>()?;
    let empty = values.iter().all(String::is_empty);
    Some(match quantifier {
        "ForAnyValue" => !empty && hits.contains(&true),
        "ForAllValues" => empty || !hits.contains(&false),
        _ if deny => hits.contains(&true),
        _ => !hits.contains(&false),
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn plain(signs: &[Sign]) -> String {
    let literal = |sign: &Sign| match sign {
        Sign::Literal(c) => Some(*c),
        _ => None,
    };
    signs.iter().filter_map(literal).collect()
}

/// The signs of a pattern, variables replaced; `None` when one has no value.
fn signs(text: &str, wild: bool, variables: bool, request: &Request<'_>) -> Option<Vec<Sign>> {
    let mut signs = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let inside = rest
            .as_str()
            .strip_prefix('{')
            .filter(|_| c == '$' && variables);
        let Some(inside) = inside else {
            signs.push(match c {
                '*' if wild => Sign::Many,
                '?' if wild => Sign::One,
                other => Sign::Literal(other),
            });
            continue;
        };
        let (value, behind) = variable(inside, request)?;
        signs.extend(value.chars().map(Sign::Literal));
        rest = behind.chars();
    }
    Some(signs)
}

fn variable<'a>(inside: &'a str, request: &Request<'_>) -> Option<(String, &'a str)> {
    // The reader has refused what is not written as a variable; a default may hold a brace.
    let name_end = inside.find(['}', ','])?;
    let name = inside.get(..name_end)?.trim();
    let (default, behind) = if inside.get(name_end..)?.starts_with('}') {
        (None, inside.get(name_end + 1..)?)
    } else {
        let mut quoted = inside.get(name_end..)?.splitn(3, '\'');
        let (_, default, tail) = (quoted.next()?, quoted.next()?, quoted.next()?);
        (Some(default), tail.split_once('}')?.1)
    };
    if matches!(name, "*" | "?" | "$") {
        return Some((name.to_owned(), behind));
    }
    let value = match request.values(&name.to_lowercase()) {
        Some(values) if values.len() == 1 => values.first()?.clone(),
        Some(_) => return None,
        None => default?.to_owned(),
    };
    Some((value, behind))
}

/// All pairs of positions.
fn matches(signs: &[Sign], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Which beginnings of the text the signs so far match.
    let mut reached: Vec<bool> = (0..=text.len()).map(|at| at == 0).collect();
    for sign in signs {
        let mut next = vec![false; text.len() + 1];
        let mut any = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let here = reached.get(at).copied().unwrap_or(false);
            let before = at.checked_sub(1).and_then(|at| reached.get(at)).copied();
            let last = at.checked_sub(1).and_then(|at| text.get(at));
            any |= here;
            *slot = match sign {
                Sign::Many => any,
                Sign::One => before == Some(true),
                Sign::Literal(c) => before == Some(true) && last == Some(c),
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}
