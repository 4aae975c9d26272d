use marquee_outcomes::{
    LogBlock, ReportContext, WatchThrough, WatchThroughConfig, WatchThroughReport,
};
use marquee_synth::{Synth, SynthConfig};

const LIFT: f64 = 0.06;

fn report(seed: u64) -> WatchThroughReport {
    let config = SynthConfig {
        users: 300,
        movies: 400,
        sessions: 3_000,
        recommendation_share: 0.5,
        mean_minutes: 1.0,
        effect: Some(LIFT),
        seed,
        ..SynthConfig::default()
    };
    let mut log = Vec::new();
    Synth::new(config).unwrap().write_log(&mut log).unwrap();
    let mut evaluation = WatchThrough::new(WatchThroughConfig {
        variant_a: Some(String::from("als_model")),
        variant_b: Some(String::from("popgen_model")),
        ..WatchThroughConfig::default()
    })
    .unwrap();
    evaluation.take(LogBlock::read(&log));
    evaluation.finish(ReportContext::default())
}

/// Of 50 intervals that cover 95 % of the time, fewer than 44 do in 2 of 100 cases; the seeds are
/// fixed. `examples/coverage.rs` does the same a thousand times.
#[test]
fn intervals_cover_a_true_lift() {
    let (mut covered, mut rates) = (0, 0.0);
    for seed in 1..=50 {
        let report = report(seed);
        let test = report.clustered_z_test.unwrap().test;
        let [low, high] = test.confidence_interval;
        covered += u32::from((low..=high).contains(&LIFT));
        let base = report.variant_breakdown.get("popgen_model").unwrap();
        rates += base.watch_through_rate.unwrap();
    }
    assert!(covered >= 44, "{covered} of 50");
    let base = rates / 50.0;
    assert!((base - SynthConfig::EFFECT_BASE).abs() < 0.01, "{base}");
}
