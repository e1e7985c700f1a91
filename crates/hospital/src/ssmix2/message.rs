//! HL7 v2.5 messages as Japanese profiles write them: segments end with CR, text is ISO-2022-JP.

use encoding_rs::ISO_2022_JP;

use crate::moment::Moment;

/// A message under construction. Text given to it holds no delimiter (`|^~\&`).
#[derive(Clone, Debug)]
pub(crate) struct Message {
    text: String,
}

impl Message {
    /// MSH. `kind` is MSH-9, `control` MSH-10. MSH-18 names ASCII and JIS X 0208, MSH-20 the way of
    /// switching between them (HL7 v2.5 §2.15.9.18–20).
    pub(crate) fn new(kind: &str, at: Moment, control: &str) -> Self {
        let mut message = Self {
            text: "MSH|^~\\&".to_owned(),
        };
        message.fields(
            2,
            &[
                (3, "AZEKURA-TESTDATA"),
                (4, "SYNTHETIC"),
                (5, "GW"),
                (6, "SS-MIX2"),
                (7, &at.second()),
                (9, kind),
                (10, control),
                (11, "P"),
                (12, "2.5"),
                (18, "~ISO IR87"),
                (20, "ISO 2022-1994"),
                (
                    21,
                    "SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO",
                ),
            ],
        );
        message
    }

    /// Adds a segment of the fields that are given; numbers ascend.
    pub(crate) fn segment(mut self, name: &str, fields: &[(usize, &str)]) -> Self {
        self.text.push_str(name);
        self.fields(0, fields);
        self
    }

    fn fields(&mut self, mut at: usize, fields: &[(usize, &str)]) {
        for (number, value) in fields {
            while at < *number {
                self.text.push('|');
                at += 1;
            }
            self.text.push_str(value);
        }
        self.text.push('\r');
    }

    /// The bytes. The encoder returns to ASCII before every delimiter, for delimiters are ASCII.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        ISO_2022_JP.encode(&self.text).0.into_owned()
    }
}
