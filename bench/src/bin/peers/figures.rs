//! What is measured, and what came out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::load::Kind;
use crate::multipart::OBJECT;

/// Bytes from which throughput is shown in MB/s.
const LARGE: usize = 1 << 20;

/// One line of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// So many clients, each with one operation outstanding.
    Closed(Kind, usize),
    /// 64 MiB in parts, written by so many clients.
    MultipartPut(usize),
    /// The same, read by ranges.
    MultipartGet(usize),
    /// At a fixed pace: latency.
    Paced(Kind),
    /// `s5cmd` copying files of this size up.
    S5cmdPut(usize),
    /// And down again. Measured with the line before.
    S5cmdGet(usize),
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

fn operation(kind: Kind) -> String {
    match kind {
        Kind::Put(bytes) => format!("PUT {}", size(bytes)),
        Kind::Get(bytes) => format!("GET {}", size(bytes)),
        Kind::Head(bytes) => format!("HEAD {}", size(bytes)),
        Kind::List => "LIST 1,000 keys".to_owned(),
    }
}

impl Cell {
    /// As in the tables.
    pub(crate) fn title(self) -> String {
        let by = |clients: usize| match clients {
            1 => "1 client".to_owned(),
            many => format!("{many} clients"),
        };
        match self {
            Self::Closed(kind, clients) => format!("{}, {}", operation(kind), by(clients)),
            Self::MultipartPut(clients) => {
                format!("PUT {} multipart, {}", size(OBJECT), by(clients))
            }
            Self::MultipartGet(clients) => format!("GET {} ranges, {}", size(OBJECT), by(clients)),
            Self::Paced(kind) => operation(kind),
            Self::S5cmdPut(bytes) => format!("s5cmd up, {}", size(bytes)),
            Self::S5cmdGet(bytes) => format!("s5cmd down, {}", size(bytes)),
        }
    }

    /// Name of the group that the command line chooses it by.
    pub(crate) fn group(self) -> String {
        let short = |bytes: usize| match bytes {
            0..1_048_576 => format!("{}k", bytes >> 10),
            _ => format!("{}m", bytes >> 20),
        };
        match self {
            Self::Closed(Kind::Put(bytes), _) => format!("put-{}", short(bytes)),
            Self::Closed(Kind::Get(bytes), _) => format!("get-{}", short(bytes)),
            Self::Closed(Kind::Head(_), _) => "head".to_owned(),
            Self::Closed(Kind::List, _) => "list".to_owned(),
            Self::MultipartPut(_) | Self::MultipartGet(_) => "multipart".to_owned(),
            Self::Paced(_) => "latency".to_owned(),
            Self::S5cmdPut(_) | Self::S5cmdGet(_) => "s5cmd".to_owned(),
        }
    }

    /// Number of clients, where the command line chooses it.
    pub(crate) fn clients(self) -> Option<usize> {
        match self {
            Self::Closed(_, clients)
            | Self::MultipartPut(clients)
            | Self::MultipartGet(clients) => Some(clients),
            Self::Paced(_) | Self::S5cmdPut(_) | Self::S5cmdGet(_) => None,
        }
    }

    /// Bytes that one operation moves, where throughput is shown in MB/s.
    fn large(self) -> Option<usize> {
        let bytes = match self {
            Self::Closed(Kind::Put(bytes) | Kind::Get(bytes), _)
            | Self::S5cmdPut(bytes)
            | Self::S5cmdGet(bytes) => bytes,
            Self::MultipartPut(_) | Self::MultipartGet(_) => OBJECT,
            _ => 0,
        };
        (bytes >= LARGE).then_some(bytes)
    }

    /// Unit of [`Cell::shown`].
    pub(crate) fn unit(self) -> &'static str {
        match self.large() {
            Some(_) => "MB/s",
            None => "/s",
        }
    }

    /// A rate of operations in the unit of the tables.
    pub(crate) fn shown(self, per_second: f64) -> f64 {
        match self.large() {
            Some(bytes) => per_second * bytes as f64 / 1e6,
            None => per_second,
        }
    }
}

/// Milliseconds from the intended start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) most: f64,
    /// Operations that were begun in time, of those that were due: 1 when the pace was kept.
    pub(crate) kept: f64,
}

/// One cell of one server in one round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figure {
    /// Operations a second.
    pub(crate) per_second: f64,
    /// Processor time of the server for one operation, in microseconds.
    pub(crate) server_cpu: Option<f64>,
    /// That of the load generator.
    pub(crate) client_cpu: Option<f64>,
    pub(crate) errors: u64,
    pub(crate) first_error: Option<String>,
    pub(crate) latency: Option<Latency>,
}

/// Everything that came out: by round, server and cell, in their order.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<(usize, usize, usize), Figure>);

impl Figures {
    /// Notes one.
    pub(crate) fn insert(&mut self, (round, server, cell): (usize, usize, usize), figure: Figure) {
        self.0.insert((round, server, cell), figure);
    }

    /// Those of one server and cell, with their rounds.
    pub(crate) fn of(&self, server: usize, cell: usize) -> Vec<(usize, &Figure)> {
        let mine = self
            .0
            .iter()
            .filter(|((_, s, c), _)| (*s, *c) == (server, cell));
        mine.map(|((round, ..), figure)| (*round, figure)).collect()
    }

    /// One number of each round.
    pub(crate) fn each(
        &self,
        server: usize,
        cell: usize,
        number: impl Fn(&Figure) -> Option<f64>,
    ) -> Vec<f64> {
        let mine = self.of(server, cell);
        mine.iter()
            .filter_map(|(_, figure)| number(figure))
            .collect()
    }

    /// Ratios of one server to another in the rounds that both have.
    pub(crate) fn ratios(&self, (ours, theirs): (usize, usize), cell: usize) -> Vec<f64> {
        let others: BTreeMap<usize, &Figure> = self.of(theirs, cell).into_iter().collect();
        let ours = self.of(ours, cell);
        let pairs = ours.iter().filter_map(|(round, figure)| {
            let other = others.get(round)?;
            Some(figure.per_second / other.per_second)
        });
        pairs.filter(|ratio| ratio.is_finite()).collect()
    }

    /// For machines.
    pub(crate) fn json(&self, servers: &[&str], cells: &[Cell]) -> Value {
        let one = |(&(round, server, cell), figure): (&(usize, usize, usize), &Figure)| {
            let latency = figure.latency.map(|l| {
                json!({"p50_ms": l.p50, "p99_ms": l.p99, "p999_ms": l.p999, "max_ms": l.most,
                       "kept": l.kept})
            });
            json!({
                "round": round,
                "server": servers.get(server),
                "workload": cells.get(cell).map(|cell| cell.title()),
                "operations_per_second": figure.per_second,
                "server_cpu_us": figure.server_cpu,
                "client_cpu_us": figure.client_cpu,
                "errors": figure.errors,
                "first_error": figure.first_error,
                "latency": latency,
            })
        };
        self.0.iter().map(one).collect()
    }
}

/// Least, median and most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Of some numbers; of an even count the median lies between the middle two.
    pub(crate) fn of(mut numbers: Vec<f64>) -> Option<Self> {
        numbers.sort_by(f64::total_cmp);
        let middle = numbers.len() / 2;
        let upper = *numbers.get(middle)?;
        let lower = match numbers.len().is_multiple_of(2) {
            true => *numbers.get(middle.checked_sub(1)?)?,
            false => upper,
        };
        Some(Self {
            least: *numbers.first()?,
            median: f64::midpoint(lower, upper),
            most: *numbers.last()?,
        })
    }
}

/// A percentile of sorted nanoseconds, in milliseconds.
pub(crate) fn percentile(sorted: &[u64], share: f64) -> f64 {
    let at = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted.get(at).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_percentiles() {
        let odd = Spread::of(vec![3.0, 1.0, 2.0]).unwrap();
        assert_eq!((odd.least, odd.median, odd.most), (1.0, 2.0, 3.0));
        assert_eq!(Spread::of(vec![4.0, 1.0]).unwrap().median, 2.5);
        assert_eq!(Spread::of(Vec::new()), None);
        let nanos: Vec<u64> = (1..=100).map(|n| n * 1_000_000).collect();
        assert_eq!(percentile(&nanos, 0.5), 50.0);
        assert_eq!(percentile(&nanos, 0.99), 99.0);
        assert_eq!(percentile(&nanos, 1.0), 100.0);
    }

    #[test]
    fn ratios_pair_the_rounds_that_both_have() {
        let mut figures = Figures::default();
        let rate = |per_second| Figure {
            per_second,
            ..Figure::default()
        };
        figures.insert((1, 0, 0), rate(10.0));
        figures.insert((2, 0, 0), rate(30.0));
        figures.insert((2, 1, 0), rate(10.0));
        assert_eq!(figures.ratios((0, 1), 0), [3.0]);
    }
}
