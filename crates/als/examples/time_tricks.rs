//! Times iterations of the plain objective and of that with frequency scaling, a light weight for
//! unobserved cells and a scaled start, in turn, on interactions of a file.
//!
//! usage: time_tricks INTERACTIONS [ROUNDS [ITERATIONS [FACTORS [SOLVER]]]]

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::{env, error::Error, ops::ControlFlow, path::Path};

use marquee_als::{AlsConfig, AlsError, Observer, Progress, Side, train};
use marquee_dataset::{Csr, NoProgress, RatingMatrix, read_interactions};

/// Seconds of the half-steps of users and of films.
#[derive(Default)]
struct Watch {
    seconds: [Vec<f64>; 2],
}

impl Observer for Watch {
    fn half_step(&mut self, done: &Progress) -> ControlFlow<()> {
        self.seconds[usize::from(done.side == Side::Item)].push(done.seconds);
        ControlFlow::Continue(())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Median seconds of an iteration and of its two half-steps.
fn time(ratings: &Csr, config: &AlsConfig) -> Result<[f64; 3], AlsError> {
    let mut watch = Watch::default();
    train(ratings, config, &mut watch)?;
    let [users, films] = watch.seconds;
    let both = users.iter().zip(&films).map(|(users, films)| users + films).collect();
    Ok([median(both), median(users), median(films)])
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let at = |place: usize| arguments.get(place).map(String::as_str);
    let usage = "usage: time_tricks INTERACTIONS [ROUNDS [ITERATIONS [FACTORS [SOLVER]]]]";
    let path = at(0).ok_or(usage)?;
    let rounds: usize = at(1).unwrap_or("3").parse()?;
    let plain = AlsConfig {
        iterations: at(2).unwrap_or("4").parse()?,
        factors: at(3).unwrap_or("50").parse()?,
        solver: at(4).unwrap_or("auto").parse()?,
        ..AlsConfig::reference()
    };
    let tricks = AlsConfig {
        regularization: 1e-3,
        alpha: 10.0,
        unobserved_weight: 0.1,
        frequency_scaling: 1.0,
        init_scale: Some(0.1),
        ..plain.clone()
    };
    let table = read_interactions(Path::new(path), &mut NoProgress)?;
    let matrix = RatingMatrix::new(&table);
    drop(table);
    println!("seconds an iteration (users, films), medians; the last column is plain / tricks");
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let [plain, tricks] = [&plain, &tricks].map(|config| time(&matrix.ratings, config));
        let ([plain, users, films], [tricks, own_users, own_films]) = (plain?, tricks?);
        ratios.push(plain / tricks);
        println!(
            "round {round}: plain {plain:.3} ({users:.3}, {films:.3}), tricks {tricks:.3} \
             ({own_users:.3}, {own_films:.3}), {:.2}",
            plain / tricks
        );
    }
    println!("median {:.2}", median(ratios));
    Ok(())
}
