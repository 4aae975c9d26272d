use std::panic::{AssertUnwindSafe, catch_unwind};

use marquee_recommender::{
    Filter, ItemRow, ItemSet, Recommender, Request, ScoredItem, SeenItems, TopK, UserRow,
    conformance,
};

/// What is wrong with a model.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    KeepsSeen,
    IgnoresTies,
    TooMany,
    Repeats,
    ForgetsSomebody,
    DependsOnK,
    IgnoresBanned,
    IgnoresCandidates,
    FiltersWhatItCut,
    ScoresByFilter,
    ForgetsWhereNothingIsLeft,
}

/// Scores that repeat, so that ties matter.
struct Model {
    seen: SeenItems,
    fault: Fault,
}

const ITEMS: usize = 12;

impl Model {
    fn new(fault: Fault) -> Self {
        let seen = SeenItems::new(vec![0, 2, 2], vec![3, 7], ITEMS).unwrap();
        Self { seen, fault }
    }
}

impl Recommender for Model {
    fn name(&self) -> &'static str {
        "test"
    }

    fn items(&self) -> usize {
        ITEMS
    }

    fn movie_id(&self, item: ItemRow) -> &str {
        ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"][item.index()]
    }

    fn user_row(&self, user_id: u64) -> Option<UserRow> {
        (user_id < 2).then_some(UserRow(user_id as u32))
    }

    fn recommend(&self, request: &Request<'_>) -> Option<Vec<ScoredItem>> {
        let user = request.user?;
        if self.fault == Fault::ForgetsSomebody && request.k == 1 {
            return None;
        }
        let filter = request.filter;
        if self.fault == Fault::ForgetsWhereNothingIsLeft
            && filter.candidates.is_some_and(ItemSet::is_empty)
        {
            return None;
        }
        let mut top = TopK::new(request.k);
        for item in (0..ITEMS as u32).map(ItemRow) {
            let hidden = !filter.include_seen && self.seen.contains(user, item);
            if hidden && self.fault != Fault::KeepsSeen {
                continue;
            }
            if self.fault != Fault::FiltersWhatItCut && !self.honoured(filter).admits(item) {
                continue;
            }
            let raised = match self.fault {
                Fault::DependsOnK => item.index() == request.k,
                Fault::ScoresByFilter => item.0 % 3 == 1 && filter.candidates.is_some(),
                _ => false,
            };
            top.push(item, (item.0 % 3) as f32 + f32::from(u8::from(raised)));
        }
        let mut list = top.into_sorted();
        match self.fault {
            Fault::IgnoresTies if list.len() > 1 => list.swap(0, 1),
            Fault::TooMany => list.push(ScoredItem { item: ItemRow(0), score: -9.0 }),
            Fault::Repeats if list.len() > 1 => list[1] = list[0],
            Fault::FiltersWhatItCut => list.retain(|scored| filter.admits(scored.item)),
            _ => {}
        }
        Some(list)
    }
}

impl Model {
    fn honoured<'a>(&self, filter: Filter<'a>) -> Filter<'a> {
        match self.fault {
            Fault::IgnoresBanned => Filter { banned: None, ..filter },
            Fault::IgnoresCandidates => Filter { candidates: None, ..filter },
            _ => filter,
        }
    }
}

fn passes(fault: Fault) -> bool {
    let model = Model::new(fault);
    let seen = |user: Option<UserRow>| {
        user.map_or(Vec::new(), |user| {
            Model::new(Fault::None).seen.of(user).iter().map(|&row| ItemRow(row)).collect()
        })
    };
    catch_unwind(AssertUnwindSafe(|| conformance::check(&model, &[0, 1, 99], seen))).is_ok()
}

#[test]
fn a_right_model_passes() {
    assert!(passes(Fault::None));
}

#[test]
fn each_fault_is_caught() {
    for fault in [
        Fault::KeepsSeen,
        Fault::IgnoresTies,
        Fault::TooMany,
        Fault::Repeats,
        Fault::ForgetsSomebody,
        Fault::DependsOnK,
        Fault::IgnoresBanned,
        Fault::IgnoresCandidates,
        Fault::FiltersWhatItCut,
        Fault::ScoresByFilter,
        Fault::ForgetsWhereNothingIsLeft,
    ] {
        assert!(!passes(fault), "{fault:?} passes");
    }
}
