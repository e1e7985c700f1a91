//! Operators of conditions: what is compared, how, and over how many values.

/// An operator with what stands before and behind it, such as `ForAnyValue:StringLikeIfExists`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Operator {
    pub(super) test: Test,
    /// `…Not…`: the whole comparison turned round, over all values of the policy.
    pub(super) negated: bool,
    /// `…IfExists`: true where the request has no such key.
    pub(super) if_exists: bool,
    pub(super) over: Over,
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Test {
    Equals,
    EqualsIgnoreCase,
    Like,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Address,
    Arn,
    Null,
}

/// How a value of the request stands to that of the policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Over which values of the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Over {
    /// A key with one value.
    One,
    /// `ForAnyValue:`
    Any,
    /// `ForAllValues:`
    All,
}

impl Operator {
    /// The operator of this name, which is written as AWS writes it.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (over, rest) = if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Over::Any, rest)
        } else if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Over::All, rest)
        } else {
            (Over::One, name)
        };
        let (base, if_exists) = match rest.strip_suffix("IfExists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (test, negated) = test(base)?;
        // Null asks of presence itself.
        let plain = over == Over::One && !if_exists;
        (test != Test::Null || plain).then_some(Self {
            test,
            negated,
            if_exists,
            over,
        })
    }
}

fn test(base: &str) -> Option<(Test, bool)> {
    let order = |name: &str| {
        Some(match name {
            "Equals" => (Order::Equal, false),
            "NotEquals" => (Order::Equal, true),
            "LessThan" => (Order::Less, false),
            "LessThanEquals" => (Order::LessOrEqual, false),
            "GreaterThan" => (Order::Greater, false),
            "GreaterThanEquals" => (Order::GreaterOrEqual, false),
            _ => return None,
        })
    };
    if let Some(name) = base.strip_prefix("Numeric") {
        return order(name).map(|(order, negated)| (Test::Number(order), negated));
    }
    if let Some(name) = base.strip_prefix("Date") {
        return order(name).map(|(order, negated)| (Test::Date(order), negated));
    }
    Some(match base {
        "StringEquals" => (Test::Equals, false),
        "StringNotEquals" => (Test::Equals, true),
        "StringEqualsIgnoreCase" => (Test::EqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Test::EqualsIgnoreCase, true),
        "StringLike" => (Test::Like, false),
        "StringNotLike" => (Test::Like, true),
        "Bool" => (Test::Bool, false),
        "BinaryEquals" => (Test::Binary, false),
        "IpAddress" => (Test::Address, false),
        "NotIpAddress" => (Test::Address, true),
        // AWS: both behave the same, wildcards included.
        "ArnEquals" | "ArnLike" => (Test::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Test::Arn, true),
        "Null" => (Test::Null, false),
        _ => return None,
    })
}

impl Order {
    pub(super) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}
