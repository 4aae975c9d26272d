//! Reading, working and taking at the same time, with results in the order of reading.

use crate::DatasetError;

/// How many blocks are worked on at the same time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes(usize);

impl Default for Lanes {
    /// Two for each thread, so that a slow block does not keep the other threads waiting.
    fn default() -> Self {
        Self(2 * rayon::current_num_threads())
    }
}

impl Lanes {
    /// One for each thread, for blocks that are large.
    pub(crate) fn one_a_thread() -> Self {
        Self(rayon::current_num_threads())
    }

    /// Number of lanes.
    pub(crate) fn count(self) -> usize {
        self.0
    }
}

/// Puts every block that `read` gives through `work`, on all threads, and hands the results to
/// `take` in the order of reading, some of them at a time.
///
/// While one batch of blocks is worked on, the next is read and the results of the one before are
/// taken. The place of a result in its batch is the number of the lane that made it; a lane keeps
/// its state from batch to batch. `between` is called on the caller's thread after every batch and
/// may end the run. Three batches are held at most, of one block a lane each.
///
/// # Errors
/// The first that any of the four closures gives, in the order of the blocks for `read` and `take`.
pub(crate) fn run<Block, Lane, Done>(
    lane_count: Lanes,
    mut read: impl FnMut() -> Result<Option<Block>, DatasetError> + Send,
    work: impl Fn(&mut Lane, Block) -> Done + Sync,
    mut take: impl FnMut(Vec<Done>) -> Result<(), DatasetError> + Send,
    mut between: impl FnMut() -> Result<(), DatasetError>,
) -> Result<(), DatasetError>
where
    Block: Send,
    Lane: Default + Send,
    Done: Send,
{
    let lane_count = lane_count.count();
    let mut lanes: Vec<Lane> = (0..lane_count).map(|_| Lane::default()).collect();
    let mut batch: Vec<Block> = Vec::new();
    let mut done: Vec<Done> = Vec::new();
    // What was read before a failure counts first: it may hold an earlier one.
    let mut failure = None;
    let mut ended = false;
    while !ended || !batch.is_empty() || !done.is_empty() {
        between()?;
        let (next, (worked, taken)) = rayon::join(
            || if ended { (Vec::new(), None) } else { read_batch(&mut read, lane_count) },
            || rayon::join(|| work_batch(&work, &mut lanes, batch), || take(done)),
        );
        taken?;
        done = worked;
        (batch, failure) = (next.0, failure.or(next.1));
        ended |= batch.len() < lane_count;
    }
    failure.map_or(Ok(()), Err)
}

/// Fewer blocks than asked for are the last ones.
fn read_batch<Block>(
    read: &mut impl FnMut() -> Result<Option<Block>, DatasetError>,
    blocks: usize,
) -> (Vec<Block>, Option<DatasetError>) {
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

fn work_batch<Block: Send, Lane: Send, Done: Send>(
    work: &(impl Fn(&mut Lane, Block) -> Done + Sync),
    lanes: &mut [Lane],
    batch: Vec<Block>,
) -> Vec<Done> {
    use rayon::prelude::*;
    batch
        .into_par_iter()
        .zip(lanes.par_iter_mut())
        .with_max_len(1)
        .map(|(block, lane)| work(lane, block))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
                Lanes::default(),
                numbers(count),
                |sum: &mut u32, number| {
                    *sum += 1;
                    number * 10
                },
                |done| {
                    taken.extend(done);
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
            Lanes::default(),
            || match left()? {
                Some(50) => Err(failing(50)),
                number => Ok(number),
            },
            |(): &mut (), number| number,
            |done| {
                for number in done {
                    if number == 45 {
                        return Err(failing(45));
                    }
                    taken.push(number);
                }
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
            Lanes::default(),
            endless,
            |(): &mut (), number| number,
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
