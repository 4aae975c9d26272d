use clap::ValueEnum;

/// What the ratings of a training are made from.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct SignalArgs {
    /// Make the ratings from minutes watched, stars or both (minutes,stars) rather than from the
    /// rating column; needs the table of dedup --strategy aggregate
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST")]
    signals: Vec<Signal>,
    /// Stars below this are a dislike, with --signals stars; 1: none are [default: 2]
    #[arg(long, value_name = "STARS")]
    pub dislike_below: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Signal {
    /// The share of the film that was watched
    Minutes,
    /// The stars given, the lowest as a dislike
    Stars,
}

impl SignalArgs {
    /// Whether the minutes watched count.
    #[must_use]
    pub fn minutes(&self) -> bool {
        self.signals.contains(&Signal::Minutes)
    }

    /// Whether stars count by themselves.
    #[must_use]
    pub fn stars(&self) -> bool {
        self.signals.contains(&Signal::Stars)
    }
}
