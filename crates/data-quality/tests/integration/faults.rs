use std::collections::BTreeMap;

use marquee_data_quality::Repair;

use crate::{NOW, Run, run, seed::seeded};

#[test]
fn twelve_kinds_of_faults_are_found_and_no_good_row_is_rejected() {
    let seeded = seeded(60_000);
    assert_eq!(seeded.kinds.len(), 12, "{:?}", seeded.kinds);
    assert!(seeded.kinds.values().all(|&count| count > 10), "{:?}", seeded.kinds);
    let folder = Run::new();
    let mut job = folder.job("in.csv", &seeded.bytes);
    job.repair = Repair::None;
    job.now = NOW;
    let report = run(&job).unwrap();
    let found: BTreeMap<u64, Vec<String>> = folder.reasons().into_iter().collect();
    for (line, reason) in &seeded.bad {
        let reasons = found.get(line).unwrap_or_else(|| panic!("line {line}: {reason} not found"));
        assert!(reasons.iter().any(|it| it == reason), "line {line}: {reason} in {reasons:?}");
    }
    let lines: Vec<&u64> = found.keys().collect();
    assert_eq!(lines, seeded.bad.keys().collect::<Vec<_>>(), "nothing else is rejected");
    assert_eq!(report.input_rows, seeded.rows);
    assert_eq!(report.reject_rows, seeded.bad.len() as u64);
    assert_eq!(report.clean_rows, seeded.rows - report.reject_rows);
    assert_eq!((report.duplicate_rows, report.future_rows), (seeded.repeated, seeded.future));
    // Where a row stands is where its raw text is.
    for reject in folder.rejects() {
        let offset = reject.offset.unwrap() as usize;
        if let Some(raw) = reject.raw {
            assert_eq!(&seeded.bytes[offset..offset + raw.len()], raw.as_bytes());
        }
        let before = seeded.bytes[..offset].iter().filter(|&&byte| byte == b'\n').count() as u64;
        assert_eq!(reject.line, before + 1);
    }
}
