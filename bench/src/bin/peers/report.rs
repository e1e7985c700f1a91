//! The tables.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;
use time::OffsetDateTime;

use crate::figures::{Cell, Figure, Figures, Spread};
use crate::load::Kind;
use crate::servers::Variant;
use crate::signer::Payload;
use crate::{Bench, Failure, machine};

/// What is known beside the figures.
pub(crate) struct Report {
    machine: String,
    date: String,
    /// Load of the machine before each turn.
    pub(crate) loads: Vec<f64>,
    /// Bare syncs a second, once a round.
    pub(crate) disk: Vec<f64>,
    /// Version, and syncs for one PUT, of each server.
    pub(crate) servers: HashMap<&'static str, (String, Option<f64>)>,
    /// Most memory of each server, in bytes, once a round.
    pub(crate) peaks: HashMap<&'static str, Vec<f64>>,
    pub(crate) seconds: f64,
    /// Rounds that were made.
    pub(crate) rounds: usize,
    notes: Vec<String>,
    all_right: bool,
}

impl Report {
    /// Looks at the machine.
    pub(crate) fn begin(bench: &Bench) -> Result<Self, Failure> {
        let now = OffsetDateTime::from_unix_timestamp(azekura_bench::clock::wall_seconds())?;
        Ok(Self {
            machine: machine::describe(&bench.dir),
            date: now.date().to_string(),
            loads: vec![azekura_bench::load()?],
            disk: vec![machine::disk_probe(&bench.dir)?],
            servers: HashMap::new(),
            peaks: HashMap::new(),
            seconds: 0.0,
            rounds: 0,
            notes: Vec::new(),
            all_right: true,
        })
    }

    /// Something that the reader must know.
    pub(crate) fn note(&mut self, text: String) {
        println!("note: {text}");
        self.notes.push(text);
    }

    /// A wrong or missing answer.
    pub(crate) fn wrong(&mut self, text: String) {
        self.all_right = false;
        self.note(text);
    }

    /// Prints and writes everything; returns whether every answer was right.
    pub(crate) fn end(
        &self,
        bench: &Bench,
        variants: &[Variant],
        figures: &Figures,
    ) -> Result<bool, Failure> {
        let text = self.markdown(bench, variants, figures)?;
        println!("\n{text}");
        let name = format!("bench/results/{}-peers.md", self.date);
        let out = bench.options.out.clone();
        let out = out.unwrap_or_else(|| PathBuf::from(name));
        if out.as_os_str() != "-" {
            std::fs::write(&out, text).map_err(|error| format!("{}: {error}", out.display()))?;
            println!("written to {}", out.display());
        }
        if let Some(file) = &bench.options.json {
            let json = self.json(bench, variants, figures);
            std::fs::write(file, serde_json::to_string_pretty(&json)?)?;
        }
        Ok(self.all_right)
    }

    fn json(&self, bench: &Bench, variants: &[Variant], figures: &Figures) -> serde_json::Value {
        let names: Vec<&str> = variants.iter().map(|variant| variant.name).collect();
        let server = |variant: &Variant| {
            let (version, syncs) = self.servers.get(variant.name).cloned().unwrap_or_default();
            json!({"name": variant.name, "version": version, "syncs_per_put": syncs,
                   "durability": variant.durability, "peak_bytes": self.peaks.get(variant.name)})
        };
        json!({
            "date": self.date, "machine": self.machine, "seconds": self.seconds,
            "loads": self.loads, "disk_syncs_per_second": self.disk,
            "phase_seconds": bench.options.time.as_secs_f64(), "notes": self.notes,
            "servers": variants.iter().map(server).collect::<Vec<_>>(),
            "figures": figures.json(&names, &bench.options.cells),
        })
    }

    fn markdown(
        &self,
        bench: &Bench,
        variants: &[Variant],
        figures: &Figures,
    ) -> Result<String, Failure> {
        let mut out = String::new();
        self.head(&mut out, bench)?;
        self.server_table(&mut out, variants)?;
        let table = Table {
            bench,
            variants,
            figures,
        };
        table.aim(&mut out)?;
        table.throughput(&mut out)?;
        table.ratios(&mut out)?;
        table.latency(&mut out)?;
        table.processor(&mut out)?;
        if !self.notes.is_empty() {
            writeln!(out, "\n## Notes\n")?;
            for note in &self.notes {
                writeln!(out, "- {}", note.replace('\n', " "))?;
            }
        }
        Ok(out)
    }

    fn head(&self, out: &mut String, bench: &Bench) -> Result<(), Failure> {
        let options = &bench.options;
        writeln!(out, "# Azekura beside other servers, {}\n", self.date)?;
        let quick = if options.quick { " --quick" } else { "" };
        writeln!(
            out,
            "`cargo xtask bench{quick}`: {} rounds, phases of {} s{}, {:.0} s in all. One machine, loopback, \
             every store fresh on one disk; reads come from memory.\n",
            self.rounds,
            options.time.as_secs_f64(),
            if options.quick {
                " (short: ratios below 1.2 mean little)"
            } else {
                ""
            },
            self.seconds
        )?;
        writeln!(out, "- Machine: {}.", self.machine)?;
        if let Some(load) = Spread::of(self.loads.clone()) {
            writeln!(
                out,
                "- Load before the turns: {:.1} ({:.1} to {:.1}).",
                load.median, load.least, load.most
            )?;
        }
        if let Some(disk) = Spread::of(self.disk.clone()) {
            writeln!(
                out,
                "- Disk, one thread, 4 KiB append and fdatasync: {:.0}/s ({:.0} to {:.0}).",
                disk.median, disk.least, disk.most
            )?;
        }
        let payload = match options.payload {
            Payload::Unsigned => "`UNSIGNED-PAYLOAD`",
            Payload::Hashed => "SHA-256 of the body in the signature",
        };
        writeln!(
            out,
            "- Load: own generator, one thread on the same cores, HTTP/1.1 kept alive, SigV4, {payload}, the same \
             for all. Bytes are random and differ in every object. Status, ETag and length of each answer are \
             checked, and the bytes of one GET in eight."
        )?;
        Ok(())
    }

    fn server_table(&self, out: &mut String, variants: &[Variant]) -> Result<(), Failure> {
        writeln!(
            out,
            "\n## Servers\n\n| name | version | what its 200 means | syncs a 4 KiB PUT, one client | most memory |\n\
             |---|---|---|---|---|"
        )?;
        for variant in variants {
            let (version, syncs) = self.servers.get(variant.name).cloned().unwrap_or_default();
            let peak = self.peaks.get(variant.name).cloned().and_then(Spread::of);
            writeln!(
                out,
                "| {} | {version} | {} | {} | {} |",
                variant.name,
                variant.durability,
                syncs.map_or("not counted".to_owned(), |syncs| format!("{syncs:.1}")),
                peak.map_or("–".to_owned(), |p| format!(
                    "{:.0} MiB",
                    p.median / 1_048_576.0
                )),
            )?;
        }
        writeln!(
            out,
            "\nSyncs are counted by strace over 50 PUTs, those in the background included."
        )?;
        Ok(())
    }
}

/// What tables are made of.
struct Table<'a> {
    bench: &'a Bench,
    variants: &'a [Variant],
    figures: &'a Figures,
}

impl Table<'_> {
    /// Cells of one kind of table, with their places.
    fn cells(&self, paced: bool) -> impl Iterator<Item = (usize, Cell)> {
        let all = self.bench.options.cells.iter().copied().enumerate();
        all.filter(move |(_, cell)| matches!(cell, Cell::Paced(_)) == paced)
    }

    /// The peers, with their places.
    fn peers(&self) -> impl Iterator<Item = (usize, &Variant)> {
        self.variants.iter().enumerate().skip(1)
    }

    fn columns(&self, out: &mut String, first: &str, skip: usize) -> Result<(), Failure> {
        let names: Vec<&str> = self.variants.iter().skip(skip).map(|v| v.name).collect();
        writeln!(out, "| {first} | {} |", names.join(" | "))?;
        writeln!(out, "|---|{}", "---|".repeat(names.len()))?;
        Ok(())
    }

    /// The one aim so far.
    fn aim(&self, out: &mut String) -> Result<(), Failure> {
        let wanted = Cell::Closed(Kind::Put(4 << 10), 64);
        let Some((cell, _)) = self.cells(false).find(|(_, cell)| *cell == wanted) else {
            return Ok(());
        };
        writeln!(
            out,
            "\n## The aim: durable 4 KiB PUTs of 64 clients, ahead of every peer's default\n"
        )?;
        for (at, peer) in self.peers().filter(|(_, peer)| peer.is_default()) {
            let Some(ratio) = Spread::of(self.figures.ratios((0, at), cell)) else {
                continue;
            };
            let verdict = match (ratio.least > 1.0, ratio.median > 1.0) {
                (true, _) => "ahead in every round",
                (false, true) => "ahead in the median, not in every round",
                (false, false) => "**behind**",
            };
            let name = peer.name;
            writeln!(out, "- {name}: {} ({verdict})", spread(ratio))?;
        }
        for asked in &self.bench.options.variants {
            if asked.is_default() && !self.variants.contains(asked) {
                writeln!(out, "- {}: not measured, see the notes", asked.name)?;
            }
        }
        Ok(())
    }

    fn throughput(&self, out: &mut String) -> Result<(), Failure> {
        writeln!(out, "\n## Throughput, median of the rounds\n")?;
        self.columns(out, "", 0)?;
        for (at, cell) in self.cells(false) {
            write!(out, "| {} ({}) |", cell.title(), cell.unit())?;
            for server in 0..self.variants.len() {
                let rates = self
                    .figures
                    .each(server, at, |f| Some(cell.shown(f.per_second)));
                let wrong = self
                    .figures
                    .of(server, at)
                    .iter()
                    .any(|(_, f)| f.errors > 0);
                let mark = if wrong { " (errors)" } else { "" };
                match Spread::of(rates) {
                    Some(rate) => write!(out, " {}{mark} |", number(rate.median))?,
                    None => write!(out, " – |")?,
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn ratios(&self, out: &mut String) -> Result<(), Failure> {
        writeln!(
            out,
            "\n## Ratio of Azekura to each, within a round: median (least to most)\n\nAbove 1 Azekura is ahead.\n"
        )?;
        self.columns(out, "", 1)?;
        for (at, cell) in self.cells(false) {
            write!(out, "| {} |", cell.title())?;
            for (peer, _) in self.peers() {
                match Spread::of(self.figures.ratios((0, peer), at)) {
                    Some(ratio) => write!(out, " {} |", spread(ratio))?,
                    None => write!(out, " – |")?,
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn latency(&self, out: &mut String) -> Result<(), Failure> {
        if self.cells(true).next().is_none() {
            return Ok(());
        }
        writeln!(
            out,
            "\n## Latency at the same pace, in ms from when a request was due\n\nMedian of the rounds. The pace is half \
             of what the slowest server did by default with 64 clients: {:.0} PUTs or {:.0} GETs a second, by up to \
             64 clients. Servers that cannot do it are left out.\n",
            self.bench.paces.put, self.bench.paces.get
        )?;
        writeln!(
            out,
            "| | server | p50 | p99 | p99.9 | most | kept |\n|---|---|---|---|---|---|---|"
        )?;
        for (at, cell) in self.cells(true) {
            for (server, variant) in self.variants.iter().enumerate() {
                let each = |pick: fn(&crate::figures::Latency) -> f64| {
                    let numbers = self.figures.each(server, at, |figure: &Figure| {
                        figure.latency.as_ref().map(pick)
                    });
                    Spread::of(numbers).map(|spread| spread.median)
                };
                let (Some(p50), Some(p99), Some(p999), Some(most), Some(kept)) = (
                    each(|l| l.p50),
                    each(|l| l.p99),
                    each(|l| l.p999),
                    each(|l| l.most),
                    each(|l| l.kept),
                ) else {
                    continue;
                };
                writeln!(
                    out,
                    "| {} | {} | {p50:.2} | {p99:.2} | {p999:.2} | {most:.1} | {:.1} % |",
                    cell.title(),
                    variant.name,
                    kept * 100.0
                )?;
            }
        }
        Ok(())
    }

    fn processor(&self, out: &mut String) -> Result<(), Failure> {
        writeln!(
            out,
            "\n## Processor time of the server for one operation, in µs, median of the rounds\n\nIn steps of 10 ms a \
             phase, so rough where operations are few. Last column: the load generator's own, against Azekura.\n"
        )?;
        let names: Vec<&str> = self.variants.iter().map(|v| v.name).collect();
        writeln!(out, "| | {} | generator |", names.join(" | "))?;
        writeln!(out, "|---|{}---|", "---|".repeat(names.len()))?;
        for (at, cell) in self.cells(false) {
            if matches!(cell, Cell::S5cmdPut(_) | Cell::S5cmdGet(_)) {
                continue;
            }
            write!(out, "| {} |", cell.title())?;
            for server in 0..self.variants.len() {
                let numbers = self.figures.each(server, at, |figure| figure.server_cpu);
                match Spread::of(numbers) {
                    Some(cpu) => write!(out, " {} |", number(cpu.median))?,
                    None => write!(out, " – |")?,
                }
            }
            let own = Spread::of(self.figures.each(0, at, |figure| figure.client_cpu));
            match own {
                Some(cpu) => writeln!(out, " {} |", number(cpu.median))?,
                None => writeln!(out, " – |")?,
            }
        }
        Ok(())
    }
}

/// Three digits that mean something, and commas.
fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn spread(ratio: Spread) -> String {
    format!(
        "{:.2} ({:.2} to {:.2})",
        ratio.median, ratio.least, ratio.most
    )
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(999.6), "1,000");
        assert_eq!(number(9.96), "10.0");
        assert_eq!(number(0.25), "0.2");
    }
}
