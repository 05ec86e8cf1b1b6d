//! Chance: everything that a seed decides, and what of it came to pass.
//!
//! The world's script, its faults and its delays draw from dice of their own,
//! so that the same story can be told again without one kind of fault.

use std::collections::BTreeMap;
use std::fmt;

/// The dice of one seed.
#[derive(Clone, Debug)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    pub(crate) fn of(seed: u64, purpose: u64) -> Self {
        Self(fastrand::Rng::with_seed(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03),
        ))
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..=high.max(low))
    }

    /// An index below `len`, which is not 0.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.0.u64(0..len as u64)).unwrap_or(0)
    }

    /// True `per_mille` times of a thousand.
    pub(crate) fn hits(&mut self, per_mille: u32) -> bool {
        self.0.u32(0..1000) < per_mille
    }
}

/// The kinds of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The process dies, and the call was not made.
    CrashBefore,
    /// The process dies, and the call was made.
    CrashAfter,
    /// A call fails before its effect.
    Refused,
    /// A call fails after its effect.
    AnswerLost,
    /// A guarded write is refused though nobody else wrote, or was written though it is refused.
    FalseConflict,
    /// A call is refused for asking too often.
    Throttled,
    /// A message comes twice.
    Duplicate,
    /// A message is overtaken by later ones.
    Delay,
    /// A message is received by nobody, until it is visible again.
    LostOnce,
    /// An event is never delivered.
    EventLost,
    /// The answer of a function that was done does not arrive.
    AckLost,
    /// A record of the stream is never delivered.
    StreamLost,
    /// The stream's function is stopped for hours.
    StreamStopped,
    /// A run by schedule does not happen.
    RunSkipped,
    /// Clocks differ.
    Skew,
    /// A resource cannot be checked by a detection.
    CheckFailed,
    /// A body that nobody can read.
    Poison,
    /// A right is missing for a while.
    Denied,
}

impl Fault {
    pub(crate) const ALL: [Self; 18] = [
        Fault::CrashBefore,
        Fault::CrashAfter,
        Fault::Refused,
        Fault::AnswerLost,
        Fault::FalseConflict,
        Fault::Throttled,
        Fault::Duplicate,
        Fault::Delay,
        Fault::LostOnce,
        Fault::EventLost,
        Fault::AckLost,
        Fault::StreamLost,
        Fault::StreamStopped,
        Fault::RunSkipped,
        Fault::Skew,
        Fault::CheckFailed,
        Fault::Poison,
        Fault::Denied,
    ];

    /// The most often it happens, of a thousand occasions.
    const fn highest(self) -> u32 {
        match self {
            Fault::CrashBefore | Fault::CrashAfter => 25,
            Fault::Refused | Fault::AnswerLost => 20,
            Fault::FalseConflict => 30,
            Fault::Throttled => 150,
            Fault::Duplicate | Fault::LostOnce => 150,
            Fault::Delay => 300,
            Fault::EventLost | Fault::StreamLost => 400,
            Fault::AckLost => 60,
            Fault::StreamStopped => 500,
            Fault::RunSkipped => 200,
            Fault::CheckFailed => 350,
            Fault::Skew => 500,
            Fault::Poison => 30,
            Fault::Denied => 60,
        }
    }
}

/// How often each kind happens in one seed's world; many kinds not at all.
#[derive(Clone, Debug)]
pub(crate) struct Rates(BTreeMap<Fault, u32>);

impl Rates {
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed, 1);
        let rates = Fault::ALL.map(|fault| {
            let rate = match dice.hits(600) {
                true => u32::try_from(dice.between(1, i64::from(fault.highest()))).unwrap_or(1),
                false => 0,
            };
            (fault, rate)
        });
        Self(rates.into())
    }

    pub(crate) fn without(mut self, fault: Fault) -> Self {
        self.0.insert(fault, 0);
        self
    }

    pub(crate) fn of_kind(&self, fault: Fault) -> u32 {
        self.0.get(&fault).copied().unwrap_or(0)
    }

    pub(crate) fn kinds(&self) -> Vec<Fault> {
        Fault::ALL
            .into_iter()
            .filter(|it| self.of_kind(*it) > 0)
            .collect()
    }
}

/// What came to pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// By kind: how often there was an occasion, and how often it happened.
    pub(crate) faults: BTreeMap<Fault, (u64, u64)>,
    /// Anything else that is worth knowing, by name.
    pub(crate) counts: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn occasion(&mut self, fault: Fault, happened: bool) {
        let (occasions, hits) = self.faults.entry(fault).or_default();
        *occasions += 1;
        *hits += u64::from(happened);
    }

    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (fault, (occasions, hits)) in &other.faults {
            let sum = self.faults.entry(*fault).or_default();
            sum.0 += occasions;
            sum.1 += hits;
        }
        for (what, count) in &other.counts {
            *self.counts.entry(what).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<16} {:>12} {:>10} {:>8}",
            "fault", "occasions", "happened", "rate"
        )?;
        for fault in Fault::ALL {
            let (occasions, hits) = self.faults.get(&fault).copied().unwrap_or_default();
            let rate = match occasions {
                0 => 0.0,
                _ => hits as f64 * 100.0 / occasions as f64,
            };
            let name = format!("{fault:?}");
            writeln!(f, "{name:<16} {occasions:>12} {hits:>10} {rate:>7.2}%")?;
        }
        for (what, count) in &self.counts {
            writeln!(f, "{what:<28} {count:>10}")?;
        }
        Ok(())
    }
}
