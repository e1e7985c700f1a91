//! Cross-origin rules of a bucket and the one function that judges by them (AWS S3 user guide,
//! "Using cross-origin resource sharing"; WHATWG Fetch, "CORS protocol").

/// Most rules of a bucket (AWS).
pub const CORS_RULES_MAX: usize = 100;
/// Longest document of rules in bytes (AWS: 64 KB).
pub const CORS_DOCUMENT_BYTES_MAX: u64 = 64 * 1024;
/// Longest id of a rule in characters (AWS).
const ID_CHARS_MAX: usize = 255;
/// Most headers that a preflight may ask for: a bound on what is matched for somebody unknown.
pub const CORS_REQUEST_HEADERS_MAX: usize = 100;

/// A method that a rule may allow.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names are those of HTTP")]
pub enum CorsMethod {
    Get,
    Put,
    Post,
    Delete,
    Head,
}

impl CorsMethod {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Get, Self::Put, Self::Post, Self::Delete, Self::Head];

    /// The name in HTTP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
        }
    }

    /// The method of this name, which is in upper case as in HTTP.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

/// One rule: who may do what, and what a browser may show of the answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CorsRule {
    /// Name of the rule, for people.
    pub id: Option<String>,
    /// Origins, each with one `*` at most.
    pub origins: Vec<String>,
    /// Methods.
    pub methods: Vec<CorsMethod>,
    /// Headers that a preflight may ask for, each with one `*` at most; case does not count.
    pub allowed_headers: Vec<String>,
    /// Headers of the answer that the page may read.
    pub expose_headers: Vec<String>,
    /// Seconds for which a browser may keep the answer to a preflight.
    pub max_age_seconds: Option<u32>,
}

/// The rules of a bucket, in order: the first that matches decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CorsRules(Vec<CorsRule>);

/// What a browser asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CorsRequest<'a> {
    /// `Origin`.
    pub origin: &'a str,
    /// `Access-Control-Request-Method`, or the method itself.
    pub method: &'a str,
    /// `Access-Control-Request-Headers`, split; empty for an actual request.
    pub headers: &'a [&'a str],
}

/// What a rule allows a browser: the answer's headers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CorsGrant<'a> {
    /// `Access-Control-Allow-Origin`: the origin, or `*` where the rule allows every one. Only for a
    /// named origin may credentials be sent.
    pub origin: &'a str,
    /// The rule.
    pub rule: &'a CorsRule,
}

impl CorsRules {
    /// Checks rules.
    ///
    /// # Errors
    /// [`BadCorsRules`] names the broken rule.
    pub fn new(rules: Vec<CorsRule>) -> Result<Self, BadCorsRules> {
        if rules.is_empty() {
            return Err(BadCorsRules::Empty);
        }
        if rules.len() > CORS_RULES_MAX {
            return Err(BadCorsRules::TooMany);
        }
        for rule in &rules {
            check(rule)?;
        }
        Ok(Self(rules))
    }

    /// Rules that an earlier release accepted and stored: what is durable is never refused.
    #[must_use]
    pub fn stored(rules: Vec<CorsRule>) -> Self {
        Self(rules)
    }

    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[CorsRule] {
        &self.0
    }

    /// The first rule that allows all that is asked.
    #[must_use]
    pub fn judge<'a>(&'a self, request: &CorsRequest<'a>) -> Option<CorsGrant<'a>> {
        if request.headers.len() > CORS_REQUEST_HEADERS_MAX {
            return None;
        }
        self.0.iter().find_map(|rule| {
            let pattern = rule.origins.iter().find(|p| matches(p, request.origin))?;
            let method = rule.methods.iter().any(|m| m.as_str() == request.method);
            let headers = request.headers.iter().all(|asked| {
                let asked = asked.to_ascii_lowercase();
                let mut allowed = rule.allowed_headers.iter();
                allowed.any(|pattern| matches(&pattern.to_ascii_lowercase(), &asked))
            });
            let origin = if pattern == "*" { "*" } else { request.origin };
            (method && headers).then_some(CorsGrant { origin, rule })
        })
    }
}

/// Whether `text` is `pattern`, in which one `*` stands for any text, also none.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| rest.ends_with(after)),
    }
}

fn check(rule: &CorsRule) -> Result<(), BadCorsRules> {
    let stars = |text: &String| text.matches('*').count();
    if rule.origins.is_empty() || rule.methods.is_empty() {
        return Err(BadCorsRules::Incomplete);
    }
    if let Some(id) = &rule.id
        && id.chars().count() > ID_CHARS_MAX
    {
        return Err(BadCorsRules::Id);
    }
    if let Some(origin) = rule.origins.iter().find(|text| stars(text) > 1) {
        return Err(BadCorsRules::Origin(origin.clone()));
    }
    if let Some(header) = rule.allowed_headers.iter().find(|text| stars(text) > 1) {
        return Err(BadCorsRules::AllowedHeader(header.clone()));
    }
    let shown = |c: char| c.is_ascii_graphic() && c != ',';
    for header in &rule.expose_headers {
        if stars(header) > 0 || header.is_empty() || !header.chars().all(shown) {
            return Err(BadCorsRules::ExposeHeader(header.clone()));
        }
    }
    Ok(())
}

/// The rule that a configuration breaks.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadCorsRules {
    /// No rule.
    #[error("a CORS configuration has at least one rule")]
    Empty,
    /// A rule without origin or method.
    #[error("a CORS rule names at least one AllowedOrigin and one AllowedMethod")]
    Incomplete,
    /// More than [`CORS_RULES_MAX`].
    #[error("The number of CORS rules should not exceed allowed limit of 100 rules.")]
    TooMany,
    /// A method that cannot be allowed.
    #[error("Found unsupported HTTP method in CORS config. Unsupported method is {0}")]
    Method(String),
    /// More than one `*`.
    #[error("AllowedOrigin \"{0}\" can not have more than one wildcard.")]
    Origin(String),
    /// More than one `*`.
    #[error("AllowedHeader \"{0}\" can not have more than one wildcard.")]
    AllowedHeader(String),
    /// A `*`, or not the name of a header.
    #[error("ExposeHeader \"{0}\" is not the name of a header; wildcards are not supported there.")]
    ExposeHeader(String),
    /// Longer than 255 characters.
    #[error("The ID of a CORS rule has at most 255 characters.")]
    Id,
}

#[cfg(test)]
mod tests;
