//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::Failure;
use crate::figures::Cell;
use crate::load::Kind;
use crate::servers::{VARIANTS, Variant};
use crate::signer::Payload;

/// How to call it.
pub(crate) const USAGE: &str = "\
cargo xtask bench [OPTIONS]
    Azekura beside SeaweedFS, Garage and s3s-fs, interleaved in one run on one disk.
    --quick          phases of 0.6 s, three rounds: 10 to 12 minutes for all servers
                     (without it phases of 5 s: about an hour)
    --seconds S      seconds of a throughput phase; of a latency phase three times as many
    --rounds N       rounds (3); one more warms up and is not counted
    --servers A,B    of: azekura seaweedfs seaweedfs-fsync garage garage-fsync s3s-fs
    --workloads A,B  of: put-4k put-64k put-1m get-4k get-64k get-1m head list multipart latency s5cmd
    --clients A,B    of: 1 16 64
    --payload WHAT   unsigned (UNSIGNED-PAYLOAD, the default) or hashed (SHA-256 in the signature)
    --dir DIR        folder for the stores, on the disk to be measured (the target folder)
    --json FILE      every figure, for machines
    --out FILE       the tables (bench/results/DATE-peers.md); `-` writes none
";

/// What to do.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) quick: bool,
    /// Time of a throughput phase.
    pub(crate) time: Duration,
    /// Time of a latency phase.
    pub(crate) paced_time: Duration,
    pub(crate) rounds: usize,
    pub(crate) variants: Vec<Variant>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) payload: Payload,
    pub(crate) dir: PathBuf,
    pub(crate) json: Option<PathBuf>,
    /// `None`: the name is made of the date.
    pub(crate) out: Option<PathBuf>,
    /// Folders with programs.
    pub(crate) programs: Vec<PathBuf>,
}

/// All lines of the tables.
fn all_cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for size in [4 << 10, 64 << 10, 1 << 20] {
        for kind in [Kind::Put(size), Kind::Get(size)] {
            cells.extend([1, 16, 64].map(|clients| Cell::Closed(kind, clients)));
        }
    }
    cells.push(Cell::Closed(Kind::Head(4 << 10), 16));
    cells.push(Cell::Closed(Kind::List, 16));
    cells.push(Cell::Paced(Kind::Put(4 << 10)));
    cells.push(Cell::Paced(Kind::Get(4 << 10)));
    for clients in [1, 16, 64] {
        cells.push(Cell::MultipartPut(clients));
        cells.push(Cell::MultipartGet(clients));
    }
    for size in [4 << 10, 1 << 20] {
        cells.push(Cell::S5cmdPut(size));
        cells.push(Cell::S5cmdGet(size));
    }
    cells
}

/// Reads the command line.
pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Options, Failure> {
    let mut options = Options {
        quick: false,
        time: Duration::from_secs(5),
        paced_time: Duration::from_secs(15),
        rounds: 3,
        variants: VARIANTS.to_vec(),
        cells: all_cells(),
        payload: Payload::Unsigned,
        dir: std::env::temp_dir(),
        json: None,
        out: None,
        programs: Vec::new(),
    };
    let mut seconds = None;
    let mut words = words;
    while let Some(word) = words.next() {
        if word == "--help" {
            return Err(USAGE.into());
        }
        if word == "--quick" {
            options.quick = true;
            continue;
        }
        let value = words
            .next()
            .ok_or_else(|| format!("{word} needs a value"))?;
        let names = || value.split(',').map(str::to_owned).collect::<Vec<_>>();
        match word.as_str() {
            "--seconds" => seconds = Some(value.parse::<f64>()?),
            "--rounds" => options.rounds = value.parse()?,
            "--servers" => options.variants = chosen_servers(&names())?,
            "--workloads" => {
                let names = names();
                known(&names, all_cells().iter().map(|cell| cell.group()))?;
                options.cells.retain(|cell| names.contains(&cell.group()));
            }
            "--clients" => {
                let names = names();
                known(&names, [1, 16, 64].iter().map(ToString::to_string))?;
                options.cells.retain(|cell| {
                    let clients = cell.clients();
                    clients.is_none_or(|clients| names.contains(&clients.to_string()))
                });
            }
            "--payload" => {
                options.payload = match value.as_str() {
                    "unsigned" => Payload::Unsigned,
                    "hashed" => Payload::Hashed,
                    _ => return Err(format!("unknown payload {value}").into()),
                };
            }
            "--dir" => options.dir = value.into(),
            "--json" => options.json = Some(value.into()),
            "--out" => options.out = Some(value.into()),
            "--programs" => options.programs.push(value.into()),
            _ => return Err(format!("unknown option {word}\n{USAGE}").into()),
        }
    }
    if let Some(seconds) = seconds.or(options.quick.then_some(0.6)) {
        options.time = Duration::try_from_secs_f64(seconds)?;
        options.paced_time = options.time * 3;
    }
    if options.rounds == 0 || options.time.is_zero() {
        return Err("there is nothing to measure".into());
    }
    Ok(options)
}

/// Ours is always among them: the ratios are to it.
fn chosen_servers(names: &[String]) -> Result<Vec<Variant>, Failure> {
    known(
        names,
        VARIANTS.iter().map(|variant| variant.name.to_owned()),
    )?;
    let wanted = |variant: &&Variant| {
        variant.name == "azekura" || names.iter().any(|name| name == variant.name)
    };
    Ok(VARIANTS.iter().filter(wanted).copied().collect())
}

fn known(names: &[String], all: impl Iterator<Item = String>) -> Result<(), Failure> {
    let all: Vec<String> = all.collect();
    match names.iter().find(|name| !all.contains(name)) {
        Some(name) => Err(format!("unknown name {name}\n{USAGE}").into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Options, Failure> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn choices_narrow_and_ours_stays() {
        let options = of("--quick --servers garage --workloads put-4k,list --clients 64").unwrap();
        let names: Vec<_> = options.variants.iter().map(|v| v.name).collect();
        assert_eq!(names, ["azekura", "garage"]);
        assert_eq!(options.cells, [Cell::Closed(Kind::Put(4096), 64)]);
        assert_eq!(options.paced_time, options.time * 3);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in [
            "--servers minio",
            "--workloads put",
            "--clients 3",
            "--x y",
            "--rounds",
        ] {
            assert!(of(line).is_err(), "{line}");
        }
    }
}
