//! Principals of a bucket policy. A tenant stands where AWS has an account.

use super::Effect;
use crate::ident::TenantId;

/// Longest name of a principal that is read.
const PRINCIPAL_BYTES_MAX: usize = 512;

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PrincipalFacts<'a> {
    /// Text of the tenant's id; `None` for somebody unknown.
    pub tenant: Option<&'a str>,
    /// Name of the user with its path; `None` for the tenant itself.
    pub user: Option<&'a str>,
    /// Nobody signed the request.
    pub anonymous: bool,
    /// ARN of the principal.
    pub arn: Option<&'a str>,
}

/// A principal that a policy names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PolicyPrincipal {
    /// `*`: everybody, also who did not sign.
    Anyone,
    /// A tenant: its id, its ARN (`…:root`) or its canonical id.
    Tenant(Box<str>),
    /// A user of a tenant: tenant and name with its path.
    User(Box<str>, Box<str>),
    /// Somebody whom this vault does not know: a service, a federation, a role, an account of AWS.
    /// Nobody is it.
    Stranger(Box<str>),
}

/// A principal that is not written as one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{0}` is not a principal; write *, a tenant's id, arn:aws:iam::TENANT:root or arn:aws:iam::TENANT:user/NAME"
)]
pub struct BadPrincipal(String);

/// `Principal` or `NotPrincipal` of a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrincipalMatch {
    /// No such element: the policy of an identity speaks of whom it is attached to.
    Attached,
    /// `Principal`.
    Of(Vec<PolicyPrincipal>),
    /// `NotPrincipal`.
    NotOf(Vec<PolicyPrincipal>),
}

/// How a principal is met.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Met {
    /// As one of a tenant that is named as a whole.
    AsTenant,
    /// By itself, or as everybody.
    Itself,
}

impl PolicyPrincipal {
    /// Reads a principal of the kind `AWS`.
    ///
    /// # Errors
    /// [`BadPrincipal`].
    pub fn parse(text: &str) -> Result<Self, BadPrincipal> {
        let bad = || BadPrincipal(text.chars().take(100).collect());
        if text == "*" {
            return Ok(Self::Anyone);
        }
        let plain =
            |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '*' | '?' | '$');
        if text.is_empty() || text.len() > PRINCIPAL_BYTES_MAX || !text.chars().all(plain) {
            return Err(bad());
        }
        let Some(arn) = text.strip_prefix("arn:aws:") else {
            let account = text.bytes().all(|b| b.is_ascii_alphanumeric());
            return match TenantId::parse(text) {
                Some(_) => Ok(Self::Tenant(text.into())),
                None if account => Ok(Self::Stranger(text.into())),
                None => Err(bad()),
            };
        };
        let (service, rest) = arn.split_once("::").ok_or_else(bad)?;
        let (tenant, who) = rest.split_once(':').ok_or_else(bad)?;
        let known = service == "iam" && TenantId::parse(tenant).is_some();
        match who.split_once('/') {
            None if who == "root" && known => Ok(Self::Tenant(tenant.into())),
            Some(("user", name)) if known && !name.is_empty() => {
                Ok(Self::User(tenant.into(), name.into()))
            }
            None if who == "root" && service == "iam" => Ok(Self::Stranger(text.into())),
            Some(("user" | "role", name)) if service == "iam" && !name.is_empty() => {
                Ok(Self::Stranger(text.into()))
            }
            Some(("assumed-role" | "federated-user", name))
                if service == "sts" && !name.is_empty() =>
            {
                Ok(Self::Stranger(text.into()))
            }
            _ => Err(bad()),
        }
    }

    /// Reads a principal of the kind `CanonicalUser`: the id of a tenant.
    ///
    /// # Errors
    /// [`BadPrincipal`].
    pub fn canonical(id: &str) -> Result<Self, BadPrincipal> {
        match Self::parse(id)? {
            found @ (Self::Tenant(_) | Self::Stranger(_)) if !id.contains(':') => Ok(found),
            _ => Err(BadPrincipal(id.chars().take(100).collect())),
        }
    }

    fn met(&self, by: &PrincipalFacts<'_>) -> Option<Met> {
        let of = |tenant: &str| !by.anonymous && by.tenant == Some(tenant);
        match self {
            Self::Anyone => Some(Met::Itself),
            Self::Tenant(tenant) if of(tenant) && by.user.is_none() => Some(Met::Itself),
            Self::Tenant(tenant) if of(tenant) => Some(Met::AsTenant),
            Self::User(tenant, name) if of(tenant) && by.user == Some(name) => Some(Met::Itself),
            _ => None,
        }
    }
}

impl PrincipalMatch {
    /// The principals that are named.
    #[must_use]
    pub fn principals(&self) -> &[PolicyPrincipal] {
        match self {
            Self::Attached => &[],
            Self::Of(named) | Self::NotOf(named) => named,
        }
    }

    /// Whether anybody at all may be met.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Attached => false,
            Self::Of(named) => named.contains(&PolicyPrincipal::Anyone),
            Self::NotOf(_) => true,
        }
    }

    pub(super) fn met(&self, effect: Effect, by: &PrincipalFacts<'_>) -> Option<Met> {
        let best = |named: &[PolicyPrincipal]| named.iter().filter_map(|one| one.met(by)).max();
        match self {
            Self::Attached => Some(Met::Itself),
            Self::Of(named) => best(named),
            // AWS: a tenant that is left out of a Deny does not leave out its users; each is named. Of
            // an Allow it does: the reading that gives less, both times.
            Self::NotOf(named) => match (best(named), effect) {
                (Some(Met::Itself), _) | (Some(Met::AsTenant), Effect::Allow) => None,
                (Some(Met::AsTenant), Effect::Deny) | (None, _) => Some(Met::Itself),
            },
        }
    }
}
