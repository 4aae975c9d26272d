use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind, Look},
};

/// The bytes of ASCII of which every text of one or more matches, if the pattern is of that form:
/// `^`, a class once or more, anything that may be empty, `$`.
///
/// Two of three real patterns of ids are of it, and such a text needs no engine.
pub(super) fn bytes(translated: &str) -> Option<Box<[bool; 256]>> {
    let hir = ParserBuilder::new().utf8(false).build().parse(translated).ok()?;
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let (first, rest) = parts.split_first()?;
    let (class, rest) = rest.split_first()?;
    if *first.kind() != HirKind::Look(Look::Start) {
        return None;
    }
    let rest = match rest.split_last() {
        Some((last, rest)) if *last.kind() == HirKind::Look(Look::End) => rest,
        _ => rest,
    };
    let may_be_empty = |part: &Hir| {
        let properties = part.properties();
        properties.minimum_len() == Some(0) && properties.look_set().is_empty()
    };
    if !rest.iter().all(may_be_empty) {
        return None;
    }
    let HirKind::Repetition(repetition) = class.kind() else { return None };
    let HirKind::Class(class) = repetition.sub.kind() else { return None };
    if repetition.min > 1 || repetition.max.is_some() {
        return None;
    }
    let mut table = Box::new([false; 256]);
    let mut admit = |from: u32, to: u32| {
        for byte in from..=to.min(127) {
            table[byte as usize] = true;
        }
    };
    match class {
        Class::Unicode(class) => {
            class.iter().for_each(|range| admit(range.start().into(), range.end().into()));
        }
        Class::Bytes(class) => {
            class.iter().for_each(|range| admit(range.start().into(), range.end().into()));
        }
    }
    Some(table)
}
