//! Cross-origin rules on the wire.

use azekura_model::cors::{BadCorsRules, CorsMethod, CorsRule, CorsRules};
use s3s::dto;
use s3s::{S3Error, S3ErrorCode, S3Result};

/// Reads a `CORSConfiguration`.
///
/// # Errors
/// `MalformedXML` for what the schema forbids, `InvalidRequest` for what AWS refuses beyond it.
pub(crate) fn of_wire(rules: Vec<dto::CORSRule>) -> S3Result<CorsRules> {
    let rules = rules.into_iter().map(rule).collect::<S3Result<_>>()?;
    CorsRules::new(rules).map_err(|bad| refused(&bad))
}

/// Writes a `CORSConfiguration`.
pub(crate) fn to_wire(rules: &CorsRules) -> Vec<dto::CORSRule> {
    let list = |texts: &[String]| (!texts.is_empty()).then(|| texts.to_vec());
    let rules = rules.rules().iter().map(|rule| dto::CORSRule {
        allowed_headers: list(&rule.allowed_headers),
        allowed_methods: rule.methods.iter().map(|m| m.as_str().to_owned()).collect(),
        allowed_origins: rule.origins.clone(),
        expose_headers: list(&rule.expose_headers),
        id: rule.id.clone(),
        max_age_seconds: rule
            .max_age_seconds
            .map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)),
    });
    rules.collect()
}

fn rule(rule: dto::CORSRule) -> S3Result<CorsRule> {
    let methods = rule
        .allowed_methods
        .into_iter()
        .map(|name| CorsMethod::parse(&name).ok_or_else(|| refused(&BadCorsRules::Method(name))));
    let max_age_seconds = rule.max_age_seconds.map(u32::try_from).transpose();
    Ok(CorsRule {
        id: rule.id,
        origins: rule.allowed_origins,
        methods: methods.collect::<S3Result<_>>()?,
        allowed_headers: rule.allowed_headers.unwrap_or_default(),
        expose_headers: rule.expose_headers.unwrap_or_default(),
        max_age_seconds: max_age_seconds.map_err(|_| {
            let message = "MaxAgeSeconds is not negative";
            S3Error::with_message(S3ErrorCode::MalformedXML, message)
        })?,
    })
}

fn refused(bad: &BadCorsRules) -> S3Error {
    let code = match bad {
        BadCorsRules::Empty | BadCorsRules::Incomplete => S3ErrorCode::MalformedXML,
        _ => S3ErrorCode::InvalidRequest,
    };
    S3Error::with_message(code, bad.to_string())
}
