//! Times the half-steps of a training, wall time and processor time, on interactions of a file.
//!
//! usage: time_training INTERACTIONS [ITERATIONS [FACTORS [SOLVER]]]

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::{env, error::Error, ops::ControlFlow, path::Path};

use marquee_als::{AlsConfig, Observer, Progress, Side, train};
use marquee_dataset::{NoProgress, RatingMatrix, read_interactions};
use nix::sys::resource::{UsageWho, getrusage};

struct Watch {
    /// Processor seconds until the last half-step.
    processor: f64,
}

impl Observer for Watch {
    fn wants_loss(&self, iteration: usize, side: Side) -> bool {
        let _ = iteration;
        side == Side::Item
    }

    fn half_step(&mut self, done: &Progress) -> ControlFlow<()> {
        let (iteration, side, seconds) = (done.iteration, done.side, done.seconds);
        let now = processor_seconds();
        let used = now - self.processor;
        self.processor = now;
        let loss = done.loss.map(|loss| format!(", loss {loss:.6}")).unwrap_or_default();
        println!("iteration {iteration}, {side}s: {seconds:.3} s, processor {used:.3} s{loss}");
        ControlFlow::Continue(())
    }
}

fn processor_seconds() -> f64 {
    getrusage(UsageWho::RUSAGE_SELF).map_or(f64::NAN, |usage| {
        let seconds =
            |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        seconds(usage.user_time()) + seconds(usage.system_time())
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let at = |place: usize| arguments.get(place).map(String::as_str);
    let path = at(0).ok_or("usage: time_training INTERACTIONS [ITERATIONS [FACTORS [SOLVER]]]")?;
    let config = AlsConfig {
        iterations: at(1).unwrap_or("3").parse()?,
        factors: at(2).unwrap_or("50").parse()?,
        solver: at(3).unwrap_or("auto").parse()?,
        ..AlsConfig::reference()
    };
    let table = read_interactions(Path::new(path), &mut NoProgress)?;
    let matrix = RatingMatrix::new(&table);
    drop(table);
    let ratings = &matrix.ratings;
    println!(
        "{} users, {} items, {} ratings",
        ratings.rows(),
        ratings.columns(),
        ratings.entries()
    );
    train(ratings, &config, &mut Watch { processor: processor_seconds() })?;
    Ok(())
}
