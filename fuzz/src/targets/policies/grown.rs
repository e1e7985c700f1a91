//! Policies grown from bytes: each byte picks the next word, so that nearly every case is a policy that
//! is read, and the evaluator is reached.

/// A policy and the parts of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Grown {
    pub(super) policy: String,
    pub(super) action: String,
    pub(super) key: String,
    pub(super) user: String,
    pub(super) prefix: String,
}

const ACTIONS: [&str; 7] = [
    "*",
    "s3:*",
    "s3:GetObject",
    "S3:get*",
    "s3:?utObject",
    "s3:PutObject*",
    "azekura:Read*",
];
const ASKED: [&str; 4] = [
    "s3:GetObject",
    "s3:getobject",
    "s3:PutObject",
    "azekura:ReadAudit",
];
const PATTERNS: [&str; 16] = [
    "*",
    "a",
    "a*",
    "?",
    "*a",
    "a?b",
    "*b*",
    "${aws:username}",
    "${aws:username}/*",
    "${aws:userid}",
    "${aws:userid, 'a'}*",
    "${aws:TagKeys}",
    "${*}",
    "${?}a",
    "${$}{*}",
    "患*",
];
const TEXTS: [&str; 14] = [
    "",
    "a",
    "b",
    "ab",
    "aab",
    "a/b",
    "*",
    "?",
    "?a",
    "${*}",
    "${aws:username}",
    "患者",
    "true",
    "A",
];
const OPERATORS: [&str; 10] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "Null",
    "Bool",
    "StringLike",
    "StringNotLike",
];
const QUANTIFIERS: [&str; 5] = ["", "", "", "ForAnyValue:", "ForAllValues:"];
const KEYS: [&str; 9] = [
    "s3:prefix",
    "S3:Prefix",
    "aws:username",
    "aws:userid",
    "aws:TagKeys",
    "aws:SecureTransport",
    "aws:PrincipalType",
    "s3:delimiter",
    "s3:max-keys",
];

struct Script<'a>(std::slice::Iter<'a, u8>);

impl Script<'_> {
    fn below(&mut self, end: usize) -> usize {
        let byte = self.0.next().copied().unwrap_or_default();
        usize::from(byte).checked_rem(end).unwrap_or_default()
    }

    fn pick<'b>(&mut self, words: &[&'b str]) -> &'b str {
        let at = self.below(words.len());
        words.get(at).copied().unwrap_or_default()
    }

    /// One to three words as a list, or one alone.
    fn some(&mut self, words: &[&str], before: &str) -> String {
        let many = self.below(4);
        let quoted = |word: &str| format!("\"{before}{word}\"");
        if many == 0 {
            return quoted(self.pick(words));
        }
        let list: Vec<_> = (0..many).map(|_| quoted(self.pick(words))).collect();
        format!("[{}]", list.join(","))
    }

    fn condition(&mut self) -> String {
        let operator = self.pick(&OPERATORS);
        let (before, after) = match operator {
            "Null" => ("", ""),
            _ => (self.pick(&QUANTIFIERS), self.pick(&["", "", "IfExists"])),
        };
        let values = match operator {
            "Null" | "Bool" => self.some(&["true", "false", "True"], ""),
            _ => self.some(&PATTERNS, ""),
        };
        let key = self.pick(&KEYS);
        format!("\"{before}{operator}{after}\":{{\"{key}\":{values}}}")
    }

    fn statement(&mut self) -> String {
        let effect = self.pick(&["Allow", "Allow", "Deny"]);
        let (action, resource) = (
            self.pick(&["Action", "NotAction"]),
            self.pick(&["Resource", "NotResource"]),
        );
        let actions = self.some(&ACTIONS, "");
        let resources = match self.below(3) {
            0 => "\"*\"".to_owned(),
            _ => self.some(&PATTERNS, "arn:aws:s3:::b/"),
        };
        let condition = match self.below(3) {
            0 => String::new(),
            _ => format!(",\"Condition\":{{{}}}", self.condition()),
        };
        format!(
            "{{\"Effect\":\"{effect}\",\"{action}\":{actions},\"{resource}\":{resources}{condition}}}"
        )
    }
}

/// Grows a policy.
pub(super) fn grow(script: &[u8]) -> Grown {
    let mut script = Script(script.iter());
    let action = script.pick(&ASKED).to_owned();
    let (key, user, prefix) = (
        script.pick(&TEXTS),
        script.pick(&TEXTS),
        script.pick(&TEXTS),
    );
    let version = script.pick(&["2012-10-17", "2012-10-17", "2008-10-17"]);
    let count = 1 + script.below(3);
    let statements: Vec<_> = (0..count).map(|_| script.statement()).collect();
    Grown {
        policy: format!(
            "{{\"Version\":\"{version}\",\"Statement\":[{}]}}",
            statements.join(",")
        ),
        action,
        key: key.to_owned(),
        user: user.to_owned(),
        prefix: prefix.to_owned(),
    }
}
