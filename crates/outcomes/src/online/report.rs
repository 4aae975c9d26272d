//! The report, key for key.

use std::collections::BTreeMap;

use marquee_stats::{
    ClusteredProportion, Confidence, Interval, Proportion, TwoProportionTest, two_proportion_z_test,
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    Rule, WatchThrough, WatchThroughConfig,
    arms::{Arm, Arms, UNKNOWN},
    notes,
    service::Service,
    verdict,
};
use crate::{
    Finding,
    counts::Distribution,
    instant::{Instant, hours},
};

/// What the report says of its making.
#[derive(Debug, Clone, Default)]
pub struct ReportContext {
    /// The name of the log.
    pub log_file: String,
    /// When the report is made, such as `2026-11-23T05:23:23.718376Z`.
    pub calculation_timestamp: String,
}

/// What `online-eval` prints. Rates are 0 to 1, and null where there is nothing to divide by;
/// intervals are `[low, high]` with confidence 1 − alpha.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WatchThroughReport {
    /// `Recommendation Watch-Through Rate (WTR)`.
    pub metric: &'static str,
    /// The log's name.
    pub log_file_processed: String,
    /// Lines of the log, whether they are events or not.
    pub total_log_lines: u64,
    /// Hours a list has to be watched from.
    #[serde(serialize_with = "whole_if_whole")]
    pub attribution_window_hours: f64,
    /// Lists that hold a film and, by the rule `start`, whose window was over when the log ended.
    pub total_recommendation_events: u64,
    /// Those that are converted.
    pub converted_recommendation_events: u64,
    /// Converted over total.
    pub watch_through_rate: Option<f64>,
    /// The same three numbers for every variant that had lists or stands in the experiment.
    pub variant_breakdown: ByArm<Breakdown>,
    /// When the report was made.
    pub calculation_timestamp: String,
    /// Compares two variants, list by list; null where two with lists are missing.
    pub z_test: Option<ZTest>,
    /// The same comparison, user by user: the one to decide by.
    pub clustered_z_test: Option<ClusteredZTest>,
    /// `start` or `reference`.
    pub rule: Rule,
    /// 1 − alpha.
    pub confidence: f64,
    /// Of the rate over all lists, by users (Wilson's, with the design effect).
    pub watch_through_interval: Option<[f64; 2]>,
    /// Users with a list among the total.
    pub users: u64,
    /// Lists whose window was open when the log ended: not in the total.
    pub censored_recommendation_events: u64,
    /// Answers of status 200 without a film: not in the total.
    pub empty_recommendation_events: u64,
    /// Starts that were attributed to a list; by the rule `reference` 0.
    pub attributed_starts: u64,
    /// For every place of a list, from 1, how many conversions' first film stood there.
    pub positions: Vec<ListPosition>,
    /// Whole seconds from the list to the first watch that counts, over converted lists.
    pub seconds_to_start: Distribution,
    /// Further numbers of every variant.
    pub variants: ByArm<ArmReport>,
    /// The service as the platform saw it.
    pub service: ServiceReport,
    /// Lines that name another variant than the experiment gives their user.
    pub contradicted_variants: u64,
    /// Hours without a line of a film after which it counts as started again.
    #[serde(serialize_with = "whole_if_whole")]
    pub play_gap_hours: f64,
    /// How late an event may come to be put in order, in seconds.
    #[serde(serialize_with = "whole_if_whole")]
    pub late_bound_seconds: f64,
    /// Events that came later than that, and single ones as much too early: left out.
    pub late_events: u64,
    /// Lines that are no event.
    pub refused_lines: u64,
    /// The same by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// The second of the first event.
    pub first_event: Option<String>,
    /// The second of the last event.
    pub last_event: Option<String>,
    /// What it comes to: `difference shown`, `no difference shown`, `too little to judge`,
    /// `no comparison` or `nothing to judge`, by the test by users, and the numbers behind it.
    pub verdict: Finding,
    /// What to know of the numbers, in words; empty if there is nothing.
    pub notes: Vec<String>,
}

/// What a page draws beside the report's numbers: for each of its variants a curve of the share of
/// observations that do not exceed a value. Empty where nothing was observed.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchThroughPicture {
    /// Seconds from a converted list to the first watch that counts.
    pub seconds_to_start: ByArm<Vec<(f64, f64)>>,
    /// Milliseconds a request took.
    pub latency_ms: ByArm<Vec<(f64, f64)>>,
}

/// Values by the name of the variant, in the order of the experiment or of first appearance;
/// a JSON object.
#[derive(Debug, Clone, PartialEq)]
pub struct ByArm<T>(pub Vec<(String, T)>);

/// The numbers of one variant that the reference gives too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Breakdown {
    /// As in the report.
    pub total_recommendation_events: u64,
    /// As in the report.
    pub converted_recommendation_events: u64,
    /// As in the report.
    pub watch_through_rate: Option<f64>,
}

/// Further numbers of one variant; of the keys that the report has too, the meaning is the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmReport {
    /// Users with a list.
    pub users: u64,
    /// As if lists were independent (Wilson's).
    pub watch_through_interval_by_list: Option<[f64; 2]>,
    /// By users.
    pub watch_through_interval: Option<[f64; 2]>,
    /// How many times the variance is that of independent lists.
    pub design_effect: Option<f64>,
    /// As in the report.
    pub censored_recommendation_events: u64,
    /// As in the report.
    pub empty_recommendation_events: u64,
    /// As in the report.
    pub attributed_starts: u64,
    /// Mean place, from 1, of the first film that counts, over converted lists.
    pub mean_position: Option<f64>,
    /// As in the report.
    pub seconds_to_start: Distribution,
    /// Requests. A failed one counts for the variant only where an experiment assigns its user;
    /// else for `unknown`, as its line names none.
    pub requests: u64,
    /// The share of them with status 200.
    pub availability: Option<f64>,
    /// Milliseconds, over all of them.
    pub latency_ms: Distribution,
}

/// How many conversions a place in the list had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ListPosition {
    /// From 1.
    pub position: u64,
    /// Conversions whose first film stood there.
    pub converted: u64,
}

/// The service as the platform saw it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceReport {
    /// Recommendation requests, answered or not.
    pub requests: u64,
    /// Requests by status.
    pub statuses: BTreeMap<u16, u64>,
    /// The share with status 200.
    pub availability: Option<f64>,
    /// Its interval, as if requests were independent (Wilson's).
    pub availability_interval: Option<[f64; 2]>,
    /// Milliseconds, over all requests, failed ones too; above 600,000 counted as that.
    pub latency_ms: Distribution,
    /// The share of lists that no other user was given, film for film in the same order, among at
    /// least the last 262,144 different lists.
    pub personalised_share: Option<f64>,
}

/// A comparison of two variants, in the reference's keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ZTest {
    /// Null where no or every list was converted, as is the p-value.
    pub z_score: Option<f64>,
    /// Two-sided.
    pub p_value: Option<f64>,
    /// The rate of `variant_a` less that of `variant_b`.
    pub effect_size: f64,
    /// Of the effect.
    pub confidence_interval: [f64; 2],
    /// The level of the test.
    pub alpha: f64,
    /// The first variant.
    pub variant_a: String,
    /// The second.
    pub variant_b: String,
}

/// [`ZTest`] with the variance between users.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusteredZTest {
    /// The test.
    #[serde(flatten)]
    pub test: ZTest,
    /// Users with a list of either variant.
    pub users: u64,
    /// Users with lists of both.
    pub users_in_both: u64,
}

impl<T> ByArm<T> {
    /// The value of a variant.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(arm, _)| arm == name).map(|(_, value)| value)
    }
}

impl<T: Serialize> Serialize for ByArm<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// `1`, not `1.0`, as the reference writes it; fractions as they are.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
fn whole_if_whole<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.fract() == 0.0 {
        serializer.serialize_u64(*number as u64)
    } else {
        serializer.serialize_f64(*number)
    }
}

pub(crate) fn make(
    evaluation: WatchThrough,
    context: ReportContext,
) -> (WatchThroughReport, WatchThroughPicture) {
    let WatchThrough { config, confidence, order, lines, refused, arms, service, .. } = evaluation;
    let all = arms.all();
    let by_users = arms.clustered_all();
    let pair = choose_pair(&config, &arms);
    let mut report = WatchThroughReport {
        metric: "Recommendation Watch-Through Rate (WTR)",
        log_file_processed: context.log_file,
        total_log_lines: lines,
        attribution_window_hours: hours(config.window),
        total_recommendation_events: all.lists.trials(),
        converted_recommendation_events: all.lists.successes(),
        watch_through_rate: all.lists.rate(),
        variant_breakdown: arms.report_each(|_, arm| arm.breakdown()),
        calculation_timestamp: context.calculation_timestamp,
        z_test: pair.and_then(|pair| plain_test(&arms, pair, &config, confidence)),
        clustered_z_test: pair.and_then(|pair| clustered_test(&arms, pair, &config, confidence)),
        rule: config.rule,
        confidence: confidence.level(),
        watch_through_interval: interval(by_users.proportion(0), confidence),
        users: by_users.clusters(),
        censored_recommendation_events: all.censored,
        empty_recommendation_events: all.empty,
        attributed_starts: all.starts,
        positions: positions(&all),
        seconds_to_start: all.seconds.distribution(),
        variants: arms.report_each(|place, arm| arm.report(&arms, place, confidence)),
        service: service.report(&all, confidence),
        contradicted_variants: arms.contradicted,
        play_gap_hours: hours(config.play_gap),
        late_bound_seconds: config.late_bound.as_secs_f64(),
        late_events: order.out_of_order(),
        refused_lines: refused.values().sum(),
        refused,
        first_event: order.earliest().map(Instant::text),
        last_event: order.latest().map(Instant::text),
        verdict: Finding::new("nothing to judge", ""),
        notes: Vec::new(),
    };
    report.verdict = verdict::of(&report);
    report.notes = notes::of(&report, &config);
    let picture = WatchThroughPicture {
        seconds_to_start: arms.report_each(|_, arm| arm.seconds.curve()),
        latency_ms: arms.report_each(|_, arm| arm.latencies.curve()),
    };
    (report, picture)
}

impl Service {
    fn report(self, all: &Arm, confidence: Confidence) -> ServiceReport {
        ServiceReport {
            requests: all.requests.trials(),
            statuses: self.statuses,
            availability: all.requests.rate(),
            availability_interval: wilson(all.requests, confidence),
            latency_ms: all.latencies.distribution(),
            personalised_share: (self.lists > 0)
                .then(|| self.personalised as f64 / self.lists as f64),
        }
    }
}

impl Arms {
    fn report_each<T>(&self, of: impl Fn(usize, &Arm) -> T) -> ByArm<T> {
        let reported = self.arms.iter().enumerate().filter(|(_, arm)| arm.is_reported());
        ByArm(reported.map(|(place, arm)| (arm.name.clone(), of(place, arm))).collect())
    }
}

impl Arm {
    fn is_reported(&self) -> bool {
        self.planned || self.lists.trials() + self.censored > 0
    }

    fn breakdown(&self) -> Breakdown {
        Breakdown {
            total_recommendation_events: self.lists.trials(),
            converted_recommendation_events: self.lists.successes(),
            watch_through_rate: self.lists.rate(),
        }
    }

    fn report(&self, arms: &Arms, place: usize, confidence: Confidence) -> ArmReport {
        let by_users = arms.clustered_alone(place);
        let rate = by_users.proportion(0);
        ArmReport {
            users: by_users.clusters(),
            watch_through_interval_by_list: wilson(self.lists, confidence),
            watch_through_interval: interval(rate, confidence),
            design_effect: rate.as_ref().and_then(ClusteredProportion::design_effect),
            censored_recommendation_events: self.censored,
            empty_recommendation_events: self.empty,
            attributed_starts: self.starts,
            mean_position: self.positions.distribution().mean,
            seconds_to_start: self.seconds.distribution(),
            requests: self.requests.trials(),
            availability: self.requests.rate(),
            latency_ms: self.latencies.distribution(),
        }
    }
}

fn interval(rate: Option<ClusteredProportion>, confidence: Confidence) -> Option<[f64; 2]> {
    rate?.interval(confidence).map(Interval::ends)
}

fn wilson(proportion: Proportion, confidence: Confidence) -> Option<[f64; 2]> {
    proportion.wilson_interval(confidence).map(Interval::ends)
}

fn positions(all: &Arm) -> Vec<ListPosition> {
    let last = all.positions.max().unwrap_or(0);
    (1..=last)
        .map(|position| ListPosition { position, converted: all.positions.of(position) })
        .collect()
}

/// The variants to compare: those that are named, the others by the order the configuration states.
/// `None` unless there are two with a list.
fn choose_pair(config: &WatchThroughConfig, arms: &Arms) -> Option<[usize; 2]> {
    let has_lists = |place: &usize| arms.arms[*place].lists.trials() > 0;
    let mut candidates: Vec<usize> = (0..arms.arms.len()).filter(has_lists).collect();
    if config.experiment.is_none() {
        if config.rule == Rule::Start {
            candidates.retain(|&place| arms.arms[place].name != UNKNOWN);
        }
        // Stable: of equal traffic the first to appear.
        candidates.sort_by_key(|&place| std::cmp::Reverse(arms.arms[place].lists.trials()));
    }
    let named = [&config.variant_a, &config.variant_b].map(Option::as_deref);
    let mut pair = [None; 2];
    for (place, name) in pair.iter_mut().zip(named) {
        if let Some(name) = name {
            *place = Some(arms.place(name).filter(has_lists)?);
        }
    }
    for at in 0..2 {
        if pair[at].is_none() {
            let other = pair[1 - at];
            pair[at] = candidates.iter().copied().find(|&place| Some(place) != other);
        }
    }
    Some([pair[0]?, pair[1]?])
}

fn plain_test(
    arms: &Arms,
    [a, b]: [usize; 2],
    config: &WatchThroughConfig,
    confidence: Confidence,
) -> Option<ZTest> {
    let test = two_proportion_z_test(arms.arms[a].lists, arms.arms[b].lists, confidence)?;
    Some(ZTest::of(test, arms, [a, b], config))
}

fn clustered_test(
    arms: &Arms,
    [a, b]: [usize; 2],
    config: &WatchThroughConfig,
    confidence: Confidence,
) -> Option<ClusteredZTest> {
    let clustered = arms.clustered(a, b);
    Some(ClusteredZTest {
        test: ZTest::of(clustered.test(confidence)?, arms, [a, b], config),
        users: clustered.clusters(),
        users_in_both: clustered.clusters_in_both(),
    })
}

impl ZTest {
    fn of(
        test: TwoProportionTest,
        arms: &Arms,
        [a, b]: [usize; 2],
        config: &WatchThroughConfig,
    ) -> Self {
        Self {
            z_score: test.z_score,
            p_value: test.p_value,
            effect_size: test.effect,
            confidence_interval: test.interval.ends(),
            alpha: config.alpha,
            variant_a: arms.arms[a].name.clone(),
            variant_b: arms.arms[b].name.clone(),
        }
    }
}
