//! Reading, working and taking at the same time, with results in the order of reading.

use rayon::prelude::*;

/// How many blocks make a batch.
#[derive(Debug, Clone, Copy)]
pub enum BatchSize {
    /// Eight for each thread, so that threads that end early wait for an eighth of the work at most.
    ManyBlocks,
    /// Three for each thread, where what is made of a block may be many times as large.
    FewBlocks,
    /// One for each thread, where blocks are large.
    OneEach,
}

impl BatchSize {
    fn blocks(self) -> usize {
        match self {
            Self::ManyBlocks => 8 * rayon::current_num_threads(),
            Self::FewBlocks => 3 * rayon::current_num_threads(),
            Self::OneEach => rayon::current_num_threads(),
        }
    }
}

/// Puts every block that `read` gives through `work`, on all threads, and hands the results to
/// `take` in the order of reading.
///
/// While one batch of blocks is worked on, the next is read and the results of the one before are
/// taken; these three are all that is held. `between` is called on the caller's thread after every
/// batch and may end the run.
///
/// # Errors
/// The first that any of the closures gives, in the order of the blocks for `read` and `take`.
pub fn run<Block: Send, Done: Send, Error: Send>(
    batch_size: BatchSize,
    mut read: impl FnMut() -> Result<Option<Block>, Error> + Send,
    work: impl Fn(Block) -> Done + Sync,
    mut take: impl FnMut(Done) -> Result<(), Error> + Send,
    mut between: impl FnMut() -> Result<(), Error>,
) -> Result<(), Error> {
    let most = batch_size.blocks();
    let mut batch: Vec<Block> = Vec::new();
    let mut done: Vec<Done> = Vec::new();
    // What was read before a failure counts first: it may hold an earlier one.
    let mut failure = None;
    let mut ended = false;
    while !ended || !batch.is_empty() || !done.is_empty() {
        between()?;
        let (next, (worked, taken)) = rayon::join(
            || if ended { (Vec::new(), None) } else { read_batch(&mut read, most) },
            || {
                rayon::join(
                    || batch.into_par_iter().with_max_len(1).map(&work).collect(),
                    || done.into_iter().try_for_each(&mut take),
                )
            },
        );
        taken?;
        done = worked;
        (batch, failure) = (next.0, failure.or(next.1));
        ended |= batch.len() < most;
    }
    failure.map_or(Ok(()), Err)
}

/// Fewer blocks than asked for are the last ones.
fn read_batch<Block, Error>(
    read: &mut impl FnMut() -> Result<Option<Block>, Error>,
    blocks: usize,
) -> (Vec<Block>, Option<Error>) {
    let mut batch = Vec::with_capacity(blocks);
    while batch.len() < blocks {
        match read() {
            Ok(Some(block)) => batch.push(block),
            Ok(None) => break,
            Err(error) => return (batch, Some(error)),
        }
    }
    (batch, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DatasetError;

    fn numbers(until: u32) -> impl FnMut() -> Result<Option<u32>, DatasetError> + Send {
        let mut next = 0;
        move || {
            next += 1;
            Ok((next <= until).then_some(next))
        }
    }

    #[test]
    fn results_come_in_the_order_of_reading_whatever_their_number() {
        for count in [0, 1, 2, 3, 4, 5, 8, 100] {
            let mut taken = Vec::new();
            run(
                BatchSize::OneEach,
                numbers(count),
                |number| number * 10,
                |done| {
                    taken.push(done);
                    Ok(())
                },
                || Ok(()),
            )
            .unwrap();
            assert_eq!(taken, (1..=count).map(|number| number * 10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_earliest_failure_wins_and_nothing_after_it_is_taken() {
        let failing = |at: u32| DatasetError::Empty { name: at.to_string(), what: "test" };
        let mut left = numbers(1_000);
        let mut taken = Vec::new();
        let error = run(
            BatchSize::OneEach,
            || match left()? {
                Some(50) => Err(failing(50)),
                number => Ok(number),
            },
            |number| number,
            |number| {
                if number == 45 {
                    return Err(failing(45));
                }
                taken.push(number);
                Ok(())
            },
            || Ok(()),
        )
        .unwrap_err();
        assert!(matches!(error, DatasetError::Empty { name, .. } if name == "45"));
        assert_eq!(taken, (1..45).collect::<Vec<_>>());
    }

    #[test]
    fn a_run_ends_between_batches_when_it_is_told_to() {
        let mut rounds = 0;
        let endless = || Ok(Some(1_u32));
        let error = run(
            BatchSize::OneEach,
            endless,
            |number| number,
            |_| Ok(()),
            || {
                rounds += 1;
                if rounds > 3 { Err(DatasetError::Cancelled) } else { Ok(()) }
            },
        )
        .unwrap_err();
        assert!(matches!(error, DatasetError::Cancelled));
    }
}
