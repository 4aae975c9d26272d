use std::{collections::BTreeMap, str::FromStr};

use jiff::Timestamp;
use marquee_dataset::PartitionRange;

use crate::KafkaError;

/// Where reading a topic begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// With the first record that is held.
    Beginning,
    /// In each partition with the first record whose time, as the broker has it, is not before
    /// this one, in milliseconds since 1970.
    Time(i64),
    /// With these offsets; a partition that is not among them is read from its beginning.
    Offsets(BTreeMap<i32, i64>),
}

impl Start {
    /// After the last record of these ranges; partitions that have come since are read from their
    /// beginning.
    #[must_use]
    pub fn after(ranges: &[PartitionRange]) -> Self {
        Self::Offsets(ranges.iter().map(|range| (range.partition, range.end)).collect())
    }
}

/// `beginning`, a time such as `2026-11-01T00:00:00Z`, or `0:1200,1:1180`.
impl FromStr for Start {
    type Err = KafkaError;

    fn from_str(text: &str) -> Result<Self, KafkaError> {
        if text == "beginning" {
            return Ok(Self::Beginning);
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Self::Time(time.as_millisecond()));
        }
        offsets(text).map(Self::Offsets).ok_or_else(|| KafkaError::Start { start: text.to_owned() })
    }
}

fn offsets(text: &str) -> Option<BTreeMap<i32, i64>> {
    let mut offsets = BTreeMap::new();
    for part in text.split(',') {
        let (partition, offset) = part.trim().split_once(':')?;
        let (partition, offset) = (partition.parse::<u16>().ok()?, offset.parse::<i64>().ok()?);
        if offset < 0 || offsets.insert(i32::from(partition), offset).is_some() {
            return None;
        }
    }
    Some(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_read_as_it_is_written_or_refused() {
        let read = |text: &str| text.parse::<Start>().ok();
        assert_eq!(read("beginning"), Some(Start::Beginning));
        assert_eq!(read("2026-11-01T00:00:00Z"), Some(Start::Time(1_793_491_200_000)));
        assert_eq!(read("2026-11-01T01:00:00+01:00"), Some(Start::Time(1_793_491_200_000)));
        assert_eq!(read("1:7, 0:12"), Some(Start::Offsets([(0, 12), (1, 7)].into())));
        for wrong in ["", "end", "0", "0:", ":1", "0:-1", "-1:0", "0:1,0:2", "0:1,", "2026-13-01"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn after_ranges_comes_what_follows_them() {
        let ranges = [
            PartitionRange { partition: 0, start: 3, end: 9 },
            PartitionRange { partition: 2, start: 0, end: 0 },
        ];
        assert_eq!(Start::after(&ranges), Start::Offsets([(0, 9), (2, 0)].into()));
    }
}
