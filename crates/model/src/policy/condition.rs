//! One line of a `Condition`: operator, key, values.
//!
//! Where a request has a value that the operator cannot read (a number of `s3:max-keys` that is none),
//! AWS takes the comparison for false, which lets a Deny pass. Here it holds in a Deny and does not in
//! an Allow: what reads the request later might read more into the text than this evaluator.

use super::arn::ArnPattern;
use super::operator::{Operator, Order, Over, Test};
use super::pattern::{Ask, BadPattern, Case, Pattern};
use super::value::{self, Network};
use super::{Effect, normal_key};

/// A condition of a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    operator: Operator,
    key: Box<str>,
    wanted: Wanted,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Wanted {
    Texts(Box<[Pattern]>),
    Arns(Box<[ArnPattern]>),
    Numbers(Order, Box<[i128]>),
    Dates(Order, Box<[i128]>),
    Booleans(Box<[Pattern]>),
    Bytes(Box<[Vec<u8>]>),
    Networks(Box<[Network]>),
    Absent(Box<[bool]>),
}

impl Condition {
    /// Reads a condition; `variables` says whether the policy's version has them.
    ///
    /// # Errors
    /// [`BadPattern`]: an unknown operator, or a value that the operator cannot compare.
    pub fn new<'a>(
        operator: &str,
        key: &str,
        values: impl IntoIterator<Item = &'a str>,
        variables: bool,
    ) -> Result<Self, BadPattern> {
        let known = Operator::parse(operator).ok_or_else(|| {
            BadPattern(format!(
                "`{operator}` is not an operator; names are case-sensitive, as StringEquals, NumericLessThan, IpAddress, Null"
            ))
        })?;
        if !key.contains(':') || key.chars().any(|c| c.is_control() || c == '$') {
            return Err(BadPattern(format!(
                "`{key}` is not a condition key; write one as s3:prefix or aws:SourceIp"
            )));
        }
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return Err(BadPattern(format!("`{key}` has no value to compare with")));
        }
        let wanted = Wanted::parse(known.test, values, variables)?;
        Ok(Self {
            operator: known,
            key: normal_key(key).into_owned().into_boxed_str(),
            wanted,
        })
    }

    /// The key, normal ([`normal_key`]).
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Keys that it asks for: its own and those of variables.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let texts: &[Pattern] = match &self.wanted {
            Wanted::Texts(patterns) | Wanted::Booleans(patterns) => patterns,
            _ => &[],
        };
        let arns: &[ArnPattern] = match &self.wanted {
            Wanted::Arns(patterns) => patterns,
            _ => &[],
        };
        let variables = texts.iter().flat_map(Pattern::keys);
        std::iter::once(self.key())
            .chain(variables)
            .chain(arns.iter().flat_map(ArnPattern::keys))
    }

    /// Whether it holds in a statement of this effect.
    pub(super) fn holds(&self, effect: Effect, ask: &Ask<'_>) -> bool {
        // An empty list is no value.
        let values = ask(&self.key).filter(|values| !values.is_empty());
        if let Wanted::Absent(wanted) = &self.wanted {
            return wanted.contains(&values.is_none());
        }
        let Some(values) = values else {
            return match self.operator.over {
                Over::One => self.operator.if_exists || self.operator.negated,
                Over::Any => false,
                Over::All => true,
            };
        };
        let one = |value: &String| match self.wanted.accepts(value, ask) {
            Some(matches) => matches != self.operator.negated,
            None => effect == Effect::Deny,
        };
        // AWS: a data set of nothing but empty texts is null.
        let null = || values.iter().all(String::is_empty);
        match (self.operator.over, effect) {
            (Over::All, _) => null() || values.iter().all(one),
            (Over::Any, _) => !null() && values.iter().any(one),
            // AWS wants a quantifier before keys with several values; without one, the reading that
            // gives less.
            (Over::One, Effect::Deny) => values.iter().any(one),
            (Over::One, Effect::Allow) => values.iter().all(one),
        }
    }

    /// Whether only requests pass whose key has one of few given values: no wildcard, no variable, no
    /// way round by leaving the key out. See [`super::Policy::is_public`].
    pub(super) fn is_fixed(&self) -> bool {
        self.is_sure()
            && match &self.wanted {
                Wanted::Texts(patterns) => patterns.iter().all(Pattern::is_fixed),
                Wanted::Arns(patterns) => patterns.iter().all(ArnPattern::is_fixed),
                Wanted::Networks(networks) => !networks.iter().any(Network::is_broad),
                _ => false,
            }
    }

    /// As [`Self::is_fixed`], but the name of an access point may have wildcards.
    pub(super) fn is_fixed_access_point(&self) -> bool {
        let point = "accesspoint/";
        let text = |pattern: &Pattern| {
            let last = pattern
                .literal_prefix()
                .and_then(|arn| arn.splitn(6, ':').nth(5));
            pattern.is_fixed() || last.is_some_and(|last| last.starts_with(point))
        };
        let arn = |pattern: &ArnPattern| pattern.is_fixed() || pattern.is_fixed_before(point);
        self.is_sure()
            && match &self.wanted {
                Wanted::Texts(patterns) => patterns.iter().all(text),
                Wanted::Arns(patterns) => patterns.iter().all(arn),
                _ => false,
            }
    }

    /// Whether it cannot hold for a request without the key, nor for all values but some.
    fn is_sure(&self) -> bool {
        !self.operator.negated && !self.operator.if_exists && self.operator.over != Over::All
    }

    pub(super) fn compares_addresses(&self) -> bool {
        matches!(self.wanted, Wanted::Networks(_))
    }
}

impl Wanted {
    fn parse<'a>(
        test: Test,
        values: impl Iterator<Item = &'a str>,
        variables: bool,
    ) -> Result<Self, BadPattern> {
        Ok(match test {
            Test::Equals => {
                let exact = |text| Pattern::exact(text, variables, Case::Counts);
                Self::Texts(values.map(exact).collect::<Result<_, _>>()?)
            }
            Test::EqualsIgnoreCase => {
                let exact = |text| Pattern::exact(text, variables, Case::Ignored);
                Self::Texts(values.map(exact).collect::<Result<_, _>>()?)
            }
            Test::Like => {
                let wild = |text| Pattern::wild(text, variables);
                Self::Texts(values.map(wild).collect::<Result<_, _>>()?)
            }
            Test::Arn => {
                let arn = |text| ArnPattern::parse(text, variables);
                Self::Arns(values.map(arn).collect::<Result<_, _>>()?)
            }
            Test::Bool => Self::Booleans(
                values
                    .map(|v| truth(v, variables))
                    .collect::<Result<_, _>>()?,
            ),
            Test::Number(order) => Self::Numbers(order, all(values, value::number, "a number")?),
            Test::Date(order) => {
                let what = "a date; write 2026-11-29T00:00:00Z, or seconds since 1970";
                Self::Dates(order, all(values, value::date, what)?)
            }
            Test::Binary => Self::Bytes(all(values, value::bytes, "base64")?),
            Test::Address => {
                let what = "an address or a range of them; write 192.0.2.0/24 or 2001:db8::/32";
                Self::Networks(all(values, Network::parse, what)?)
            }
            Test::Null => Self::Absent(all(values, value::boolean, "true or false")?),
        })
    }

    /// Whether a value of the request is one of those; `None` when it cannot be compared.
    fn accepts(&self, text: &str, ask: &Ask<'_>) -> Option<bool> {
        let some = |pattern: &Pattern| pattern.matches(text, ask) == Some(true);
        match self {
            Self::Texts(patterns) => Some(patterns.iter().any(some)),
            Self::Booleans(patterns) => {
                value::boolean(text)?;
                Some(patterns.iter().any(some))
            }
            Self::Arns(patterns) => {
                let mut readable = true;
                let matches = patterns.iter().any(|pattern| {
                    let matches = pattern.matches(text, ask);
                    readable &= matches.is_some();
                    matches == Some(true)
                });
                (matches || readable).then_some(matches)
            }
            Self::Numbers(order, wanted) => {
                let value = value::number(text)?;
                Some(wanted.iter().any(|wanted| order.holds(value.cmp(wanted))))
            }
            Self::Dates(order, wanted) => {
                let value = value::date(text)?;
                Some(wanted.iter().any(|wanted| order.holds(value.cmp(wanted))))
            }
            Self::Bytes(wanted) => Some(wanted.iter().any(|wanted| wanted == text.as_bytes())),
            Self::Networks(networks) => {
                let address = value::address(text)?;
                Some(networks.iter().any(|network| network.contains(address)))
            }
            Self::Absent(_) => None,
        }
    }
}

/// A value of `Bool`, which may be a variable.
fn truth(text: &str, variables: bool) -> Result<Pattern, BadPattern> {
    let pattern = Pattern::exact(text, variables, Case::IgnoredInAscii)?;
    if pattern.is_fixed() && value::boolean(text).is_none() {
        return Err(BadPattern(format!("`{text}` is not true or false")));
    }
    Ok(pattern)
}

fn all<'a, T>(
    values: impl Iterator<Item = &'a str>,
    parse: impl Fn(&str) -> Option<T>,
    what: &str,
) -> Result<Box<[T]>, BadPattern> {
    let one = |text: &str| parse(text).ok_or_else(|| BadPattern(format!("`{text}` is not {what}")));
    values.map(one).collect()
}
