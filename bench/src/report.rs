//! The table that people read, and its comparison with the one that was committed last.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::measure::{Amounts, Row};
use crate::progress::print;

/// Everything that one run has measured, as it stands in `bench/results.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The day, UTC.
    pub(crate) measured_on: String,
    pub(crate) machine: Machine,
    pub(crate) amounts: Amounts,
    pub(crate) rows: Vec<Row>,
}

/// The machine of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// The mean number of processes that wanted to run in the minute before: above zero, times are those of a busy machine.
    pub(crate) load_before: String,
}

impl Machine {
    /// This machine.
    pub(crate) fn here() -> Outcome<Self> {
        let processors = std::fs::read_to_string("/proc/cpuinfo")?;
        let model = processors.lines().find(|line| line.starts_with("model name"));
        let processor = model.and_then(|line| line.split_once(": ")).map_or("unknown", |(_, name)| name);
        let load = std::fs::read_to_string("/proc/loadavg")?;
        Ok(Self {
            processor: processor.to_owned(),
            cores: std::thread::available_parallelism()?.get(),
            load_before: load.split_whitespace().next().unwrap_or_default().to_owned(),
        })
    }
}

impl Report {
    /// The report that was committed last as `path`; `None` before the first.
    pub(crate) fn committed(path: &str) -> Outcome<Option<Self>> {
        let shown = Command::new("git").args(["show", &format!("HEAD:{path}")]).output()?;
        if !shown.status.success() {
            return Ok(None);
        }
        Ok(serde_json::from_slice(&shown.stdout).ok())
    }

    /// Writes it to `path`.
    pub(crate) fn write(&self, path: &Path) -> Outcome<()> {
        std::fs::write(path, serde_json::to_string_pretty(self)? + "\n")?;
        Ok(())
    }

    /// Prints the table.
    pub(crate) fn print(&self) {
        let Machine { processor, cores, load_before } = &self.machine;
        print(&format!("{}: {cores} × {processor}, load before {load_before}", self.measured_on));
        print(&format!(
            "{} starts and first calls, {} warm calls each; ms, MB\n",
            self.amounts.starts, self.amounts.calls
        ));
        print(&format!(
            "{:<44}{:>7}{:>7}{:>8}{:>8}{:>8}{:>8}{:>9}{:>7}{:>7}{:>7}{:>8}",
            "", "start", "CPU", "1st", "p50", "p99", "CPU", "overhead", "idle", "peak", "raw", "zipped"
        ));
        for row in &self.rows {
            print(&format!(
                "{:<44}{:>7.1}{:>7.1}{:>8.2}{:>8.2}{:>8.2}{:>8.3}{:>9.2}{:>7.1}{:>7.1}{:>7.2}{:>8.2}",
                row.name,
                row.start_ms,
                row.start_cpu_ms,
                row.first_call_ms,
                row.warm_p50_ms,
                row.warm_p99_ms,
                row.warm_cpu_ms,
                row.overhead_p50_ms,
                megabytes(row.idle_bytes),
                megabytes(row.peak_bytes),
                megabytes(row.raw_bytes),
                megabytes(row.zipped_bytes),
            ));
        }
        print(&format!("\n{:<44}{:>6}{:>7}{:>10}  calls of AWS", "units of DynamoDB", "read", "write", "reported"));
        for row in &self.rows {
            let calls = if row.aws_calls.is_empty() { "-".to_owned() } else { row.aws_calls.join(", ") };
            let units = format!("{:>6}{:>7}{:>10}", row.read_units, row.write_units, row.reported_units);
            print(&format!("{:<44}{units}  {calls}", row.name));
        }
    }

    /// Prints the figures that differ from `before`: what does not depend on the machine exactly, times beyond a tenth.
    pub(crate) fn print_changes(&self, before: &Self) {
        print(&format!("\nsince {}:", before.measured_on));
        let mut changes = 0;
        for (row, old) in self.rows.iter().filter_map(|row| Some((row, before.row(&row.name)?))) {
            for change in differences(old, row) {
                print(&format!("  {:<44}{change}", row.name));
                changes += 1;
            }
        }
        if changes == 0 {
            print("  nothing has changed");
        }
    }

    fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}

/// The figures of one function that have changed.
fn differences(old: &Row, new: &Row) -> Vec<String> {
    let mut changes = Vec::new();
    if old.aws_calls != new.aws_calls {
        changes.push(format!("calls were {}, are {}", old.aws_calls.join(", "), new.aws_calls.join(", ")));
    }
    let units = [("read units", old.read_units, new.read_units), ("write units", old.write_units, new.write_units)];
    let exact = units.into_iter().filter(|(_, old, new)| old.total_cmp(new).is_ne());
    changes.extend(exact.map(|(name, old, new)| format!("{name} {old} → {new}")));
    let measured = [
        ("start ms", old.start_ms, new.start_ms, 0.1),
        ("first call ms", old.first_call_ms, new.first_call_ms, 0.1),
        ("warm CPU ms", old.warm_cpu_ms, new.warm_cpu_ms, 0.1),
        ("warm p50 ms", old.warm_p50_ms, new.warm_p50_ms, 0.1),
        ("idle MB", megabytes(old.idle_bytes), megabytes(new.idle_bytes), 0.03),
        ("zipped MB", megabytes(old.zipped_bytes), megabytes(new.zipped_bytes), 0.005),
    ];
    let moved = measured.into_iter().filter(|(_, old, new, least)| (new - old).abs() > old * least);
    changes.extend(
        moved.map(|(name, old, new, _)| format!("{name} {old:.2} → {new:.2} ({:+.0} %)", (new / old - 1.0) * 100.0)),
    );
    changes
}

/// Bytes in MB of 2²⁰ bytes.
pub(crate) fn megabytes(bytes: impl TryInto<u64>) -> f64 {
    let kilobytes = bytes.try_into().ok().and_then(|bytes| u32::try_from(bytes / 1024).ok());
    kilobytes.map_or(f64::INFINITY, |kilobytes| f64::from(kilobytes) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            name: "authorizer".into(),
            start_ms: 5.0,
            start_cpu_ms: 4.0,
            first_call_ms: 3.0,
            warm_p50_ms: 1.0,
            warm_p99_ms: 2.0,
            warm_cpu_ms: 0.5,
            overhead_p50_ms: 0.3,
            idle_bytes: 10 << 20,
            peak_bytes: 11 << 20,
            raw_bytes: 8 << 20,
            zipped_bytes: 3 << 20,
            aws_calls: vec!["GetItem".into()],
            read_units: 1.0,
            write_units: 0.0,
            reported_units: 1.0,
        }
    }

    #[test]
    fn units_and_calls_are_compared_exactly_and_times_roughly() {
        assert_eq!(differences(&row(), &row()), Vec::<String>::new());
        assert_eq!(differences(&row(), &Row { start_ms: 5.4, ..row() }), Vec::<String>::new());
        let changed = Row { start_ms: 6.0, write_units: 1.0, aws_calls: vec!["UpdateItem".into()], ..row() };
        assert_eq!(
            differences(&row(), &changed),
            ["calls were GetItem, are UpdateItem", "write units 0 → 1", "start ms 5.00 → 6.00 (+20 %)"]
        );
    }
}
