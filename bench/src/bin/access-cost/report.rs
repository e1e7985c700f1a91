//! The tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use azekura_bench::clock::wall_seconds;
use time::OffsetDateTime;

use crate::load::{Figure, What};
use crate::servers::KINDS;
use crate::{Failure, Options, machine};

/// Least share of `plain` that `tls-users` must have.
const GOAL: f64 = 0.8;

/// All figures.
pub(crate) struct Report {
    machine: String,
    disk: f64,
    pub(crate) loads: Vec<f64>,
    figures: BTreeMap<(&'static str, What), Vec<Figure>>,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}

impl Report {
    pub(crate) fn begin(dir: &Path) -> Result<Self, Failure> {
        Ok(Self {
            machine: machine::describe(dir),
            disk: machine::disk_probe(dir)?,
            loads: Vec::new(),
            figures: BTreeMap::new(),
        })
    }

    pub(crate) fn add(&mut self, name: &'static str, what: What, figure: Figure) {
        self.figures.entry((name, what)).or_default().push(figure);
    }

    fn of(&self, name: &'static str, what: What, pick: fn(&Figure) -> f64) -> Vec<f64> {
        let figures = self.figures.get(&(name, what));
        figures
            .map(|all| all.iter().map(pick).collect())
            .unwrap_or_default()
    }

    /// Median, least and most of the ratio to `plain` within a round.
    fn ratio(&self, name: &'static str, what: What) -> (f64, f64, f64) {
        let rate = |name| self.of(name, what, |figure| figure.per_second);
        let (own, plain) = (rate(name), rate("plain"));
        let each: Vec<f64> = own.iter().zip(&plain).map(|(a, b)| a / b).collect();
        let least = each.iter().copied().fold(f64::INFINITY, f64::min);
        let most = each.iter().copied().fold(0.0, f64::max);
        (median(own) / median(plain), least, most)
    }

    fn text(&self, options: &Options, date: &str) -> Result<String, Failure> {
        let mut text = format!("# What access costs, {date}\n\n");
        writeln!(
            text,
            "`cargo xtask bench --access`: {} rounds, phases of {} s, {} connections kept alive, 4 KiB \
             objects, closed loop, `UNSIGNED-PAYLOAD`. All servers run side by side on fresh stores, one \
             is loaded at a time, forwards and backwards in turn. The generator is one thread on the same \
             cores; under TLS it encrypts as well.\n",
            options.rounds,
            options.time.as_secs_f64(),
            options.connections
        )?;
        writeln!(text, "- Machine: {}.", self.machine)?;
        let (least, most) = self
            .loads
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(a, b), load| {
                (a.min(*load), b.max(*load))
            });
        writeln!(
            text,
            "- Load of the last minute before the rounds: {least:.1} to {most:.1}."
        )?;
        writeln!(
            text,
            "- Disk, one thread, 4 KiB append and fdatasync: {:.0}/s.",
            self.disk
        )?;
        writeln!(
            text,
            "- `users`: {} users, each with a key and two groups, by which four of 200 policies of three \
             statements count for each request; every request of a connection is of another user. \
             `tls`: TLS 1.3. `strict`: entries of the audit are durable before the answer; all others \
             are `batched`.\n",
            options.users
        )?;
        for what in [What::Put, What::Get] {
            let name = if what == What::Put { "PUT" } else { "GET" };
            writeln!(text, "## {name} 4 KiB\n")?;
            writeln!(
                text,
                "| | a second, median | of plain: ratio of medians (least to most in a round) | processor time of the server, µs |"
            )?;
            writeln!(text, "|---|---|---|---|")?;
            for kind in KINDS {
                let rate = median(self.of(kind.name, what, |figure| figure.per_second));
                let cpu = median(self.of(kind.name, what, |figure| figure.cpu_us));
                let (ratio, least, most) = self.ratio(kind.name, what);
                writeln!(
                    text,
                    "| {} | {rate:.0} | {ratio:.2} ({least:.2} to {most:.2}) | {cpu:.0} |",
                    kind.name
                )?;
            }
            let (ratio, ..) = self.ratio("tls-users", what);
            let met = if ratio >= GOAL { "met" } else { "missed" };
            writeln!(
                text,
                "\nAim: TLS, {} users and 200 policies at least {GOAL:.2} of plain HTTP with one key: \
                 **{ratio:.2}, {met}**.\n",
                options.users
            )?;
        }
        Ok(text)
    }

    pub(crate) fn end(&self, options: &Options) -> Result<(), Failure> {
        let date = OffsetDateTime::from_unix_timestamp(wall_seconds())?
            .date()
            .to_string();
        let text = self.text(options, &date)?;
        println!("\n{text}");
        let out = options.out.clone();
        let out =
            out.unwrap_or_else(|| PathBuf::from(format!("bench/results/{date}-access-cost.md")));
        if out != Path::new("-") {
            std::fs::write(&out, text)?;
            println!("written: {}", out.display());
        }
        Ok(())
    }
}
