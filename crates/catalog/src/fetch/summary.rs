use std::collections::BTreeMap;

use serde::Serialize;

use super::FaultReason;

/// What a [`fetch`](crate::fetch) did, for a report.
///
/// `wanted` = `cached` + `fetched` + number of `missing` + number of `failed` + `left`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FetchSummary {
    /// Distinct ids.
    pub wanted: usize,
    /// Of these, how many the cache held before.
    pub cached: usize,
    /// Of these, how many were remembered as missing and not asked about.
    pub known_missing: usize,
    /// Of these, how many were answered with their record.
    pub fetched: usize,
    /// Ids without a record, answered with 404 now or remembered so, in byte order.
    pub missing: Vec<String>,
    /// Ids that were given up, in byte order.
    pub failed: Vec<FailedId>,
    /// Number of ids the run left without an end, because it was interrupted or gave up.
    pub left: usize,
    /// How many answers were faulty in which way, also of ids that were answered later.
    pub reasons: BTreeMap<FaultReason, u64>,
    /// Requests sent; an id that is no URL is none.
    pub requests: u64,
    /// Of these, how many were not the first about their id.
    pub retries: u64,
    /// Answers with status 429.
    pub rate_limited: u64,
    /// Time taken, to the millisecond.
    pub seconds: f64,
    /// Whether the caller stopped it.
    pub interrupted: bool,
    /// Whether it stopped because there seemed to be no server any more, or one that only puts off.
    pub gave_up: bool,
    /// The latest faulty answer in words.
    #[serde(skip)]
    pub(crate) last_fault: Option<String>,
}

/// An id that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedId {
    /// The id.
    pub id: String,
    /// What was wrong with the last answer.
    pub reason: FaultReason,
    /// Requests about it.
    pub attempts: u32,
    /// The last answer in words.
    pub detail: String,
}

impl FetchSummary {
    pub(crate) fn give_up(
        &mut self,
        id: String,
        reason: FaultReason,
        attempts: u32,
        detail: String,
    ) {
        self.failed.push(FailedId { id, reason, attempts, detail });
    }

    /// One sentence that says why not every id has a record or a 404, and what to do; `None` when
    /// all have.
    #[must_use]
    pub fn shortfall(&self) -> Option<String> {
        let open = self.left + self.failed.len();
        if open == 0 {
            return None;
        }
        let known = self.wanted - open;
        let state = format!("{known} of {} are known and saved", self.wanted);
        Some(if self.gave_up {
            let last = self.last_fault.as_deref().unwrap_or("nothing");
            format!(
                "gave up: the server answers nothing useful any more (last: {last}); {state}; \
                 run again when it does"
            )
        } else if self.interrupted {
            format!("interrupted: {state}; run again to go on")
        } else {
            let failed = self.failed.len();
            format!(
                "{failed} failed, each listed with its reason; {state}; run again to ask for them"
            )
        })
    }
}
