//! SS-MIX2 standard storage (JAMI, HS026): one HL7 message a file, found by patient and day.

mod admission;
mod message;
mod orders;
mod results;
mod segments;
mod types;

use time::Date;

use crate::item::{Class, HospitalItem};
use crate::moment::{Moment, compact, ordinal};
use crate::random::Draw;
use crate::visits::Visits;

pub(crate) use segments::Visit;
use types::{MessageType, TYPES, Who};

/// Where the tree starts.
const ROOT: &str = "ssmix2/standard";
/// 特定キー of data that have none.
const NO_KEY: &str = "999999999999999";

/// コンディションフラグ, the last part of a file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Valid,
    Superseded,
}

impl Condition {
    fn digit(self) -> char {
        match self {
            Self::Valid => '1',
            Self::Superseded => '2',
        }
    }
}

/// Messages of a hospital on a day.
#[derive(Clone, Debug)]
pub(crate) struct Messages {
    pub(crate) seed: u64,
    pub(crate) day: Date,
    pub(crate) visits: Visits,
    /// How many messages in all.
    pub(crate) total: u64,
}

impl Messages {
    /// How many messages of each type: its share, at least one, and the rest to the commonest.
    fn counts(&self) -> Vec<(&'static MessageType, u64)> {
        let whole: u64 = TYPES.iter().map(|kind| kind.share).sum();
        let mut counts: Vec<_> = TYPES
            .iter()
            .map(|kind| (kind, (kind.share * self.total / whole).max(1)))
            .collect();
        let given: u64 = counts.iter().map(|(_, count)| count).sum();
        let commonest = counts.iter_mut().max_by_key(|(kind, _)| kind.share);
        if let Some((_, count)) = commonest {
            *count = (*count + self.total).saturating_sub(given).max(1);
        }
        counts
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.counts().iter().map(|(_, count)| count).sum()
    }

    /// All of them in order.
    pub(crate) fn items(self) -> impl Iterator<Item = HospitalItem> + Send {
        self.counts().into_iter().flat_map(move |(kind, count)| {
            let messages = self.clone();
            (0..count).map(move |number| messages.item(kind, number, count, Condition::Valid))
        })
    }

    /// Messages of this day that the next day corrects: as they are, as superseded, and anew.
    pub(crate) fn corrected(
        &self,
    ) -> impl Iterator<Item = (HospitalItem, HospitalItem, HospitalItem)> + '_ {
        let corrected = self.counts().into_iter().filter(|(kind, _)| kind.corrected);
        corrected.flat_map(move |(kind, count)| {
            (0..count).filter(|number| number % 33 == 7).map(move |n| {
                (
                    self.item(kind, n, count, Condition::Valid),
                    self.item(kind, n, count, Condition::Superseded),
                    self.anew(kind, n, count),
                )
            })
        })
    }

    fn item(
        &self,
        kind: &MessageType,
        number: u64,
        count: u64,
        condition: Condition,
    ) -> HospitalItem {
        let at = Moment::spread(self.day, kind.hours, number, count);
        let draw = Draw::new(self.seed, kind.code, &[ordinal(self.day), number]);
        self.build(kind, number, at, condition, draw)
    }

    /// The correction of a message: of the next day, with other content, under the same order.
    fn anew(&self, kind: &MessageType, number: u64, count: u64) -> HospitalItem {
        let at = Moment::spread(self.day, kind.hours, number, count).days_later(1);
        let draw = Draw::new(self.seed, "correction", &[ordinal(self.day), number]);
        self.build(kind, number, at, Condition::Valid, draw)
    }

    fn build(
        &self,
        kind: &MessageType,
        number: u64,
        at: Moment,
        condition: Condition,
        mut draw: Draw,
    ) -> HospitalItem {
        let visit = match kind.who {
            Who::Outpatient => self.visits.outpatient(number),
            Who::Inpatient => self.visits.inpatient(number),
            Who::Admitted => self.visits.admitted(number),
            Who::Discharged => self.visits.discharged(number),
            Who::Anyone => self.visits.anyone(number),
        };
        let order = kind.order_group.map_or_else(
            || NO_KEY.to_owned(),
            |group| {
                let day = compact(self.day);
                format!("{}{group:02}{number:07}", day.get(2..).unwrap_or_default())
            },
        );
        let control = format!("{}{:02}{number:07}", at.second(), kind.position());
        let message = kind.message(at, &control, &visit, &order, &mut draw);
        HospitalItem::whole(
            Class::SsMix2,
            self.key(kind, at, condition, &visit, &order),
            message.bytes(),
        )
    }

    /// `<root>/<1–3>/<4–6>/<patient>/<day or ->/<type>/<seven parts>`.
    fn key(
        &self,
        kind: &MessageType,
        at: Moment,
        condition: Condition,
        visit: &Visit,
        order: &str,
    ) -> String {
        let patient = visit.patient.id.as_str();
        let day = if kind.dated {
            compact(self.day)
        } else {
            "-".to_owned()
        };
        let department = if kind.dated {
            visit.doctor.department
        } else {
            "-"
        };
        let name = format!(
            "{patient}_{day}_{}_{order}_{}_{department}_{}",
            kind.code,
            at.milliseconds(),
            condition.digit()
        );
        format!(
            "{ROOT}/{}/{}/{patient}/{day}/{}/{name}",
            patient.get(..3).unwrap_or_default(),
            patient.get(3..6).unwrap_or_default(),
            kind.code
        )
    }
}
