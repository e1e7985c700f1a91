//! Values in a text that people read before they sign it.

use crate::calendar::CivilDate;
use crate::time::ComplianceTime;

/// A value on one line that shows what it holds: every byte of a character that moves the cursor,
/// changes the direction of writing or is not seen stands as `\xNN`, and so does the backslash; a
/// space at either end too. Nothing is normalised: names that look alike and differ stay different.
#[must_use]
pub fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (at, character) in value.chars().enumerate() {
        let edge = character == ' ' && (at == 0 || at == last);
        if edge || unseen(character) {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                out.push_str(&format!("\\x{byte:02x}"));
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// Controls, formats, separators and spaces other than U+0020 (Unicode categories Cc, Cf, Zl, Zp, Zs),
/// fillers and variation selectors that show nothing, private use, and the escape itself.
fn unseen(character: char) -> bool {
    matches!(character,
        '\\'
        | '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{a0}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'..='\u{891}'
        | '\u{8e2}'
        | '\u{115f}'..='\u{1160}'
        | '\u{1680}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3000}'
        | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{ffff}'
        | '\u{110bd}'
        | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{10ffff}')
}

/// A moment in Japan, to the millisecond; one outside 1970 to 9999 as its milliseconds.
#[must_use]
pub fn moment(at: ComplianceTime) -> String {
    let Ok(date) = CivilDate::in_japan(at) else {
        return format!("{} ms", at.0);
    };
    let ms = at.0.saturating_sub(date.begins().0);
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let (seconds, millis) = (ms / 1000 % 60, ms % 1000);
    format!("{date}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}+09:00")
}
