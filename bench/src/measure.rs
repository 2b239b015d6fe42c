//! One function, measured: starts, first calls, warm calls.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Outcome;
use crate::emulator::{Call, Emulator};
use crate::function::{Function, Program};
use crate::progress::say;

/// Calls before those that are measured: connections are open, caches are filled.
const WARMING: usize = 20;

/// The numbers of starts and calls that are measured.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Amounts {
    /// Starts of each function; after each comes one call, the first.
    pub(crate) starts: usize,
    /// Warm calls of each function.
    pub(crate) calls: usize,
}

impl Amounts {
    /// The events that one measurement uses up.
    pub(crate) fn events(self) -> usize {
        self.starts + WARMING + self.calls + 1
    }
}

/// A function to measure.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// Its name in the table.
    pub(crate) name: String,
    /// The program.
    pub(crate) program: Program,
    /// The sizes of what is deployed.
    pub(crate) sizes: Sizes,
}

/// Bytes of an artifact, as it is and as a ZIP archive holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sizes {
    pub(crate) raw: usize,
    pub(crate) zipped: usize,
}

/// The figures of one function. Times are milliseconds, sizes bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// From the start of the process to its first poll, median.
    pub(crate) start_ms: f64,
    /// The processor's time until then, median.
    pub(crate) start_cpu_ms: f64,
    /// The first call after a start, median.
    pub(crate) first_call_ms: f64,
    pub(crate) warm_p50_ms: f64,
    pub(crate) warm_p99_ms: f64,
    /// The processor's time of a warm call, mean.
    pub(crate) warm_cpu_ms: f64,
    /// A warm call without the time that the emulator spent on answers, median.
    pub(crate) overhead_p50_ms: f64,
    /// Resident memory at the first poll, median.
    pub(crate) idle_bytes: u64,
    /// The most resident memory, over all warm calls.
    pub(crate) peak_bytes: u64,
    pub(crate) raw_bytes: usize,
    pub(crate) zipped_bytes: usize,
    /// The calls of AWS of one warm call, in order.
    pub(crate) aws_calls: Vec<String>,
    pub(crate) read_units: f64,
    pub(crate) write_units: f64,
    /// The sum of what the emulator reports as consumed.
    pub(crate) reported_units: f64,
}

/// Measures `subject` on `events`, of which there must be [`Amounts::events`]; gives the answers, too.
pub(crate) async fn measure(
    subject: &Subject,
    emulator: &Emulator,
    amounts: Amounts,
    events: Vec<String>,
) -> Outcome<(Row, Vec<Value>)> {
    let begun = Instant::now();
    if events.len() < amounts.events() {
        return Err(format!("{}: {} events are too few", subject.name, events.len()).into());
    }
    let mut events = events.into_iter();
    let mut answers = Vec::new();
    let [mut starts, mut cpus, mut firsts] = [const { Vec::<Duration>::new() }; 3];
    let mut idle = Vec::new();
    for event in events.by_ref().take(amounts.starts) {
        let mut function = Function::start(&subject.program).await?;
        starts.push(function.to_first_poll);
        cpus.push(function.cpu_to_first_poll);
        idle.push(function.memory()?[0]);
        let (took, answer) = function.answer(event).await?;
        firsts.push(took);
        answers.push(checked(&subject.name, &answer)?);
    }

    let mut function = Function::start(&subject.program).await?;
    for event in events.by_ref().take(WARMING) {
        answers.push(checked(&subject.name, &function.answer(event).await?.1)?);
    }
    emulator.busy();
    let cpu_before = function.cpu()?;
    let (mut times, mut overheads) = (Vec::new(), Vec::new());
    for event in events.by_ref().take(amounts.calls) {
        let (took, answer) = function.answer(event).await?;
        overheads.push(took.saturating_sub(emulator.busy()));
        times.push(took);
        answers.push(checked(&subject.name, &answer)?);
    }
    let warm_cpu = function.cpu()?.saturating_sub(cpu_before);
    let [_, peak_bytes] = function.memory()?;
    emulator.record();
    if let Some(event) = events.next() {
        answers.push(checked(&subject.name, &function.answer(event).await?.1)?);
    }
    let calls = emulator.recorded();
    drop(function);

    let Sizes { raw: raw_bytes, zipped: zipped_bytes } = subject.sizes;
    let row = Row {
        name: subject.name.clone(),
        start_ms: percentile(&mut starts, 50),
        start_cpu_ms: percentile(&mut cpus, 50),
        first_call_ms: percentile(&mut firsts, 50),
        warm_p50_ms: percentile(&mut times, 50),
        warm_p99_ms: percentile(&mut times, 99),
        warm_cpu_ms: rounded(millis(warm_cpu) / count(amounts.calls)),
        overhead_p50_ms: percentile(&mut overheads, 50),
        idle_bytes: middle(&mut idle),
        peak_bytes,
        raw_bytes,
        zipped_bytes,
        aws_calls: calls.iter().map(|call| call.operation.clone()).collect(),
        read_units: sum(&calls, |call| call.read_units),
        write_units: sum(&calls, |call| call.write_units),
        reported_units: sum(&calls, |call| call.reported_units.unwrap_or_default()),
    };
    say(&format!("{:<38} {:>6.1} s", subject.name, begun.elapsed().as_secs_f64()));
    Ok((row, answers))
}

fn sum(calls: &[Call], units: impl Fn(&Call) -> f64) -> f64 {
    // An empty sum of floats is a negative zero.
    calls.iter().map(units).fold(0.0, |sum, units| sum + units)
}

/// The answer, if it is one of success. An HTTP answer's body is read, too.
pub(crate) fn checked(name: &str, answer: &[u8]) -> Outcome<Value> {
    let answer: Value = serde_json::from_slice(answer)?;
    if let Some(status) = answer["statusCode"].as_u64() {
        let body = answer["body"].as_str().unwrap_or_default();
        if !(200..300).contains(&status) {
            return Err(format!("{name} answers {status}: {body}").into());
        }
        return Ok(serde_json::from_str(body).unwrap_or_default());
    }
    if answer["isAuthorized"] == false {
        return Err(format!("{name} lets nobody through").into());
    }
    Ok(answer)
}

impl Sizes {
    /// The sizes of an artifact of these files.
    pub(crate) fn of(files: &[PathBuf]) -> Outcome<Self> {
        let mut sizes = Self { raw: 0, zipped: END_OF_ARCHIVE };
        for file in files {
            let content = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
            sizes.raw += content.len();
            sizes.zipped += miniz_oxide::deflate::compress_to_vec(&content, ZIP_LEVEL).len() + zip_overhead(file);
        }
        Ok(sizes)
    }
}

/// The level that `zip` takes by default.
const ZIP_LEVEL: u8 = 6;
/// The bytes at the end of an archive.
const END_OF_ARCHIVE: usize = 22;

/// The bytes of a file's two headers in an archive, with its name in each.
fn zip_overhead(file: &Path) -> usize {
    30 + 46 + 2 * file.file_name().map_or(0, |name| name.len())
}

fn middle(values: &mut [u64]) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The percentile in milliseconds.
pub(crate) fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    rounded(times.get(index).map_or(0.0, |time| millis(*time)))
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// To three decimals, which is more than can be measured.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

pub(crate) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}
