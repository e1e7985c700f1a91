//! The policy language of AWS: what a policy says to a request. Pure; the JSON is read elsewhere.
//!
//! Sources: AWS IAM user guide, "IAM JSON policy element reference" and "Policy evaluation logic";
//! Amazon S3 user guide, "Blocking public access". Where they are silent, the reading that gives less
//! is taken: see `docs/decisions/0240-policy-language.md`.

use std::borrow::Cow;

mod arn;
mod condition;
mod operator;
mod pattern;
mod principal;
mod public;
mod value;
mod variable;
pub mod vocabulary;

#[cfg(test)]
mod tests;

pub use condition::Condition;
pub use pattern::{BadPattern, Pattern};
pub use principal::{BadPrincipal, PolicyPrincipal, PrincipalFacts, PrincipalMatch};

use principal::Met;

/// What a statement does when it applies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names are those of AWS")]
pub enum Effect {
    Allow,
    Deny,
}

/// `Action` or `NotAction`, `Resource` or `NotResource` of a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PatternMatch {
    /// One of these.
    Of(Vec<Pattern>),
    /// None of these.
    NotOf(Vec<Pattern>),
}

/// One statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// `Sid`, not empty.
    pub sid: Option<String>,
    /// `Effect`.
    pub effect: Effect,
    /// Whom it concerns.
    pub principals: PrincipalMatch,
    /// Which actions.
    pub actions: PatternMatch,
    /// On what.
    pub resources: PatternMatch,
    /// All of these hold.
    pub conditions: Vec<Condition>,
}

/// A policy, of an identity or a bucket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// The statements, in order.
    pub statements: Vec<Statement>,
}

/// What is known of a request.
pub trait Facts {
    /// The values of a condition key, or `None` where the request has no such key. Asked only when a
    /// statement needs it. `key` is normal ([`normal_key`]): `aws:sourceip`, `s3:existingobjecttag/class`.
    fn values(&self, key: &str) -> Option<Vec<String>>;
}

/// No facts beside the principal.
impl Facts for () {
    fn values(&self, _: &str) -> Option<Vec<String>> {
        None
    }
}

/// May this be done?
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// `s3:GetObject`.
    pub action: &'a str,
    /// `arn:aws:s3:::bucket/key`.
    pub resource: &'a str,
    /// Who asks.
    pub principal: PrincipalFacts<'a>,
    /// What else is known. Keys that follow from the principal (`aws:PrincipalArn`,
    /// `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:username`) are answered without it.
    pub facts: &'a dyn Facts,
}

/// The statement that decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatementRef<'a> {
    /// Its place, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<&'a str>,
}

/// What one policy says. A Deny goes before every Allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgement<'a> {
    /// Denied, whatever other policies say.
    Deny(StatementRef<'a>),
    /// Allowed.
    Allow(StatementRef<'a>),
    /// Allowed to the user's tenant as a whole. As in AWS this leaves it to the tenant: a policy of the
    /// user must allow it too.
    Delegate(StatementRef<'a>),
    /// No statement applies.
    Silent,
}

/// A condition key as evaluator and [`Facts`] spell it: in lower case, as case does not count.
#[must_use]
pub fn normal_key(key: &str) -> Cow<'_, str> {
    if key.chars().any(|c| c.is_uppercase()) {
        Cow::Owned(key.to_lowercase())
    } else {
        Cow::Borrowed(key)
    }
}

impl Policy {
    /// Judges.
    #[must_use]
    pub fn judge(&self, question: &Question<'_>) -> Judgement<'_> {
        let (mut allowed, mut delegated) = (None, None);
        for (index, statement) in self.statements.iter().enumerate() {
            if allowed.is_some() && statement.effect == Effect::Allow {
                continue;
            }
            let Some(met) = statement.applies(question) else {
                continue;
            };
            let sid = statement.sid.as_deref();
            let found = StatementRef { index, sid };
            match (statement.effect, met) {
                (Effect::Deny, _) => return Judgement::Deny(found),
                (Effect::Allow, Met::Itself) => allowed = Some(found),
                (Effect::Allow, Met::AsTenant) => delegated = delegated.or(Some(found)),
            }
        }
        match (allowed, delegated) {
            (Some(found), _) => Judgement::Allow(found),
            (None, Some(found)) => Judgement::Delegate(found),
            (None, None) => Judgement::Silent,
        }
    }

    /// Whether a condition or variable asks for a key that begins so, as `s3:ExistingObjectTag/`: what
    /// no policy asks for need not be loaded.
    #[must_use]
    pub fn references(&self, prefix: &str) -> bool {
        let prefix = normal_key(prefix);
        self.keys().any(|key| key.starts_with(&*prefix))
    }

    /// Condition keys that no request ever has: a condition on them never holds, or always where it is
    /// negated. AWS accepts them; whoever writes the policy should be told.
    #[must_use]
    pub fn unknown_keys(&self) -> Vec<&str> {
        let mut keys: Vec<_> = self
            .keys()
            .filter(|key| !vocabulary::is_known_key(key))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Principals that it names.
    pub fn principals(&self) -> impl Iterator<Item = &PolicyPrincipal> {
        let statements = self.statements.iter();
        statements.flat_map(|statement| statement.principals.principals())
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().flat_map(|statement| {
            let conditions = statement.conditions.iter().flat_map(Condition::keys);
            let resources = statement
                .resources
                .patterns()
                .iter()
                .flat_map(Pattern::keys);
            conditions.chain(resources)
        })
    }
}

impl Statement {
    /// Whether it applies; cheap questions first.
    fn applies(&self, question: &Question<'_>) -> Option<Met> {
        let ask = |key: &str| known(question, key);
        if !self.actions.covers(question.action, self.effect, &ask)
            || !self.resources.covers(question.resource, self.effect, &ask)
        {
            return None;
        }
        let met = self.principals.met(self.effect, &question.principal)?;
        let mut conditions = self.conditions.iter();
        conditions
            .all(|condition| condition.holds(self.effect, &ask))
            .then_some(met)
    }
}

impl PatternMatch {
    /// The patterns.
    #[must_use]
    pub fn patterns(&self) -> &[Pattern] {
        match self {
            Self::Of(patterns) | Self::NotOf(patterns) => patterns,
        }
    }

    fn covers(&self, text: &str, effect: Effect, ask: &pattern::Ask<'_>) -> bool {
        match self {
            Self::Of(patterns) => patterns
                .iter()
                .any(|pattern| pattern.matches(text, ask) == Some(true)),
            // A variable without a value leaves open what is excepted: of an Allow, then, everything
            // may be; of a Deny nothing.
            Self::NotOf(patterns) => patterns.iter().all(|pattern| {
                pattern
                    .matches(text, ask)
                    .map_or(effect == Effect::Deny, |matches| !matches)
            }),
        }
    }
}

/// What is known of a key: first by who asks, then by the request.
fn known(question: &Question<'_>, key: &str) -> Option<Vec<String>> {
    let who = &question.principal;
    let one = |text: Option<&str>| text.map(|text| vec![text.to_owned()]);
    let signed = !who.anonymous;
    match key {
        "aws:principalarn" => one(who.arn.filter(|_| signed)),
        "aws:principalaccount" => one(who.tenant.filter(|_| signed)),
        "aws:username" => one(who.user.filter(|_| signed)),
        "aws:principaltype" => one(Some(match (who.anonymous, who.user) {
            (true, _) => "Anonymous",
            (false, Some(_)) => "User",
            (false, None) => "Account",
        })),
        _ => question.facts.values(key),
    }
}
